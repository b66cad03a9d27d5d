"""JSON objects, read so that no two readers can understand them differently (RFC 7493)."""

import json

from .rule import Rule, broken, require


def json_object(octets: bytes, rule: Rule = Rule.JSON_SYNTAX) -> dict:
    """Reads an object in which no key stands twice, at any depth. `rule` is the one that other octets break."""
    try:
        value = json.loads(octets.decode(), object_pairs_hook=_unique, parse_constant=_no_number)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        broken(rule, error, error)
    require(isinstance(value, dict), rule, "not an object")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict:
    members = dict(pairs)
    require(len(members) == len(pairs), Rule.JSON_DUPLICATE_KEY, [name for name, _ in pairs])
    return members


def _no_number(text: str):
    raise ValueError(f"{text} is no number of JSON")
