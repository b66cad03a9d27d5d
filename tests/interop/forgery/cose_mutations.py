"""What can be wrong in COSE alone."""

import cbor2
from cbor2 import CBORTag

from verifier import Rule

from .drafts import AUTHENTIC_TIME, EXPIRY, TOKEN, Draft
from .mutation import Mutation, header, put


def whole(change):
    return lambda draft: change(draft.seal())


def parts(change):
    """Changes the array of four after it was signed."""
    return lambda draft: cbor2.dumps(CBORTag(18, change(draft.parts())), canonical=True)


def protected(change):
    """Changes the octets of the protected header before they are signed."""

    def forge(draft: Draft):
        draft.write_protected = lambda draft: change(draft.written(draft.protected))

    return forge


def chain(change):
    """Puts something else where x5chain stands."""

    def forge(draft: Draft) -> bytes:
        wrapped, unprotected, payload, signature = draft.parts()
        unprotected |= {33: change(unprotected[33])}
        return cbor2.dumps(CBORTag(18, [wrapped, unprotected, payload, signature]), canonical=True)

    return forge


def tagged(name: str, tag: int, change):
    def forge(draft: Draft):
        draft.protected[name] = CBORTag(tag, change(draft.protected[name]))

    return forge


def bare(name: str):
    def forge(draft: Draft):
        draft.protected[name] = int(draft.protected[name].timestamp())

    return forge


def moved_chain(draft: Draft) -> bytes:
    draft.protected[33] = draft.certificates
    wrapped, unprotected, payload, signature = draft.parts()
    del unprotected[33]
    return cbor2.dumps(CBORTag(18, [wrapped, unprotected, payload, signature]), canonical=True)


def indefinite_map(octets: bytes) -> bytes:
    """The same pairs in a map without a length."""
    return b"\xbf" + octets[1:] + b"\xff"


def key_twice(octets: bytes) -> bytes:
    """One more pair: alg once again."""
    return bytes([octets[0] + 1]) + octets[1:] + bytes.fromhex("013822")


def alg_in_two_octets(octets: bytes) -> bytes:
    """Label 1 in more octets than it needs."""
    assert octets[1:2] == b"\x01"
    return octets[:1] + b"\x18\x01" + octets[2:]


def out_of_order(draft: Draft):
    draft.write_protected = lambda draft: cbor2.dumps(dict(reversed(draft.labelled(draft.protected).items())))


STRUCTURE = [
    Mutation("untagged", Rule.COSE_TAG, whole(lambda octets: octets[1:])),
    Mutation("tagged-as-sign", Rule.COSE_TAG, whole(lambda octets: b"\xd8\x62" + octets[1:])),
    Mutation("tagged-twice", Rule.COSE_STRUCTURE, whole(lambda octets: b"\xd2" + octets)),
    Mutation("array-indefinite", Rule.CBOR_INDEFINITE_LENGTH, whole(lambda o: b"\xd2\x9f" + o[2:] + b"\xff")),
    Mutation("header-indefinite", Rule.CBOR_INDEFINITE_LENGTH, protected(indefinite_map)),
    Mutation("header-key-twice", Rule.CBOR_DUPLICATE_KEY, protected(key_twice)),
    Mutation("header-label-too-long", Rule.CBOR_DETERMINISTIC, protected(alg_in_two_octets)),
    Mutation("header-out-of-order", Rule.CBOR_DETERMINISTIC, out_of_order),
    Mutation("header-followed", Rule.CBOR_DETERMINISTIC, protected(lambda octets: octets + b"\0")),
    Mutation("header-empty", Rule.CBOR_SYNTAX, protected(lambda octets: b"")),
    Mutation("header-an-array", Rule.COSE_STRUCTURE, protected(lambda octets: b"\x80")),
    Mutation("header-of-other-labels", Rule.COSE_STRUCTURE, header(b"octets", "1")),
    Mutation("cut-off", Rule.CBOR_SYNTAX, whole(lambda octets: octets[:-1])),
    Mutation("followed", Rule.CBOR_DETERMINISTIC, whole(lambda octets: octets + b"\0")),
    Mutation("three-parts", Rule.COSE_STRUCTURE, parts(lambda four: four[:3])),
    Mutation("five-parts", Rule.COSE_STRUCTURE, parts(lambda four: [*four, b""])),
    Mutation("header-not-wrapped", Rule.COSE_STRUCTURE, parts(lambda four: [cbor2.loads(four[0]), *four[1:]])),
    Mutation("payload-detached", Rule.COSE_STRUCTURE, parts(lambda four: [*four[:2], None, four[3]])),
    Mutation("payload-a-text", Rule.COSE_STRUCTURE, parts(lambda four: [*four[:2], four[2].decode(), four[3]])),
    Mutation("chain-bare", Rule.CHAIN_FORM, chain(lambda certificates: certificates[0])),
    Mutation("chain-of-texts", Rule.CHAIN_FORM, chain(lambda certificates: ["MII"])),
    Mutation("chain-protected", Rule.CHAIN_FORM, moved_chain),
    Mutation("token-a-text", Rule.UNPROTECTED_HEADER, lambda d: d.unprotected.update({TOKEN: "MAA="})),
]

TIMES = [
    Mutation("time-a-float", Rule.TIME_FORM, tagged(AUTHENTIC_TIME, 1, lambda time: float(time.timestamp()))),
    Mutation("time-with-fraction", Rule.TIME_FORM, tagged(AUTHENTIC_TIME, 1, lambda time: time.timestamp() + 0.5)),
    Mutation("time-true", Rule.TIME_FORM, tagged(AUTHENTIC_TIME, 1, lambda time: True)),
    Mutation("time-untagged", Rule.TIME_FORM, bare(AUTHENTIC_TIME)),
    Mutation("time-a-tagged-text", Rule.TIME_FORM, tagged(AUTHENTIC_TIME, 0, lambda time: time.isoformat())),
    Mutation("time-out-of-range", Rule.TIME_FORM, tagged(AUTHENTIC_TIME, 1, lambda time: 2**62)),
    Mutation("expiry-a-float", Rule.TIME_FORM, tagged(EXPIRY, 1, lambda time: float(time.timestamp()))),
]

LABELS = [
    Mutation("content-type-a-number", Rule.CONTENT_TYPE, put(cty=50)),
    Mutation("attribute-of-a-number", Rule.STRAY_HEADER, header(99, "1")),
    Mutation("crit-of-octets", Rule.CRIT_FORM, lambda draft: draft.protected["crit"].append(b"octets")),
]

COSE_ALONE = STRUCTURE + TIMES + LABELS
