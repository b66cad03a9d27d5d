"""Two replicas of one deployment, behind one address."""

import urllib.request
from pathlib import Path

from composed import Composed
from relay import Relay

ROLES = {"signer": "Signer", "verifier": "Verifier", "auditor": "Auditor"}


class Replicas:
    """Looks like one service to whoever has the address; `ports` are those of each replica's API."""

    def __init__(self, home: Path):
        self.composed = Composed(home)
        self.twin: Composed | None = None
        self.relay: Relay | None = None
        self.principals: dict[str, dict[str, str]] = {}

    def start(self) -> "Replicas":
        self.composed.up()
        self.twin = self.composed.twin()
        self.twin.serve()
        self.relay = Relay(*self.ports)
        return self

    @property
    def ports(self) -> list[int]:
        return [replica.ports[8080] for replica in (self.composed, self.twin)]

    def role(self, name: str, url: str | None = None) -> dict[str, str]:
        """A role's variables, with another address than that of both where one is given."""
        if name not in self.principals:
            administrator = name == "admin"
            made = self.composed.administrator() if administrator else self.composed.principal(name, ROLES[name])
            self.principals[name] = made
        variables = self.principals[name]
        addresses = {key: url or self.relay.url for key in variables if key.startswith("AWS_ENDPOINT_URL")}
        return variables | addresses | {"HALLMARK_URL": url or self.relay.url}

    def pki(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.composed.ports[8081]}{path}", timeout=10) as answer:
            return answer.read()

    def stop(self):
        self.twin.end()
        self.composed.end()

    def destroy(self):
        if self.relay is not None:
            self.relay.stop()
        if self.twin is not None and self.twin.process is not None and self.twin.process.poll() is None:
            self.twin.process.kill()
        self.composed.destroy()
