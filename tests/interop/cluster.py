"""A Postgres that is somebody's own: reached over a unix socket, by password alone."""

import glob
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools import TIMEOUT_SECONDS


class Cluster:
    """Its files lie where the user `postgres` can reach them; gone with `stop`."""

    def __init__(self, superuser: str, password: str):
        places = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda place: int(place.split("/")[4]))
        self.bin = Path(places[-1] if places else os.path.dirname(shutil.which("initdb")))
        self.home = Path(tempfile.mkdtemp(prefix="hallmark-postgres-"))
        self.superuser = superuser
        self.password = password
        self.prefix = []
        if os.geteuid() == 0:
            shutil.chown(self.home, "postgres", "postgres")
            self.prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]

    def tool(self, name: str, *words):
        # What pg_ctl starts keeps its output open, so nothing may wait for the end of it.
        with (self.home / f"{name}.log").open("w") as log:
            status = subprocess.run(
                [*self.prefix, self.bin / name, *words],
                env={"PATH": os.environ["PATH"], "HOME": str(self.home)},
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=TIMEOUT_SECONDS,
                check=False,
            ).returncode
        assert status == 0, (self.home / f"{name}.log").read_text()

    def start(self) -> "Cluster":
        secret = self.home / "password"
        secret.write_text(self.password)
        data = self.home / "data"
        self.tool("initdb", "-D", data, "-U", self.superuser, f"--pwfile={secret}", "--auth=scram-sha-256")
        socket = f"-c listen_addresses= -c unix_socket_directories={self.home}"
        self.tool("pg_ctl", "-D", data, "-o", socket, "-l", self.home / "log", "-w", "start")
        return self

    def stop(self):
        data = self.home / "data"
        if (data / "postmaster.pid").exists():
            self.tool("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.home)

    def url(self, url: str) -> str:
        """A URL for a TCP host, with this cluster's socket in the place of the host."""
        return f"{url}?host={self.home}"

    def sql(self, statements: str, *, user=None, password=None, database="postgres") -> str:
        environment = {"PATH": os.environ["PATH"], "PGPASSWORD": password or self.password}
        words = [self.bin / "psql", "-h", self.home, "-U", user or self.superuser, "-d", database]
        done = subprocess.run(
            [*words, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"],
            env=environment,
            input=statements,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()
