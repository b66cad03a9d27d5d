"""Base64 and DER, read so that each value has one encoding alone."""

import base64 as codec
import binascii
import re

from .rule import Rule, broken, require

BIT_STRING, SEQUENCE, SET = 0x03, 0x30, 0x31


def base64url(text: object) -> bytes:
    """RFC 7515 section 2: without padding."""
    require(isinstance(text, str) and re.fullmatch("[A-Za-z0-9_-]*", text) is not None, Rule.BASE64URL)
    require(len(text) % 4 != 1, Rule.BASE64URL)
    octets = codec.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    require(codec.urlsafe_b64encode(octets).rstrip(b"=") == text.encode(), Rule.BASE64URL, "spare bits are set")
    return octets


def base64(text: object) -> bytes:
    """RFC 4648 section 4: with padding."""
    require(isinstance(text, str) and text.isascii(), Rule.BASE64)
    try:
        octets = codec.b64decode(text, validate=True)
    except binascii.Error as error:
        broken(Rule.BASE64, error, error)
    require(codec.b64encode(octets) == text.encode(), Rule.BASE64, "spare bits are set")
    return octets


def check_der(octets: bytes, rule: Rule):
    """One value in DER (X.690 section 10), all the way down, and nothing after it."""
    try:
        require(_value(octets, 0) == len(octets), rule, "octets follow")
    except (IndexError, ValueError) as error:
        broken(rule, error, error)


def check_signed(octets: bytes, rule: Rule):
    """A signed structure of X.509 in DER: to-be-signed, algorithm, and a signature of whole octets."""
    check_der(octets, rule)
    fields = elements(content(octets)) if octets[0] == SEQUENCE else []
    require(len(fields) >= 3 and fields[2][0] == BIT_STRING, rule, "no signature")
    # Libraries give a signature's octets whatever their number of unused bits is, so that it could be changed.
    require(content(fields[2])[:1] == b"\0", rule, "a signature with unused bits")


def in_set_order(octets: bytes) -> bool:
    """Whether the values that stand one after another are in the order of a SET OF (X.690 section 11.6)."""
    values = elements(octets)
    return values == sorted(values)


def elements(content: bytes) -> list[bytes]:
    """The values that stand one after another in DER."""
    found, place = [], 0
    while place < len(content):
        end = _header(content, place)[2]
        found.append(content[place:end])
        place = end
    return found


def content(octets: bytes) -> bytes:
    """What is inside one value in DER."""
    _, begin, end = _header(octets, 0)
    return octets[begin:end]


def _header(octets: bytes, place: int) -> tuple[int, int, int]:
    """Tag, begin and end of the content."""
    tag, length = octets[place], octets[place + 1]
    place += 2
    if tag & 0x1F == 0x1F:
        raise ValueError("a tag number above 30")
    if length == 0x80:
        raise ValueError("an indefinite length")
    if length > 0x80:
        width = length & 0x7F
        length = int.from_bytes(octets[place : place + width], "big")
        if length < 0x80 or length >> (8 * (width - 1)) == 0:
            raise ValueError("a length in more octets than it needs")
        place += width
    if place + length > len(octets):
        raise ValueError("it ends too early")
    return tag, place, place + length


def _value(octets: bytes, place: int) -> int:
    """Checks the value that begins at a place; returns where it ends."""
    tag, begin, end = _header(octets, place)
    inside = octets[begin:end]
    if tag & 0x20:
        while begin < end:
            begin = _value(octets[:end], begin)
        if tag == SET and not in_set_order(inside):
            raise ValueError("a SET OF in another order")
    elif tag in (0x10, 0x11):
        raise ValueError("a SEQUENCE or SET that is not constructed")
    elif tag == 0x01 and inside not in (b"\x00", b"\xff"):
        raise ValueError("a BOOLEAN that is neither 0 nor 255")
    elif tag == 0x02 and (not inside or _spare_sign(inside)):
        raise ValueError("an INTEGER in more octets than it needs")
    return end


def _spare_sign(integer: bytes) -> bool:
    return len(integer) > 1 and (integer[0], integer[1] >> 7) in ((0x00, 0), (0xFF, 1))
