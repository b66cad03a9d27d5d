"""Beyond `dev`: the commands of docker-compose.yml, run without containers."""

import copy
import re
import signal
import subprocess
from pathlib import Path

import yaml

from cluster import Cluster
from service import EXIT_SECONDS, READY_SECONDS, free_port, read_environment, wait_until
from tools import HALLMARK, ROOT, clean_environment, run

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
HOME = "/var/lib/hallmark"


class Composed:
    """What `docker compose up` would run, with a directory in the place of its volumes."""

    def __init__(self, home: Path):
        self.home = home
        self.ports = {8080: free_port(), 8081: free_port(), 8082: free_port()}
        self.cluster: Cluster | None = None
        self.process: subprocess.Popen | None = None
        for volume in ("keys", "passwords"):
            (home / volume).mkdir(parents=True, mode=0o700)

    def place(self, word: str) -> str:
        """A word of the compose file as it reads outside a container."""
        word = word.replace(HOME, str(self.home)).replace("0.0.0.0", "127.0.0.1")
        word = re.sub(r"(?<=:)808[012]\b", lambda port: str(self.ports[int(port[0])]), word)
        return self.cluster.url(word.replace("@postgres/", "@localhost/")) if word.startswith("postgres:") else word

    def environment(self, service: str, more=None) -> dict[str, str]:
        settings = COMPOSE[service].get("environment", {})
        ops = {"HALLMARK_OPS__LISTEN": f"127.0.0.1:{self.ports[8082]}"}
        placed = {name: self.place(value) for name, value in settings.items()}
        return {**clean_environment(self.home), **placed, **(ops if placed else {}), **(more or {})}

    def run(self, service: str, more=None):
        words = [self.place(word) for word in COMPOSE[service]["command"]]
        return run([HALLMARK, *words], self.environment(service, more))

    def run_well(self, service: str) -> str:
        done = self.run(service)
        assert done.returncode == 0, f"{service}: {done.stdout}{done.stderr}"
        return done.stdout

    def hallmark(self, *words, more=None):
        """A command in the service's container: `docker compose exec hallmark hallmark …`."""
        return run([HALLMARK, *words], self.environment("hallmark", more))

    def refusal(self, *words, more=None) -> str:
        done = self.hallmark(*words, more=more)
        assert done.returncode == 1, done.stdout
        return done.stderr

    def start_postgres(self):
        settings = COMPOSE["postgres"]["environment"]
        password = self.home / settings["POSTGRES_PASSWORD_FILE"].replace("/run/", "")
        self.cluster = Cluster(settings["POSTGRES_USER"], password.read_text()).start()
        self.cluster.sql(f"CREATE DATABASE {settings['POSTGRES_DB']}")

    def up(self) -> "Composed":
        self.run_well("secrets")
        self.start_postgres()
        self.run_well("migrate")
        self.run_well("init")
        self.serve()
        return self

    def twin(self) -> "Composed":
        """Another replica of the same deployment, not yet serving; whoever asks for it ends it."""
        twin = copy.copy(self)
        twin.ports = {port: free_port() for port in self.ports}
        twin.process = None
        return twin

    def serve(self, more=None):
        words = [self.place(word) for word in COMPOSE["hallmark"]["command"]]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [HALLMARK, *words],
                env=self.environment("hallmark", more),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(self.ready, READY_SECONDS, "readyz")

    def ready(self) -> bool:
        assert self.process.poll() is None, (self.home / "log").read_text()
        return self.health().returncode == 0

    def health(self):
        """The health check of the compose file."""
        kind, *words = COMPOSE["hallmark"]["healthcheck"]["test"]
        assert (kind, words[0]) == ("CMD", "hallmark")
        return run([HALLMARK, *map(self.place, words[1:])], clean_environment(self.home))

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(EXIT_SECONDS) == 0, (self.home / "log").read_text()

    def destroy(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(EXIT_SECONDS)
        if self.cluster is not None:
            self.cluster.stop()

    def administrator(self) -> dict[str, str]:
        return read_environment(self.home / "keys" / "administrator.env")

    def principal(self, name: str, role: str, *words) -> dict[str, str]:
        done = self.hallmark("principal", "create", name, "--role", role, *words)
        assert done.returncode == 0, done.stderr
        return dict(line.split("=", 1) for line in done.stdout.splitlines())

    def sql(self, statements: str) -> str:
        return self.cluster.sql(statements, database="hallmark")
