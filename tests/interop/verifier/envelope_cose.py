"""Envelopes in COSE: COSE_Sign1, tagged (RFC 9052 section 4.2)."""

from datetime import UTC, datetime, timedelta

import cbor2

from .algorithm import of_cose
from .cbor_item import cbor_item
from .envelope import AGENT, NEVER_CRITICAL, TIMES, TOKEN, Envelope
from .rule import Rule, broken, require

SIGN1 = 18
EPOCH = 1
LABELS = dict(enumerate(NEVER_CRITICAL, 1))
CHAIN = 33


def read(octets: bytes) -> Envelope:
    message = cbor_item(octets)
    require(isinstance(message, cbor2.CBORTag) and message.tag == SIGN1, Rule.COSE_TAG)
    parts = message.value
    require(isinstance(parts, list) and len(parts) == 4, Rule.COSE_STRUCTURE, "not an array of four")
    wrapped, unprotected, payload, signature = parts
    for part, kind in ((wrapped, bytes), (unprotected, dict), (payload, bytes), (signature, bytes)):
        require(isinstance(part, kind), Rule.COSE_STRUCTURE, f"{type(part).__name__}, not {kind.__name__}")
    protected = cbor_item(wrapped)
    require(isinstance(protected, dict), Rule.COSE_STRUCTURE, "the protected header is no map")
    require(all(_is_label(label) for label in [*protected, *unprotected]), Rule.COSE_STRUCTURE, "a label")
    _check_unprotected(unprotected)
    chain = unprotected.get(CHAIN)
    require(CHAIN not in protected and isinstance(chain, list) and chain, Rule.CHAIN_FORM)
    require(all(isinstance(certificate, bytes) for certificate in chain), Rule.CHAIN_FORM)
    return Envelope(
        algorithm=of_cose(protected.get(1)),
        content_type=protected.get(3),
        critical=_names(protected.get(2)),
        headers={label: _header(label, value) for label, value in protected.items() if label not in LABELS},
        payload=payload,
        signed=cbor2.dumps(["Signature1", wrapped, b"", payload]),
        signature=signature,
        certificates=chain,
        token=unprotected.get(TOKEN),
    )


def _check_unprotected(unprotected: dict):
    require(set(unprotected) <= {CHAIN, TOKEN, AGENT}, Rule.UNPROTECTED_HEADER, list(unprotected))
    require(isinstance(unprotected.get(AGENT, ""), str), Rule.UNPROTECTED_HEADER, AGENT)
    require(isinstance(unprotected.get(TOKEN, b""), bytes), Rule.UNPROTECTED_HEADER, TOKEN)


def _is_label(label: object) -> bool:
    return isinstance(label, int | str) and not isinstance(label, bool)


def _names(critical: object) -> object:
    """Labels 1 to 3 by JOSE's names."""
    if not isinstance(critical, list):
        return critical
    return [LABELS.get(label, label) if _is_label(label) else label for label in critical]


def _header(label: int | str, value: object) -> object:
    return _time(label, value) if label in TIMES else value


def _time(name: str, value: object) -> datetime:
    require(isinstance(value, cbor2.CBORTag) and value.tag == EPOCH, Rule.TIME_FORM, f"{name}: not of tag 1")
    seconds = value.value
    require(isinstance(seconds, int) and not isinstance(seconds, bool), Rule.TIME_FORM, f"{name}: not an integer")
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)
    except OverflowError as error:
        broken(Rule.TIME_FORM, error, error)
