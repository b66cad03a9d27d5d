"""CBOR items in core deterministic encoding (RFC 8949 section 4.2.1); tags are left as they stand."""

import cbor2

from .rule import Rule, broken, require

# The tags that could stand in an envelope, or be mistaken for one of those: date, epoch, COSE_Sign1.
_AS_THEY_STAND = {number: lambda value, _, number=number: cbor2.CBORTag(number, value) for number in (0, 1, 18)}


def cbor_item(octets: bytes) -> object:
    """Reads one item and insists that it is written in the one way."""
    try:
        item = _read(octets, allow_indefinite=False, allow_duplicate_keys=False)
    except (cbor2.CBORDecodeError, ValueError, TypeError) as error:
        broken(_why(octets), error, error)
    require(cbor2.dumps(item, canonical=True) == octets, Rule.CBOR_DETERMINISTIC)
    return item


def _read(octets: bytes, **strictness: bool) -> object:
    return cbor2.loads(octets, semantic_decoders=_AS_THEY_STAND, **strictness)


def _why(octets: bytes) -> Rule:
    """Which leniency would have let the octets pass."""
    for rule, leniency in (
        (Rule.CBOR_INDEFINITE_LENGTH, {"allow_duplicate_keys": False}),
        (Rule.CBOR_DUPLICATE_KEY, {"allow_indefinite": False}),
    ):
        try:
            _read(octets, **leniency)
        except (cbor2.CBORDecodeError, ValueError, TypeError):
            continue
        return rule
    return Rule.CBOR_SYNTAX
