"""Processes that do what a test tells them, and stand still in between."""

import ctypes
import os
import resource
import signal
import subprocess
import sys
import threading
import time

from support import PR_SET_NAME, Helper, wait_for

PR_SET_PDEATHSIG = 1
MEBIBYTE = 1 << 20


def prctl(option, argument):
    assert ctypes.CDLL(None).prctl(option, argument, 0, 0, 0) == 0


def name_this_thread(name):
    prctl(PR_SET_NAME, ctypes.c_char_p(name))


def burn(seconds):
    """CPU time of this process, user and system."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        os.stat("/")


def switch(times):
    """Voluntary context switches of this thread."""
    for _ in range(times):
        time.sleep(0.0002)


def state_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(") ")[2][0]


def wchan_of(pid):
    with open(f"/proc/{pid}/wchan", encoding="ascii") as file:
        return file.read()


class Bell:
    """Wakes somebody who waits without using any CPU."""

    def __init__(self):
        self.reader, self.writer = os.pipe()

    def ring(self):
        os.write(self.writer, b"!")

    def wait(self):
        assert os.read(self.reader, 1) == b"!"


class Puppet(Helper):
    """Prepares, then works whenever it is told, and waits for that in read(2). Goes with the test."""

    def __init__(self, name, prepare=lambda: None, work=lambda: None):
        self.order, self.done = Bell(), Bell()

        def live():
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            prepare()
            while True:
                self.done.ring()
                self.order.wait()
                work()
        super().__init__(name, live)
        self.done.wait()

    def work(self):
        self.order.ring()
        self.done.wait()


class Program:
    """A program under the arguments of another, which waits until it is stopped."""

    def __init__(self, arguments, script="import sys; sys.stdin.read()"):
        self.process = subprocess.Popen(
            [arguments[0], "-c", script, *arguments[1:]], executable=sys.executable,
            stdin=subprocess.PIPE)
        self.pid = self.process.pid
        wait_for(lambda: state_of(self.pid) == "S" and "pipe" in wchan_of(self.pid),
                 "the program to wait")

    def stop(self):
        self.process.stdin.close()
        self.process.wait(30)


def with_children():
    """Two children and a grandchild, under names that no rule has."""
    def child(grandchildren):
        if os.fork() == 0:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            name_this_thread(b"kid")
            if grandchildren:
                child(grandchildren - 1)
            signal.pause()
    child(1)
    child(0)


def with_zombie():
    ready = Bell()
    pid = os.fork()
    if pid == 0:
        name_this_thread(b"pup-zombie")
        ready.ring()
        os._exit(0)
    ready.wait()
    wait_for(lambda: state_of(pid) == "Z", "the child to be a zombie")


def with_open_files():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    for _ in range(40):
        os.open("/dev/null", os.O_RDONLY)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, most))


def write_and_read(path, mebibytes):
    """To the disk and from there, not only to memory and from there."""
    with open(path, "wb") as file:
        file.write(b"x" * mebibytes * MEBIBYTE)
        file.flush()
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    with open(path, "rb") as file:
        file.read()


class Threads:
    """What a puppet prepares and does whose threads have names and work of their own."""

    def __init__(self, folder, names):
        self.folder = folder
        self.names = names
        self.bells = []

    def prepare(self):
        for index, name in enumerate(self.names):
            order, done = Bell(), Bell()
            path = f"{self.folder}/thread{index}"
            threading.Thread(target=self._live, args=(name, order, done, path), daemon=True).start()
            done.wait()
            self.bells.append((order, done))

    def work(self):
        for order, done in self.bells:
            order.ring()
            done.wait()

    @staticmethod
    def _live(name, order, done, path):
        name_this_thread(name)
        while True:
            done.ring()
            order.wait()
            burn(0.1)
            switch(10)
            write_and_read(path, 1)


class EndingThread:
    """Switches often when it is told to work the first time, and ends the second time."""

    def __init__(self):
        self.order, self.done = Bell(), Bell()

    def prepare(self):
        threading.Thread(target=self._live, daemon=True).start()
        self.done.wait()

    def work(self):
        self.order.ring()
        self.done.wait()

    def _live(self):
        name_this_thread(b"ends")
        self.done.ring()
        self.order.wait()
        switch(300)
        self.done.ring()
        self.order.wait()
        self.done.ring()
