"""What the tests share: one service, one registry, clients for each role and users of notation."""

import base64
import itertools
import json
import signal

import pytest

from clients import client, payload
from composed import Composed
from envelope import unpadded
from history import history as what_happened
from notation import Notation
from registry import Registry
from replicas import Replicas
from service import ROLES, Hallmark
from tools import THE_AWS_PLUGIN, aws_plugin, clean_environment, run_well
from typist import Typist


def pytest_report_header():
    real = aws_plugin() == THE_AWS_PLUGIN
    return "AWS Signer plugin: " + ("AWS's own" if real else "a stand-in (tests/tools/go/stand-in)")


def pytest_sessionstart():
    """A run that is told to end still ends what it started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def hallmark(tmp_path_factory):
    """The service most tests share; at the end it has to stop and take its Postgres along."""
    service = Hallmark(tmp_path_factory.mktemp("hallmark") / "data")
    try:
        service.start()
        yield service
        service.stop()
    finally:
        service.destroy()


@pytest.fixture
def instance(tmp_path):
    """`instance(name, …)`: a Hallmark not yet started; ended at the latest with the test."""
    made = []

    def make(name="data", **settings):
        service = Hallmark(settings.pop("parent", tmp_path) / name, **settings)
        made.append(service)
        return service

    yield make
    for service in made:
        service.destroy()


@pytest.fixture(scope="session")
def variables(hallmark):
    """Environment variables of each role, by the role's name."""
    return {role: hallmark.role(role) for role in ROLES}


@pytest.fixture(scope="session")
def clients(variables):
    """A boto3 `signer` client for each role, by the role's name."""
    return {role: client(variables[role]) for role in ROLES}


@pytest.fixture(scope="session")
def admin(clients):
    return clients["admin"]


@pytest.fixture(scope="session")
def signer(clients):
    return clients["signer"]


@pytest.fixture(scope="session")
def verifier(clients):
    return clients["verifier"]


@pytest.fixture(scope="session")
def auditor(clients):
    return clients["auditor"]


@pytest.fixture(scope="session")
def history(tmp_path_factory):
    """A deployment of its own with two accounts in which certificates were issued and things revoked."""
    composed = Composed(tmp_path_factory.mktemp("history"))
    try:
        yield what_happened(composed.up())
        composed.end()
    finally:
        composed.destroy()


@pytest.fixture(scope="session")
def replicas(tmp_path_factory):
    """Two replicas of one deployment, behind one address."""
    replicas = Replicas(tmp_path_factory.mktemp("replicas"))
    try:
        yield replicas.start()
        replicas.stop()
    finally:
        replicas.destroy()


@pytest.fixture(scope="session")
def registry(tmp_path_factory):
    registry = Registry(tmp_path_factory.mktemp("registry"))
    try:
        yield registry.start()
    finally:
        registry.stop()


@pytest.fixture
def typist(tmp_path):
    """A typist of a page, with a service of its own and two registries' addresses."""
    typist = Typist.arrive(tmp_path)
    try:
        yield typist
    finally:
        typist.leave()


@pytest.fixture
def notation(tmp_path, variables):
    """`notation(role)`: a user of notation with that role's credentials and no plugin."""
    homes = (tmp_path / f"user{number}" for number in itertools.count())
    return lambda role: Notation(next(homes), variables[role])


@pytest.fixture(scope="session")
def another_root(tmp_path_factory) -> bytes:
    """A self-signed root that has nothing to do with the service."""
    directory = tmp_path_factory.mktemp("another-root")
    certificate = directory / "root.pem"
    run_well(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-days", "1",
         "-subj", "/C=US/ST=WA/O=Mallory/CN=Root", "-keyout", directory / "key.pem", "-out", certificate],
        clean_environment(directory),
    )  # fmt: skip
    return certificate.read_bytes()


@pytest.fixture
def tampered():
    """`tampered(envelope, member, image)`: the envelope altered after it was signed.

    The payload then names the given image, the protected header another expiry, and the signature has one bit
    changed: each still parses, so that only the signature check can tell.
    """

    def call(octets: bytes, member: str, image) -> bytes:
        envelope = json.loads(octets)
        if member == "payload":
            content = payload(image.digest, image.size)
        elif member == "protected":
            header = json.loads(unpadded(envelope["protected"]))
            header["io.cncf.notary.expiry"] = "2099-01-01T00:00:00Z"
            content = json.dumps(header).encode()
        else:
            content = bytearray(unpadded(envelope["signature"]))
            content[-1] ^= 1
        envelope[member] = base64.urlsafe_b64encode(content).decode().rstrip("=")
        return json.dumps(envelope).encode()

    return call
