"""A Hallmark that lives in the past: it and its Postgres run under libfaketime."""

import glob
import json
import shutil
from datetime import timedelta
from pathlib import Path

import payload_job
from clients import PLATFORM, payload
from raw import Sender
from service import Hallmark


def settings(days: int) -> dict[str, str]:
    """The environment in which a program believes that it is so many days earlier."""
    libraries = sorted(Path("/usr/lib").glob("**/faketime/libfaketimeMT.so.1"))
    assert libraries, "libfaketime is not installed (tests/tools/install)"
    return {"LD_PRELOAD": str(libraries[0]), "FAKETIME": f"-{days}d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def wrap_postgres(directory: Path, days: dict[str, str]):
    """Programs that run Postgres in the past: the service hands nothing of its own environment on to it."""
    found = shutil.which("initdb") or max(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    binaries = Path(found).resolve().parent
    directory.chmod(0o755)
    for program in ("initdb", "postgres"):
        words = " ".join(f"{name}={value}" for name, value in days.items())
        (directory / program).write_text(f'#!/bin/sh\nexec env {words} {binaries / program} "$@"\n')
        (directory / program).chmod(0o755)


class Past:
    """Requests to a service of the past, signed with that day's date."""

    def __init__(self, service: Hallmark, days: int):
        self.service = service
        self.days = days
        self.root = service.pki("/root.pem")

    def call(self, role: str, method: str, path: str, members: dict) -> dict:
        sender = Sender(self.service.role(role))
        answer = sender.send(method, path, json.dumps(members).encode(), skew=-timedelta(days=self.days))
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def put(self, name: str, parameters: dict, period: dict | None = None) -> dict:
        members = {"platformId": PLATFORM, "signingParameters": parameters}
        members |= {"signatureValidityPeriod": period} if period else {}
        return self.call("admin", "PUT", f"/signing-profiles/{name}", members)

    def sign(self, name: str, image, media_type: str | None = None) -> dict:
        """The answer, with the envelope as octets."""
        members = payload_job.body(name, payload(image.digest, image.size), media_type)
        return payload_job.opened(self.call("signer", "POST", payload_job.PATH, members))
