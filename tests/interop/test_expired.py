"""Signatures past their expiry: a second Hallmark lives 400 days in the past and signs there."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from envelope import Envelope
from notation import Notation
from past import Past, settings, wrap_postgres
from service import Hallmark
from tools import clean_environment

DAYS = 400
EXPIRED = "digital signature has expired on"


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    days = settings(DAYS)
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
            yield Past(service, DAYS)
            service.stop()
        finally:
            service.destroy()


@pytest.fixture
def cluster(past, tmp_path):
    return Notation(tmp_path / "cluster", past.service.role("verifier"))


def signed_in_the_past(past, registry, name, period, parameters):
    profile = past.put(name, parameters, period)
    image = registry.new_image()
    envelope = past.sign(name, image)["signature"]
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
