"""What `cmake --install` puts on a host: a program that runs, and its settings."""

import os
import subprocess
import unittest

from support import ROOT, Folder

BUILD = os.environ.get("BUILD", ROOT + "/build/release")


class InstallTest(unittest.TestCase):
    def test_installs_what_runs(self):
        folder = Folder()
        self.addCleanup(folder.remove)
        subprocess.run(["cmake", "--install", BUILD, "--prefix", folder.path], check=True,
                       stdout=subprocess.DEVNULL, timeout=60)
        program = folder.path + "/bin/procmarshal"
        settings = folder.path + "/etc/procmarshal/procmarshal.toml"
        version = subprocess.run([program, "version"], capture_output=True, text=True, check=True,
                                 timeout=60)
        self.assertIn("procmarshal ", version.stdout)
        subprocess.run([program, "check", settings], check=True, stdout=subprocess.DEVNULL, timeout=60)


if __name__ == "__main__":
    unittest.main(verbosity=2)
