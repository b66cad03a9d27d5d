"""Revocation as verifiers without any plugin learn of it: by OCSP and by CRL, each with the other switched off.

Every combination of scheme, envelope and issuing CA that a profile without a plugin may have, before and after each
kind of revocation. notation keeps CRLs until their nextUpdate, so every verification here is a new user's.
"""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

import payload_job
from clients import client, new_profile, payload
from gate import Gate
from hallmark_operations import Operations
from notation import Notation
from payload_job import ENVELOPES
from raw import Sender
from service import Hallmark, wait_until

SCHEMES = {"signing authority": "notary.x509.signingAuthority", "timestamped": "notary.x509"}
PROTOCOLS = ["ocsp", "crl"]
REVOKED = "is revoked"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service whose certificates name a gate."""
    gate = Gate()
    hallmark = Hallmark(tmp_path_factory.mktemp("gated") / "data", extra=["--pki-url", gate.url])
    try:
        hallmark.start()
        gate.port = hallmark.ports["pki"]
        yield Gated(hallmark, gate)
        hallmark.stop()
    finally:
        hallmark.destroy()
        gate.stop()


class Gated:
    def __init__(self, hallmark, gate):
        self.hallmark, self.gate = hallmark, gate
        self.admin = client(hallmark.role("admin"))
        self.operations = Operations(hallmark.role("admin"))
        self.root = hallmark.pki("/root.pem")
        gate.know_root(self.root)

    def sign(self, profile, image, media_type) -> dict:
        sender = Sender(self.hallmark.role("signer"))
        return payload_job.sign(sender, profile["profileName"], payload(image.digest, image.size), media_type)


class Cell:
    """One combination: a profile, what it signed, and verifiers that nobody knew before."""

    def __init__(self, service, registry, directory, scheme, envelope, issuer="account"):
        self.service, self.registry, self.directory = service, registry, directory
        self.scheme, self.media_type = SCHEMES[scheme], ENVELOPES[envelope]
        parameters = {"verificationPlugin": "none", "signingScheme": self.scheme, "issuer": issuer}
        self.profile = new_profile(service.admin, signingParameters=parameters)
        self.users = 0

    def signed(self):
        """A new image with its signature, and the answer to SignPayload."""
        image = self.registry.new_image()
        answer = self.service.sign(self.profile, image, self.media_type)
        self.registry.attach_signature(image, answer["signature"], self.media_type)
        return image, answer

    def issuing_certificate(self):
        """That of the issuing CA of the last certificate that signed."""
        operations = self.service.operations
        return operations.chain(operations.serial_number(self.profile))[1]

    def user(self) -> Notation:
        self.users += 1
        notation = Notation(self.directory / f"user{self.users}", self.service.hallmark.role("verifier"))
        stamped = self.scheme == "notary.x509"
        return notation.trust(
            anchor=self.service.root,
            identities=["*"],
            kind="ca" if stamped else "signingAuthority",
            stamps=self.service.root if stamped else None,
        )

    def accepts(self, image, protocol):
        with self.service.gate.only(protocol):
            self.user().accepts(image)

    def rejects(self, image, protocol):
        """By OCSP the first question after a revocation is answered with it; a CRL is at most seconds old."""
        with self.service.gate.only(protocol):
            if protocol == "crl":
                wait_until(lambda: self.user().verify(image).returncode != 0, 60, "the CRL listing it")
            self.user().rejects(image, REVOKED)


@pytest.fixture
def cell(service, registry, tmp_path):
    return lambda *combination: Cell(service, registry, tmp_path, *combination)


combinations = pytest.mark.parametrize("envelope", ENVELOPES)
schemes = pytest.mark.parametrize("scheme", SCHEMES)
protocols = pytest.mark.parametrize("protocol", PROTOCOLS)


@protocols
@combinations
@schemes
def test_revoke_signature(scheme, envelope, protocol, cell):
    """One signature is revoked, and no other of the same profile."""
    cell = cell(scheme, envelope)
    (image, answer), (other, _) = cell.signed(), cell.signed()
    cell.accepts(image, protocol)
    cell.service.admin.revoke_signature(jobId=answer["jobId"], reason="a wrong build")
    cell.rejects(image, protocol)
    cell.accepts(other, protocol)


@protocols
@combinations
@schemes
def test_revoke_profile_from_a_time_on(scheme, envelope, protocol, cell):
    """What was signed before the effective time stays good, what was signed at it or later does not."""
    cell = cell(scheme, envelope)
    before, _ = cell.signed()
    boundary = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    wait_until(lambda: datetime.now(UTC) >= boundary, 5, "the next second")
    after, _ = cell.signed()
    cell.service.admin.revoke_signing_profile(
        profileName=cell.profile["profileName"],
        profileVersion=cell.profile["profileVersion"],
        reason="the build host was compromised",
        effectiveTime=boundary,
    )
    cell.rejects(after, protocol)
    cell.accepts(before, protocol)


@protocols
@combinations
@schemes
def test_revoke_certificate(scheme, envelope, protocol, cell):
    cell = cell(scheme, envelope)
    (image, _), serial = cell.signed(), cell.service.operations.serial_number(cell.profile)
    other, _ = cell.signed()
    cell.accepts(image, protocol)
    cell.service.operations.revoke(serial, reasonCode="KeyCompromise")
    cell.rejects(image, protocol)
    cell.accepts(other, protocol)


@protocols
@schemes
def test_profile_with_an_issuing_ca_of_its_own(scheme, protocol, cell):
    cell = cell(scheme, "jws", "profile")
    image, answer = cell.signed()
    cell.accepts(image, protocol)
    cell.service.admin.revoke_signature(jobId=answer["jobId"], reason="a wrong build")
    cell.rejects(image, protocol)


@schemes
def test_without_an_answer_strict_fails(scheme, cell):
    """Doubt is no trust: with both protocols off nothing verifies."""
    cell = cell(scheme, "jws")
    image, _ = cell.signed()
    cell.service.gate.closed = {"ocsp", "crl"}
    try:
        done = cell.user().verify(image)
    finally:
        cell.service.gate.closed = set()
    assert done.returncode != 0
    assert "revocation status" in done.stderr, done.stderr


def test_issuing_ca_is_revoked_by_the_roots_list(cell):
    """Everything below it goes; what the next issuing CA issues is good."""
    cell = cell("signing authority", "jws", "profile")
    image, _ = cell.signed()
    issuer = cell.issuing_certificate()
    cell.accepts(image, "crl")
    cell.service.operations.revoke(f"{issuer.serial_number:036x}")
    cell.rejects(image, "crl")
    later, _ = cell.signed()
    cell.accepts(later, "crl")


def test_one_issuing_ca_is_trusted_and_no_other(service, registry, tmp_path, cell):
    """Who trusts the issuing certificate of one profile refuses what another's issued, under the same root."""
    own, other = cell("signing authority", "jws", "profile"), cell("signing authority", "jws", "profile")
    (image, _), (foreign, _) = own.signed(), other.signed()
    anchor = own.issuing_certificate().public_bytes(Encoding.PEM)
    user = Notation(tmp_path / "pinning", service.hallmark.role("verifier"))
    user.trust(anchor=anchor, identities=["*"]).accepts(image)
    user.rejects(foreign, "the signature's certificate chain does not contain any trusted certificate")
