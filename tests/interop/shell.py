"""A reader's shell: one bash that is given one command after the other."""

import contextlib
import os
import select
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools import TIMEOUT_SECONDS


@dataclass(frozen=True)
class Done:
    status: int
    output: str
    """Standard output and standard error, as a terminal shows them."""


class Shell:
    """Its variables, functions and background programs last until it is closed."""

    def __init__(self, directory: Path, environment: dict[str, str], scratch: Path):
        self.scratch = scratch
        self.count = 0
        self.process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        # A pipe's first command may not fail unseen.
        self.process.stdin.write("set -o pipefail\n")
        self.process.stdin.flush()

    def run(self, command: str) -> Done:
        self.count += 1
        script, output = self.scratch / f"{self.count}.sh", self.scratch / f"{self.count}.out"
        script.write_text(command + "\n")
        self.process.stdin.write(f". {script} >{output} 2>&1 </dev/null; echo $?\n")
        self.process.stdin.flush()
        answered, _, _ = select.select([self.process.stdout], [], [], TIMEOUT_SECONDS)
        assert answered, f"not done within {TIMEOUT_SECONDS} s: {command}\n{output.read_text()}"
        status = self.process.stdout.readline().strip()
        assert status, f"the shell ended with: {command}\n{output.read_text()}"
        return Done(int(status), output.read_text())

    def close(self):
        """Ends the shell and what it left running."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(TIMEOUT_SECONDS)
