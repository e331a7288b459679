"""`procmarshal migrate`, as somebody runs it who comes from process-exporter."""

import subprocess
import unittest

from support import PROCMARSHAL, ROOT, Folder

FIXTURES = ROOT + "/tests/fixtures/process_exporter"


class MigrateTest(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)

    def migrate(self, *arguments):
        return subprocess.run([PROCMARSHAL, "migrate", *arguments], capture_output=True, text=True,
                              timeout=60, check=False, cwd=FIXTURES)

    def test_prints_a_configuration_and_nothing_else(self):
        done = self.migrate("services.yml")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn('\n[[group]]\nname = "{{.ExeBase}}"\ncomm = ["bash"]\n', done.stdout)

    def test_takes_the_flags_as_they_stand_in_unit_files(self):
        done = self.migrate("-children=false", "--threads=false", "services.yml")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("\nthreads = false", done.stdout)
        self.assertNotIn("children", done.stdout)

    def test_lists_on_stderr_what_has_no_equivalent(self):
        done = self.migrate("no_equivalent.yml")
        self.assertEqual(done.returncode, 0)
        losses = done.stderr.splitlines()
        self.assertIn('no_equivalent.yml:4: "user" is no key of process-exporter', losses)
        for loss in losses:
            self.assertRegex(loss, r"^no_equivalent\.yml:\d+: ")
            self.assertIn(f"\n# {loss}\n", done.stdout)

    def test_says_in_one_line_what_is_wrong(self):
        for file, mistake in [("laughs.yml", "laughs.yml:1: the file unfolds to more than 4 MiB\n"),
                              ("none.yml", "open none.yml: No such file or directory\n")]:
            done = self.migrate(file)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", mistake))

    def test_knows_whose_file_it_is(self):
        done = self.migrate(ROOT + "/packaging/procmarshal.toml")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"^\S+procmarshal\.toml:\d+: .+\n$")

    def test_the_configuration_is_one(self):
        path = self.folder.path + "/p.toml"
        for file in ("all.yml", "services.yml", "yaml_features.yml", "no_equivalent.yml"):
            with open(path, "w", encoding="utf-8") as toml:
                toml.write(self.migrate(file).stdout)
            checked = subprocess.run([PROCMARSHAL, "check", path], capture_output=True, text=True,
                                     timeout=60, check=False)
            self.assertEqual((checked.returncode, checked.stderr), (0, ""), file)

    def test_wrong_flags_are_no_silent_defaults(self):
        done = self.migrate("-treads=false", "services.yml")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn('did you mean "--threads"?', done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
