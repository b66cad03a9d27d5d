"""Envelopes in which one bit differs: of the protected header, the payload, the signature or a certificate."""

import base64
import json
from collections.abc import Iterator

import cbor2

JWS = "application/jose+json"
PARTS = ("protected", "payload", "signature")


def bits(octets: bytes) -> Iterator[bytes]:
    """The octets, each bit of them changed in turn."""
    for place in range(8 * len(octets)):
        changed = bytearray(octets)
        changed[place // 8] ^= 1 << place % 8
        yield bytes(changed)


def of_part(envelope: bytes, media_type: str, part: str) -> Iterator[bytes]:
    """The envelope, each bit of one part changed in turn."""
    return _of_jws(envelope, part) if media_type == JWS else _of_cose(envelope, part)


def _of_jws(envelope: bytes, part: str) -> Iterator[bytes]:
    members = json.loads(envelope)
    text = members[part]
    for changed in bits(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))):
        members[part] = base64.urlsafe_b64encode(changed).decode().rstrip("=")
        yield json.dumps(members).encode()


def _of_cose(envelope: bytes, part: str) -> Iterator[bytes]:
    protected, unprotected, payload, signature = _cose_parts(envelope)
    parts = {"protected": protected, "payload": payload, "signature": signature}
    for changed in bits(parts[part]):
        altered = parts | {part: changed}
        message = [altered["protected"], unprotected, altered["payload"], altered["signature"]]
        yield cbor2.dumps(cbor2.CBORTag(18, message), canonical=True)


def of_certificates(envelope: bytes) -> Iterator[bytes]:
    """The envelope in JWS, each octet of each certificate changed in one bit."""
    members = json.loads(envelope)
    chain = members["header"]["x5c"]
    for number, text in enumerate(chain):
        octets = base64.b64decode(text)
        for place in range(len(octets)):
            changed = bytearray(octets)
            changed[place] ^= 1 << place % 8
            altered = [*chain[:number], base64.b64encode(changed).decode(), *chain[number + 1 :]]
            yield json.dumps(members | {"header": members["header"] | {"x5c": altered}}).encode()


def _cose_parts(envelope: bytes) -> list:
    keep = {number: lambda value, _, number=number: cbor2.CBORTag(number, value) for number in (1, 18)}
    return cbor2.loads(envelope, semantic_decoders=keep).value
