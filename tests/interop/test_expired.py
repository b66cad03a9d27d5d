"""Signatures past their expiry: a second Hallmark lives 400 days in the past and signs there."""

import tempfile
import uuid
from pathlib import Path

import pytest

from notation import Notation
from past import Past, settings, wrap_postgres
from payload_job import COSE, JWS
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


def signed_in_the_past(past, registry, parameters, media_type=JWS):
    name = f"short_{uuid.uuid4().hex}"
    profile = past.put(name, parameters, {"value": 1, "type": "DAYS"})
    image = registry.new_image()
    envelope = past.sign(name, image, media_type)["signature"]
    registry.attach_signature(image, envelope, media_type)
    return profile, image


def test_expired_without_plugin(past, registry, cluster):
    _, image = signed_in_the_past(past, registry, {"verificationPlugin": "none"})
    cluster.trust(anchor=past.root, identities=["*"])
    cluster.rejects(image, EXPIRED)


def test_expired_with_the_aws_plugin(past, registry, cluster):
    profile, image = signed_in_the_past(past, registry, {})
    cluster.install_aws_plugin().trust(anchor=past.root, identities=[profile["arn"]])
    cluster.rejects(image, EXPIRED)


@pytest.mark.parametrize("media_type", [JWS, COSE])
def test_expired_with_hallmarks_plugin(media_type, past, registry, cluster):
    profile, image = signed_in_the_past(past, registry, {"verificationPlugin": "hallmark"}, media_type)
    cluster.install_hallmark_plugin().trust(anchor=past.root, identities=[profile["arn"]])
    cluster.rejects(image, EXPIRED)
