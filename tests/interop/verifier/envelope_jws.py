"""Envelopes in JWS: flattened JSON serialization (RFC 7515 section 7.2.2)."""

import re
from datetime import datetime

from .algorithm import of_jose
from .envelope import AGENT, NEVER_CRITICAL, TIMES, TOKEN, Envelope
from .json_object import json_object
from .octets import base64, base64url
from .rule import Rule, broken, require

MEMBERS = {"payload", "protected", "header", "signature"}
CHAIN = "x5c"
WHOLE_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


def read(octets: bytes) -> Envelope:
    members = json_object(octets)
    require(set(members) == MEMBERS, Rule.JWS_MEMBERS, sorted(members))
    protected = json_object(base64url(members["protected"]))
    unprotected = members["header"]
    require(isinstance(unprotected, dict), Rule.UNPROTECTED_HEADER, "not an object")
    require(set(unprotected) <= {CHAIN, TOKEN, AGENT}, Rule.UNPROTECTED_HEADER, sorted(unprotected))
    require(isinstance(unprotected.get(AGENT, ""), str), Rule.UNPROTECTED_HEADER, AGENT)
    chain = unprotected.get(CHAIN)
    require(CHAIN not in protected and isinstance(chain, list) and chain, Rule.CHAIN_FORM)
    return Envelope(
        algorithm=of_jose(protected.get("alg")),
        content_type=protected.get("cty"),
        critical=protected.get("crit"),
        headers={name: _header(name, value) for name, value in protected.items() if name not in NEVER_CRITICAL},
        payload=base64url(members["payload"]),
        signed=f"{members['protected']}.{members['payload']}".encode(),
        signature=base64url(members["signature"]),
        certificates=[base64(certificate) for certificate in chain],
        token=base64(unprotected[TOKEN]) if TOKEN in unprotected else None,
    )


def _header(name: str, value: object) -> object:
    return _time(name, value) if name in TIMES else value


def _time(name: str, value: object) -> datetime:
    require(isinstance(value, str) and WHOLE_SECONDS.fullmatch(value), Rule.TIME_FORM, f"{name}: {value}")
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        broken(Rule.TIME_FORM, error, error)
