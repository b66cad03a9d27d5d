"""What can be wrong in JWS alone."""

import base64
import json

from verifier import Rule

from .drafts import AUTHENTIC_TIME, EXPIRY, TOKEN, Draft, unpadded
from .mutation import Mutation

PARTS = ("payload", "protected", "signature")


def member(name: str, change):
    """Changes one member after it was signed."""

    def forge(draft: Draft) -> bytes:
        members = draft.members()
        members[name] = change(members[name])
        return json.dumps(members).encode()

    return forge


def padded(draft: Draft, name: str):
    """The same octets with padding; they are made of a length that needs it."""
    while name != "signature" and len(draft.payload if name == "payload" else draft.header_octets()) % 3 == 0:
        draft.payload += b" "
        draft.write_protected = lambda draft: draft.written(draft.protected) + b" "
    members = draft.members()
    octets = base64.urlsafe_b64decode(members[name] + "==")
    members[name] = base64.urlsafe_b64encode(octets).decode()
    if name == "signature":
        members[name] += "=" * 4
    return json.dumps(members).encode()


def signed_as_written(draft: Draft, change) -> bytes:
    """Writes protected header or payload in another base64url, and signs exactly that."""
    parts = change(unpadded(draft.header_octets()), unpadded(draft.payload))
    signature = draft.signature(".".join(parts).encode())
    members = draft.members() | dict(zip(("protected", "payload"), parts)) | {"signature": unpadded(signature)}
    return json.dumps(members).encode()


def spare_bits(text: str) -> str:
    """The same octets, written with a bit set that no octet has."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) | 1]


def with_spare_bits(draft: Draft) -> bytes:
    while len(draft.payload) % 3 == 0:
        draft.payload += b" "
    return signed_as_written(draft, lambda protected, payload: (protected, spare_bits(payload)))


def chain_text(change):
    """Writes each certificate in another way."""
    return member("header", lambda header: header | {"x5c": [change(text) for text in header["x5c"]]})


def header(**members: object):
    return member("header", lambda header: header | members)


def protected(change):
    """Changes the octets of the protected header before they are signed."""

    def forge(draft: Draft):
        draft.write_protected = lambda draft: change(draft.written(draft.protected))

    return forge


def time(name: str, change):
    """Writes a time in another way."""

    def forge(draft: Draft):
        draft.protected[name] = change(draft.written_time(draft.protected[name]))

    return forge


def whole(change):
    return lambda draft: change(draft.seal())


def without(name: str):
    """Leaves one member out."""
    return lambda draft: json.dumps({key: value for key, value in draft.members().items() if key != name}).encode()


ENCODINGS = [
    *(Mutation(f"{name}-padded", Rule.BASE64URL, lambda draft, name=name: padded(draft, name)) for name in PARTS),
    *(
        Mutation(f"{name}-of-no-length", Rule.BASE64URL, member(name, lambda text: text + "A" * ((1 - len(text)) % 4)))
        for name in PARTS
    ),
    Mutation("signature-in-standard-base64", Rule.BASE64URL, member("signature", lambda text: "+/" + text[2:])),
    Mutation("signature-with-newline", Rule.BASE64URL, member("signature", lambda text: text + "\n")),
    Mutation("payload-with-spare-bits", Rule.BASE64URL, with_spare_bits),
    Mutation("x5c-in-base64url", Rule.BASE64, chain_text(lambda text: text.replace("+", "-").replace("/", "_"))),
    Mutation("x5c-with-newlines", Rule.BASE64, chain_text(lambda text: text[:64] + "\n" + text[64:])),
    Mutation("x5c-a-number", Rule.BASE64, header(x5c=[1])),
    Mutation("token-in-base64url", Rule.BASE64, header(**{TOKEN: "-_-_"})),
    Mutation("token-with-spare-bits", Rule.BASE64, header(**{TOKEN: "MAB="})),
    Mutation("token-without-padding", Rule.BASE64, header(**{TOKEN: "MAA"})),
]

STRUCTURE = [
    Mutation("no-json", Rule.JSON_SYNTAX, whole(lambda octets: octets[:-1])),
    Mutation("json-followed", Rule.JSON_SYNTAX, whole(lambda octets: octets + b"{}")),
    Mutation("json-with-bom", Rule.JSON_SYNTAX, whole(lambda octets: b"\xef\xbb\xbf" + octets)),
    Mutation("json-an-array", Rule.JSON_SYNTAX, whole(lambda octets: b"[" + octets + b"]")),
    Mutation("json-not-a-number", Rule.JSON_SYNTAX, protected(lambda octets: octets[:-1] + b',"typ":NaN}')),
    Mutation("json-lone-surrogate", Rule.JSON_SYNTAX, protected(lambda octets: octets[:-1] + b',"typ":"\\ud800"}')),
    Mutation("member-twice", Rule.JSON_DUPLICATE_KEY, whole(lambda octets: octets[:-1] + b',"signature":"AAAA"}')),
    Mutation(
        "protected-header-twice",
        Rule.JSON_DUPLICATE_KEY,
        protected(lambda octets: octets[:-1] + b',"\\u0061lg":"ES384"}'),
    ),
    Mutation("protected-an-array", Rule.JSON_SYNTAX, protected(lambda octets: b"[" + octets + b"]")),
    Mutation("member-more", Rule.JWS_MEMBERS, whole(lambda octets: octets[:-1] + b',"signatures":[]}')),
    Mutation("member-header-gone", Rule.JWS_MEMBERS, without("header")),
    Mutation("header-an-array", Rule.UNPROTECTED_HEADER, member("header", lambda header: [header])),
    Mutation("payload-not-a-text", Rule.BASE64URL, member("payload", lambda text: {"targetArtifact": text})),
    Mutation("x5c-a-text", Rule.CHAIN_FORM, member("header", lambda header: header | {"x5c": header["x5c"][0]})),
    Mutation("x5c-gone", Rule.CHAIN_FORM, member("header", lambda header: {})),
    Mutation("x5c-protected", Rule.CHAIN_FORM, lambda d: d.protected.update(x5c=["MAA="])),
]


TIMES = [
    Mutation("time-with-fraction", Rule.TIME_FORM, time(AUTHENTIC_TIME, lambda text: text[:-1] + ".5Z")),
    Mutation("time-with-offset", Rule.TIME_FORM, time(AUTHENTIC_TIME, lambda text: text[:-1] + "+00:00")),
    Mutation("time-in-small-letters", Rule.TIME_FORM, time(AUTHENTIC_TIME, str.lower)),
    Mutation("time-with-blank", Rule.TIME_FORM, time(AUTHENTIC_TIME, lambda text: text.replace("T", " "))),
    Mutation("time-without-zone", Rule.TIME_FORM, time(AUTHENTIC_TIME, lambda text: text[:-1])),
    Mutation("time-a-number", Rule.TIME_FORM, time(AUTHENTIC_TIME, lambda text: 1_700_000_000)),
    Mutation("time-of-no-day", Rule.TIME_FORM, time(AUTHENTIC_TIME, lambda text: "2026-02-30" + text[10:])),
    Mutation("expiry-with-fraction", Rule.TIME_FORM, time(EXPIRY, lambda text: text[:-1] + ".000Z")),
]

JWS_ALONE = ENCODINGS + STRUCTURE + TIMES
