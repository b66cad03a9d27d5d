"""Reads the JWS envelope of a signature with nothing of Hallmark's own, and asks about its revocation."""

import base64
import hashlib
import json
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from clients import PLATFORM


def unpadded(text: str) -> bytes:
    assert "=" not in text, "base64url without padding (RFC 7515 section 2)"
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Envelope:
    def __init__(self, octets: bytes):
        self.members = json.loads(octets)
        self.protected = json.loads(unpadded(self.members["protected"]))
        self.payload = unpadded(self.members["payload"])
        self.chain = [x509.load_der_x509_certificate(base64.b64decode(c)) for c in self.members["header"]["x5c"]]

    def time(self, name: str) -> datetime:
        return datetime.fromisoformat(self.protected[f"io.cncf.notary.{name}"])

    def check_signature(self):
        """Verifies ES384 over the envelope and every certificate under its issuer; raises otherwise."""
        raw = unpadded(self.members["signature"])
        assert len(raw) == 96
        r, s = (int.from_bytes(half, "big") for half in (raw[:48], raw[48:]))
        signed = f"{self.members['protected']}.{self.members['payload']}".encode()
        self.chain[0].public_key().verify(encode_dss_signature(r, s), signed, ECDSA(hashes.SHA384()))
        for child, issuer in zip(self.chain, self.chain[1:] + self.chain[-1:]):
            child.verify_directly_issued_by(issuer)

    def certificate_hashes(self) -> list[str]:
        """SHA-384 of each certificate's TBS part followed by that of its issuer's, as AWS's plugin sends them."""
        tbs = [hashlib.sha384(certificate.tbs_certificate_bytes).hexdigest() for certificate in self.chain]
        return [own + issuer for own, issuer in zip(tbs, tbs[1:] + tbs[-1:])]

    def question(self, **changes) -> dict:
        """The members of GetRevocationStatus for this signature."""
        question = {
            "signatureTimestamp": self.time("authenticSigningTime"),
            "platformId": PLATFORM,
            "profileVersionArn": self.protected["com.amazonaws.signer.signingProfileVersion"],
            "jobArn": self.protected["com.amazonaws.signer.signingJob"],
            "certificateHashes": self.certificate_hashes(),
        }
        return question | changes
