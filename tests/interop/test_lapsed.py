"""Signatures whose certificates have all lapsed but the root's: the leaf's, the timestamp authority's, the issuing CA's.

A Hallmark signs six years ago; the same Hallmark, in the present, answers for what it signed then.
"""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from clients import client
from gate import Gate
from hallmark_operations import Operations
from notation import Notation
from past import Past, settings, wrap_postgres
from payload_job import ENVELOPES
from service import Hallmark, wait_until
from tools import clean_environment

DAYS = 6 * 365
SCHEMES = {"signing authority": "notary.x509.signingAuthority", "timestamped": "notary.x509"}
CELLS = [(scheme, envelope) for scheme in SCHEMES for envelope in ENVELOPES]
NAMES = {cell: "_".join(cell).replace(" ", "_").lower() for cell in CELLS}


@pytest.fixture(scope="module")
def lapsed(tmp_path_factory, registry):
    """What was signed then, by cell: one signature to revoke and one to leave; with the service of today."""
    directory, days, gate = tmp_path_factory.mktemp("lapsed"), settings(DAYS), Gate()
    service = Hallmark(
        directory / "data", extra=["--pki-url", gate.url], environment=clean_environment(directory) | days
    )
    try:
        with tempfile.TemporaryDirectory() as programs:
            wrap_postgres(Path(programs), days)
            service.extra += ["--postgres-bin", programs]
            service.start()
            gate.port = service.ports["pki"]
            signed = sign_all(Past(service, DAYS), registry)
            service.stop()
            service.extra = service.extra[:-2]
            service.environment = clean_environment(directory)
            service.start()
        gate.port = service.ports["pki"]
        yield Lapsed(service, gate, signed)
        service.stop()
    finally:
        service.destroy()
        gate.stop()


def sign_all(past: Past, registry) -> dict:
    signed = {}
    for scheme, envelope in CELLS:
        name = NAMES[scheme, envelope]
        past.put(name, {"verificationPlugin": "none", "signingScheme": SCHEMES[scheme]})
        signed[scheme, envelope] = []
        for _ in range(3):
            image = registry.new_image()
            answer = past.sign(name, image, ENVELOPES[envelope])
            registry.attach_signature(image, answer["signature"], ENVELOPES[envelope])
            signed[scheme, envelope].append((image, answer["jobId"]))
    past.put("with_plugin", {})
    image = registry.new_image()
    answer = past.sign("with_plugin", image)
    registry.attach_signature(image, answer["signature"])
    signed["with plugin"] = [(image, answer["jobId"])]
    return signed


class Lapsed:
    def __init__(self, service, gate, signed):
        self.service, self.gate, self.signed = service, gate, signed
        self.root = service.pki("/root.pem")
        self.users = 0
        gate.know_root(self.root)

    def user(self, directory, scheme="signing authority") -> Notation:
        self.users += 1
        stamped = scheme == "timestamped"
        return Notation(directory / f"user{self.users}", self.service.role("verifier")).trust(
            anchor=self.root,
            identities=["*"],
            kind="ca" if stamped else "signingAuthority",
            stamps=self.root if stamped else None,
        )


@pytest.mark.parametrize("protocol", ["ocsp", "crl"])
@pytest.mark.parametrize("scheme, envelope", CELLS)
def test_good_and_then_revoked(scheme, envelope, protocol, lapsed, tmp_path):
    images = lapsed.signed[scheme, envelope]
    (image, job), (other, _) = images[["ocsp", "crl"].index(protocol)], images[2]
    with lapsed.gate.only(protocol):
        lapsed.user(tmp_path, scheme).accepts(image)
        client(lapsed.service.role("admin")).revoke_signature(jobId=job, reason="found out late")
        if protocol == "crl":
            refused = lambda: lapsed.user(tmp_path, scheme).verify(image).returncode != 0  # noqa: E731
            wait_until(refused, 60, "the CRL listing it")
        lapsed.user(tmp_path, scheme).rejects(image, "is revoked")
        lapsed.user(tmp_path, scheme).accepts(other)


def test_with_the_aws_plugin(lapsed, tmp_path):
    ((image, _),) = lapsed.signed["with plugin"]
    account = lapsed.service.role("verifier")["HALLMARK_ACCOUNT"]
    arn = f"arn:aws:signer:us-east-1:{account}:/signing-profiles/with_plugin"
    user = Notation(tmp_path / "plugin", lapsed.service.role("verifier")).install_aws_plugin()
    user.trust(anchor=lapsed.root, identities=[arn]).accepts(image)


def test_all_but_the_root_has_lapsed(lapsed):
    """Otherwise the tests above show nothing. The service went on with an issuing CA that is new."""
    issuers = Operations(lapsed.service.role("admin")).issuers()
    now = datetime.now(UTC)
    assert len(issuers) == 2
    assert issuers[1].not_valid_after_utc < now - timedelta(days=300)
    assert issuers[0].not_valid_before_utc > now - timedelta(days=1)
    root = x509.load_pem_x509_certificate(lapsed.root)
    assert root.not_valid_before_utc < now - timedelta(days=DAYS) < now < root.not_valid_after_utc
