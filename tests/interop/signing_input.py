"""Signing inputs as notation writes them for blobs, and the envelopes around their signatures."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import cbor2

from verifier.envelope import COSE, EXPIRY, JWS, SCHEME, SIGNING_TIME

CONTENT_TYPE = "application/vnd.cncf.notary.payload.v1+json"
LABELS = {"alg": 1, "crit": 2, "cty": 3}
ES384 = {JWS: "ES384", COSE: -35}
SBOM = b'{"spdxVersion":"SPDX-2.3","name":"a blob that its user signs"}'


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def payload(content: bytes = SBOM, **changes) -> dict:
    target = {
        "mediaType": "application/spdx+json",
        "digest": "sha384:" + hashlib.sha384(content).hexdigest(),
        "size": len(content),
    }
    return {"targetArtifact": target | changes}


def unpadded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def header(form: str) -> dict:
    """The protected header by JOSE's names, times as times."""
    return {
        "alg": ES384[form],
        "crit": [SCHEME, EXPIRY],
        "cty": CONTENT_TYPE,
        EXPIRY: now() + timedelta(days=1),
        SCHEME: "notary.x509",
        SIGNING_TIME: now(),
    }


@dataclass
class Input:
    form: str
    header: dict = field(default_factory=dict)
    payload: bytes = b""
    write_header: Callable[[dict], bytes] | None = None
    """Writes the protected header in another way."""

    def __post_init__(self):
        self.header = self.header or header(self.form)
        self.payload = self.payload or json.dumps(payload()).encode()

    def protected(self) -> bytes:
        if self.write_header:
            return self.write_header(self.header)
        return jws_header(self.header) if self.form == JWS else cose_header(self.header)

    def octets(self) -> bytes:
        if self.form == JWS:
            return f"{unpadded(self.protected())}.{unpadded(self.payload)}".encode()
        return cbor2.dumps(["Signature1", self.protected(), b"", self.payload])

    def envelope(self, signature: bytes, chain: list[bytes]) -> bytes:
        if self.form == COSE:
            parts = [self.protected(), {33: chain}, self.payload, signature]
            return cbor2.dumps(cbor2.CBORTag(18, parts))
        members = {
            "payload": unpadded(self.payload),
            "protected": unpadded(self.protected()),
            "header": {"x5c": [base64.b64encode(der).decode() for der in chain]},
            "signature": unpadded(signature),
        }
        return json.dumps(members).encode()


def jws_header(members: dict) -> bytes:
    return json.dumps(members, default=lambda time: time.strftime("%Y-%m-%dT%H:%M:%SZ")).encode()


def cose_header(members: dict) -> bytes:
    labelled = {
        LABELS.get(name, name): cbor2.CBORTag(1, int(value.timestamp())) if isinstance(value, datetime) else value
        for name, value in members.items()
    }
    return cbor2.dumps(labelled, canonical=True)
