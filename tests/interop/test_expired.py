"""Signatures past their expiry: a second Hallmark lives 400 days in the past and signs there."""

import base64
import glob
import json
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clients import PAYLOAD_FORMAT, PLATFORM, payload
from envelope import Envelope
from notation import Notation
from raw import Sender
from service import Hallmark
from tools import clean_environment

DAYS = 400
EXPIRED = "digital signature has expired on"


class Past:
    """A service of the past and requests signed with that day's date."""

    def __init__(self, service: Hallmark):
        self.service = service
        self.root = service.pki("/root.pem")

    def call(self, role: str, method: str, path: str, members: dict) -> dict:
        sender = Sender(self.service.role(role))
        answer = sender.send(method, path, json.dumps(members).encode(), skew=-timedelta(days=DAYS))
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def put(self, name: str, period: dict, parameters: dict) -> dict:
        members = {"platformId": PLATFORM, "signatureValidityPeriod": period, "signingParameters": parameters}
        return self.call("admin", "PUT", f"/signing-profiles/{name}", members)

    def sign(self, name: str, image) -> bytes:
        content = base64.b64encode(payload(image.digest, image.size)).decode()
        members = {"profileName": name, "payload": content, "payloadFormat": PAYLOAD_FORMAT}
        return base64.b64decode(self.call("signer", "POST", "/signing-jobs/with-payload", members)["signature"])


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    libraries = sorted(Path("/usr/lib").glob("**/faketime/libfaketimeMT.so.1"))
    assert libraries, "libfaketime is not installed (tests/tools/install)"
    days = {
        "LD_PRELOAD": str(libraries[0]),
        "FAKETIME": f"-{DAYS}d",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    directory = tmp_path_factory.mktemp("past")
    with tempfile.TemporaryDirectory() as programs:
        wrap_postgres(Path(programs), days)
        service = Hallmark(
            directory / "data",
            extra=["--postgres-bin", programs],
            environment=clean_environment(directory) | days,
        )
        try:
            service.start()
            yield Past(service)
            service.stop()
        finally:
            service.destroy()


def wrap_postgres(directory: Path, days: dict[str, str]):
    """Programs that run Postgres in the past: the service hands nothing of its own environment on to it."""
    found = shutil.which("initdb") or max(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    binaries = Path(found).resolve().parent
    directory.chmod(0o755)
    for program in ("initdb", "postgres"):
        words = " ".join(f"{name}={value}" for name, value in days.items())
        (directory / program).write_text(f'#!/bin/sh\nexec env {words} {binaries / program} "$@"\n')
        (directory / program).chmod(0o755)


@pytest.fixture
def cluster(past, tmp_path):
    return Notation(tmp_path / "cluster", past.service.role("verifier"))


def signed_in_the_past(past, registry, name, period, parameters):
    profile = past.put(name, period, parameters)
    image = registry.new_image()
    envelope = past.sign(name, image)
    signed_at = Envelope(envelope).time("authenticSigningTime")
    assert signed_at < datetime.now(UTC) - timedelta(days=DAYS - 1)
    registry.attach_signature(image, envelope)
    return profile, image


def test_expired_without_plugin(past, registry, cluster):
    _, image = signed_in_the_past(past, registry, "short", {"value": 1, "type": "DAYS"}, {"verificationPlugin": "none"})
    cluster.trust(anchor=past.root, identities=["*"])
    cluster.rejects(image, EXPIRED)


def test_expired_with_the_aws_plugin(past, registry, cluster):
    profile, image = signed_in_the_past(past, registry, "short_aws", {"value": 1, "type": "DAYS"}, {})
    cluster.install_aws_plugin().trust(anchor=past.root, identities=[profile["arn"]])
    cluster.rejects(image, EXPIRED)


def test_not_yet_expired_though_its_leaf_is(past, registry, cluster):
    """The leaf ended 397 days ago; the signature is good for years."""
    _, image = signed_in_the_past(
        past, registry, "long", {"value": 10, "type": "YEARS"}, {"verificationPlugin": "none"}
    )
    cluster.trust(anchor=past.root, identities=["*"])
    cluster.accepts(image)
