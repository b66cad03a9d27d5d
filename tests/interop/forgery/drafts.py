"""Envelopes, changed as a test likes before they are signed."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from .certificates import Certified, Hierarchy, now, signing_leaf

JWS, COSE = "application/jose+json", "application/cose"
PREFIX = "io.cncf.notary."
SCHEME, TIME, AUTHENTIC_TIME = PREFIX + "signingScheme", PREFIX + "signingTime", PREFIX + "authenticSigningTime"
EXPIRY, PLUGIN, TOKEN = PREFIX + "expiry", PREFIX + "verificationPlugin", PREFIX + "timestampSignature"
AGENT, PLUGIN_VERSION = PREFIX + "signingAgent", PREFIX + "verificationPluginMinVersion"
ALGORITHMS = {
    "2048": ("PS256", -37, hashes.SHA256()),
    "3072": ("PS384", -38, hashes.SHA384()),
    "4096": ("PS512", -39, hashes.SHA512()),
    "P-256": ("ES256", -7, hashes.SHA256()),
    "P-384": ("ES384", -35, hashes.SHA384()),
    "P-521": ("ES512", -36, hashes.SHA512()),
}
LABELS = {"alg": 1, "crit": 2, "cty": 3}
# An image small enough to stand here, so that notation can be shown the same envelopes.
MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json",
            "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            "size": 2,
        },
        "layers": [],
    }
).encode()
PAYLOAD = {
    "targetArtifact": {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": "sha256:" + hashlib.sha256(MANIFEST).hexdigest(),
        "size": len(MANIFEST),
    }
}


def unpadded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


@dataclass
class Draft:
    """An envelope before it is signed; `seal` gives it in the format of its class."""

    chain: list[Certified]
    kind: str = "P-384"
    protected: dict = field(default_factory=dict)
    """By JOSE's names, times as times; each format writes them its own way."""
    payload: bytes = json.dumps(PAYLOAD).encode()
    certificates: list[bytes] = field(default_factory=list)
    unprotected: dict = field(default_factory=dict)
    """Besides the chain and the token."""
    stamp: Callable[[bytes], bytes] | None = None
    """Makes the token for a signature."""
    write_protected: Callable[["Draft"], bytes] | None = None
    """Writes the protected header in another way."""
    sign: Callable[["Draft", bytes], bytes] | None = None
    """Signs in another way."""

    def header_octets(self) -> bytes:
        return self.write_protected(self) if self.write_protected else self.written(self.protected)

    def signature(self, signed: bytes) -> bytes:
        return self.sign(self, signed) if self.sign else fixed_width(self.chain[0].key, signed, self.kind)

    def only(self, scheme: str):
        """Changes to a scheme with the time that belongs to it, and the critical names that do."""
        time = self.protected.pop(TIME, None) or self.protected.pop(AUTHENTIC_TIME)
        authority = scheme == "notary.x509.signingAuthority"
        self.protected[AUTHENTIC_TIME if authority else TIME] = time
        self.protected[SCHEME] = scheme
        self.protected["crit"] = [SCHEME, AUTHENTIC_TIME] if authority else [SCHEME]


class JwsDraft(Draft):
    media_type = JWS
    algorithm = 0

    def written(self, header: dict) -> bytes:
        return json.dumps(header, default=self.written_time).encode()

    def written_time(self, time: datetime) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ")

    def members(self) -> dict:
        """Of the envelope, signed."""
        protected, payload = unpadded(self.header_octets()), unpadded(self.payload)
        signature = self.signature(f"{protected}.{payload}".encode())
        header = {"x5c": [base64.b64encode(der).decode() for der in self.certificates], **self.unprotected}
        if self.stamp:
            header[TOKEN] = base64.b64encode(self.stamp(signature)).decode()
        return {"payload": payload, "protected": protected, "header": header, "signature": unpadded(signature)}

    def seal(self) -> bytes:
        return json.dumps(self.members()).encode()


class CoseDraft(Draft):
    media_type = COSE
    algorithm = 1

    def written(self, header: dict) -> bytes:
        return cbor2.dumps(self.labelled(header), canonical=True)

    def labelled(self, header: dict) -> dict:
        """The map of the protected header."""
        written = {
            LABELS.get(name, name): self.written_time(value) if isinstance(value, datetime) else value
            for name, value in header.items()
        }
        if isinstance(written.get(2), list):
            written[2] = [LABELS.get(name, name) for name in written[2]]
        return written

    def written_time(self, time: datetime) -> cbor2.CBORTag:
        return cbor2.CBORTag(1, int(time.timestamp()))

    def parts(self) -> list:
        """Of the COSE_Sign1, signed."""
        protected = self.header_octets()
        signature = self.signature(cbor2.dumps(["Signature1", protected, b"", self.payload]))
        unprotected = {33: self.certificates, **self.unprotected}
        if self.stamp:
            unprotected[TOKEN] = self.stamp(signature)
        return [protected, unprotected, self.payload, signature]

    def seal(self) -> bytes:
        return cbor2.dumps(cbor2.CBORTag(18, self.parts()), canonical=True)


FORMATS = {"jws": JwsDraft, "cose": CoseDraft}


def draft(format_name: str, chain: list[Certified] | None = None, kind: str = "P-384") -> Draft:
    """An envelope in order, of the scheme signingAuthority, with an expiry and no plugin."""
    cls = FORMATS[format_name]
    chain = chain or Hierarchy.of(signing_leaf(kind)).issue()
    time = now()
    return cls(
        chain,
        kind,
        protected={
            "alg": ALGORITHMS[kind][cls.algorithm],
            "cty": "application/vnd.cncf.notary.payload.v1+json",
            "crit": [SCHEME, AUTHENTIC_TIME, EXPIRY],
            SCHEME: "notary.x509.signingAuthority",
            AUTHENTIC_TIME: time,
            EXPIRY: time + timedelta(days=400),
        },
        certificates=[certified.der for certified in chain],
        unprotected={AGENT: "forgery/1"},
    )


def fixed_width(private_key, signed: bytes, kind: str) -> bytes:
    """A signature as envelopes have them: r||s, or PSS with a salt as long as the hash."""
    algorithm = ALGORITHMS[kind][2]
    if not isinstance(private_key, ec.EllipticCurvePrivateKey):
        return private_key.sign(signed, padding.PSS(padding.MGF1(algorithm), algorithm.digest_size), algorithm)
    width = (private_key.key_size + 7) // 8
    numbers = decode_dss_signature(private_key.sign(signed, ec.ECDSA(algorithm)))
    return b"".join(number.to_bytes(width, "big") for number in numbers)
