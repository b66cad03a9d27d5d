"""The command line `hallmarkctl` with one role's variables: in a pipe, and on a terminal."""

import json
import os
import pty
import re
import select
import subprocess
import time
from pathlib import Path

from tools import HALLMARK, TIMEOUT_SECONDS, clean_environment, run

#: Beside the service's binary, built in the same way.
HALLMARKCTL = HALLMARK.parent / "hallmarkctl"
DONE, NO, USAGE, FORBIDDEN, UNANSWERED, UNCONFIRMED, REFUSED, PARTLY = range(8)


class Ctl:
    """`hallmarkctl` in an environment that holds one role's variables and nothing else."""

    def __init__(self, home: Path, variables: dict[str, str], **more: str):
        kept = {name: value for name, value in variables.items() if name.startswith(("AWS_", "HALLMARK_"))}
        self.environment = clean_environment(home) | {"TERM": "xterm"} | kept | more

    def run(self, *words, stdin: str = "") -> subprocess.CompletedProcess:
        """Runs it without a terminal."""
        return run([HALLMARKCTL, *words], self.environment, stdin=stdin)

    def well(self, *words, stdin: str = "") -> str:
        """Runs it without a terminal; it has to succeed. Its standard output."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode == DONE, (done.args, done.returncode, done.stderr)
        return done.stdout

    def rows(self, *words) -> list[list[str]]:
        """The cells of a table, its headings first."""
        return [re.split("  +", line) for line in self.well(*words).splitlines()]

    def facts(self, *words) -> dict[str, str]:
        """Names and values up to the first empty line."""
        lines = self.well(*words).split("\n\n")[0].splitlines()
        return {name.strip(): value.strip() for name, value in (line.split("  ", 1) for line in lines)}

    def json(self, *words) -> dict:
        return json.loads(self.well(*words, "--output", "json"))

    def fails(self, status: int, *words, stdin: str = "") -> str:
        """It ends with exactly this exit code, and says something; its standard error."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode == status, (done.args, done.returncode, done.stdout, done.stderr)
        assert done.stderr.strip(), done
        return done.stderr

    def terminal(self, *words, piped=False) -> "Terminal":
        """Runs it on a terminal; `piped`: all but its standard output."""
        return Terminal([str(word) for word in (HALLMARKCTL, *words)], self.environment, piped)


class Terminal:
    """A program on a terminal of its own, read until what is expected appears."""

    def __init__(self, command: list[str], environment: dict[str, str], piped: bool):
        self.master, slave = pty.openpty()
        output = subprocess.PIPE if piped else slave
        self.process = subprocess.Popen(command, env=environment, stdin=slave, stdout=output, stderr=slave)
        os.close(slave)
        self.seen = ""
        self.deadline = time.monotonic() + TIMEOUT_SECONDS

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        os.close(self.master)

    def read(self) -> bool:
        """Reads what there is; false once the program has closed its end."""
        left = self.deadline - time.monotonic()
        assert left > 0, f"nothing more came: {self.seen!r}"
        if not select.select([self.master], [], [], left)[0]:
            return True
        try:
            octets = os.read(self.master, 4096)
        except OSError:
            return False
        self.seen += octets.decode(errors="replace").replace("\r\n", "\n")
        return bool(octets)

    def expect(self, text: str) -> "Terminal":
        while text not in self.seen:
            assert self.read(), f"it ended without {text!r}: {self.seen!r}"
        return self

    def type(self, text: str) -> "Terminal":
        os.write(self.master, text.encode())
        return self

    def end(self, status: int) -> str:
        """Waits for its end with this exit code; all that it wrote to the terminal."""
        while self.read():
            pass
        assert self.process.wait(TIMEOUT_SECONDS) == status, self.seen
        return self.seen

    def piped(self) -> str:
        """What it wrote to its standard output, which is a pipe."""
        return self.process.stdout.read().decode()
