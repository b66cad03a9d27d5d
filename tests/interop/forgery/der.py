"""DER by hand, for what libraries refuse to write."""

from datetime import datetime

from asn1crypto import core

NULL = b"\x05\x00"
TRUE = b"\x01\x01\xff"


def value(tag: int, *contents: bytes) -> bytes:
    """One value of a tag of one octet around contents."""
    content = b"".join(contents)
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*contents: bytes) -> bytes:
    return value(0x30, *contents)


def set_of(*contents: bytes) -> bytes:
    """In the order of DER."""
    return value(0x31, *sorted(contents))


def explicit(number: int, *contents: bytes) -> bytes:
    """In a constructed context tag."""
    return value(0xA0 | number, *contents)


def integer(number: int) -> bytes:
    return core.Integer(number).dump()


def oid(dotted: str) -> bytes:
    return core.ObjectIdentifier(dotted).dump()


def octets(content: bytes) -> bytes:
    return value(0x04, content)


def bits(content: bytes) -> bytes:
    return value(0x03, b"\0", content)


def time(at: datetime) -> bytes:
    """GeneralizedTime in whole seconds."""
    return value(0x18, at.strftime("%Y%m%d%H%M%SZ").encode())


def extension(dotted: str, content: bytes, *, critical: bool = False) -> bytes:
    return sequence(oid(dotted), TRUE if critical else b"", octets(content))
