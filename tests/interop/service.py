"""A Hallmark of one's own: `hallmark dev` as a child process."""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from tools import HALLMARK, clean_environment

READY_SECONDS = 120
EXIT_SECONDS = 40
ROLES = {"admin": "dev", "signer": "signer", "verifier": "verifier", "auditor": "auditor", "operator": "operator"}


#: Every port that was ever given out here: whoever asked for one may not have begun to listen.
GIVEN: set[int] = set()


def free_port() -> int:
    """A port below those that the system gives to outgoing connections, so that it is still free when it is used."""
    while True:
        port = random.randint(20_000, 32_000)
        if port in GIVEN:
            continue
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
        GIVEN.add(port)
        return port


def read_environment(path: Path) -> dict[str, str]:
    """Reads `KEY=value` lines, as `set -a; . FILE` would."""
    lines = (line for line in path.read_text().splitlines() if line and not line.startswith("#"))
    pairs = (line.split("=", 1) for line in lines)
    return {key: value.strip("'\"") for key, value in pairs}


def process_lives(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def wait_until(condition, seconds: float, what: str):
    """Waits for a truthy answer; the time-out is a bound on a failure, never an expectation of speed."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.05)


class Hallmark:
    """One `hallmark dev` on a data directory; can be started, stopped and started again."""

    def __init__(self, data_dir: Path, *, prefix=(), extra=(), environment=None, binary=HALLMARK):
        self.data_dir = data_dir
        self.prefix = [str(word) for word in prefix]
        self.extra = [str(word) for word in extra]
        self.environment = environment or clean_environment(data_dir.parent)
        self.binary = binary
        self.process: subprocess.Popen | None = None
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self.ports: dict[str, int] = {}

    def command(self) -> list[str]:
        self.ports = {name: free_port() for name in ("api", "pki", "ops")}
        listen = [word for name, port in self.ports.items() for word in (f"--{name}-listen", f"127.0.0.1:{port}")]
        return [*self.prefix, str(self.binary), "dev", "--data-dir", str(self.data_dir), *listen, *self.extra]

    def start(self, *, cwd=None) -> "Hallmark":
        assert self.binary.exists() or self.prefix, f"{self.binary} is not built: cargo build --release"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=cwd or self.data_dir.parent,
                start_new_session=True,
            )
        wait_until(self.ready, READY_SECONDS, "readyz")
        return self

    def ready(self) -> bool:
        assert self.process.poll() is None, f"hallmark ended with {self.process.returncode}:\n{self.output()}"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['ops']}/readyz", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def role(self, name: str) -> dict[str, str]:
        """The variables of a role's environment file."""
        return read_environment(self.data_dir / f"{ROLES[name]}.env")

    def pki(self, path: str) -> bytes:
        with urllib.request.urlopen(self.role("admin")["HALLMARK_PKI_URL"] + path, timeout=10) as answer:
            return answer.read()

    def postgres(self) -> int:
        """The process id of its private Postgres, from the lock file beside the socket."""
        url = urllib.parse.urlsplit(self.role("admin")["HALLMARK_DATABASE_URL"])
        query = dict(urllib.parse.parse_qsl(url.query))
        directory = Path(query.get("host") or urllib.parse.unquote(url.hostname or ""))
        locks = list(directory.glob(".s.PGSQL.*.lock"))
        assert len(locks) == 1, f"{directory} holds {locks}"
        return int(locks[0].read_text().split()[0])

    def interrupt(self, *, group=False) -> int:
        """Ctrl-C: SIGINT to the process, or to its whole group as a terminal does. Returns the exit status."""
        postgres = self.postgres()
        assert process_lives(postgres)
        (os.killpg if group else os.kill)(self.process.pid, signal.SIGINT)
        status = self.process.wait(EXIT_SECONDS)
        wait_until(lambda: not process_lives(postgres), EXIT_SECONDS, "its Postgres ending with it")
        return status

    def stop(self):
        """Ends it as a user would and insists that nothing is left, and that it never answered what it never announced."""
        status = self.interrupt()
        assert status == 0, f"hallmark ended with {status}:\n{self.output()[-4000:]}"
        undocumented = [line for line in self.output().splitlines() if "undocumented exception" in line]
        assert not undocumented, undocumented[:5]

    def kill(self) -> int:
        """Kills it as a crash would; returns the process id of the Postgres it leaves behind."""
        postgres = self.postgres()
        self.process.kill()
        self.process.wait(EXIT_SECONDS)
        return postgres

    def destroy(self):
        """Last resort of a fixture: whatever still runs of it is ended, by process id, and its cluster removed."""
        if self.process is not None:
            self.end_by_force()
        self.remove_cluster()

    def end_by_force(self):
        try:
            postgres = self.postgres()
        except (AssertionError, FileNotFoundError, ValueError, KeyError):
            postgres = None
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(EXIT_SECONDS)
        if postgres and process_lives(postgres):
            os.kill(postgres, signal.SIGQUIT)
            wait_until(lambda: not process_lives(postgres), EXIT_SECONDS, "Postgres ending")

    def remove_cluster(self):
        """Root's clusters are kept outside the data directory, under an id that stands in it."""
        name = self.data_dir / "cluster-id"
        cluster_id = name.read_text().strip() if name.exists() else ""
        if re.fullmatch("[0-9a-f]{16}", cluster_id):
            shutil.rmtree(f"/var/lib/hallmark/{cluster_id}", ignore_errors=True)
            shutil.rmtree(f"/run/hallmark-{cluster_id}", ignore_errors=True)
