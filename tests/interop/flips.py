"""Envelopes in which one bit differs: of the protected header, the payload, the signature or a certificate."""

import base64
import json
from collections.abc import Callable, Iterator

import cbor2

from payload_job import JWS

Changes = Callable[[bytes], Iterator[bytes]]
PARTS = ("protected", "payload", "signature")


def bits(content: bytes) -> Iterator[bytes]:
    """The octets, each bit of them changed in turn."""
    for place in range(8 * len(content)):
        changed = bytearray(content)
        changed[place // 8] ^= 1 << place % 8
        yield bytes(changed)


def octets(content: bytes) -> Iterator[bytes]:
    """The octets, one bit of each octet changed in turn."""
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1 << place % 8
        yield bytes(changed)


def of_part(envelope: bytes, media_type: str, part: str, changes: Changes = bits) -> Iterator[bytes]:
    """The envelope with one part changed in turn, in each bit or in each octet."""
    return _of_jws(envelope, part, changes) if media_type == JWS else _of_cose(envelope, part, changes)


def _of_jws(envelope: bytes, part: str, changes: Changes) -> Iterator[bytes]:
    members = json.loads(envelope)
    text = members[part]
    for changed in changes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))):
        members[part] = base64.urlsafe_b64encode(changed).decode().rstrip("=")
        yield json.dumps(members).encode()


def _of_cose(envelope: bytes, part: str, changes: Changes) -> Iterator[bytes]:
    protected, unprotected, payload, signature = _cose_parts(envelope)
    parts = {"protected": protected, "payload": payload, "signature": signature}
    for changed in changes(parts[part]):
        altered = parts | {part: changed}
        message = [altered["protected"], unprotected, altered["payload"], altered["signature"]]
        yield cbor2.dumps(cbor2.CBORTag(18, message), canonical=True)


def of_certificates(envelope: bytes) -> Iterator[bytes]:
    """The envelope in JWS, each octet of each certificate changed in one bit."""
    members = json.loads(envelope)
    chain = members["header"]["x5c"]
    for number, text in enumerate(chain):
        for changed in octets(base64.b64decode(text)):
            altered = [*chain[:number], base64.b64encode(changed).decode(), *chain[number + 1 :]]
            yield json.dumps(members | {"header": members["header"] | {"x5c": altered}}).encode()


def _cose_parts(envelope: bytes) -> list:
    keep = {number: lambda value, _, number=number: cbor2.CBORTag(number, value) for number in (1, 18)}
    return cbor2.loads(envelope, semantic_decoders=keep).value
