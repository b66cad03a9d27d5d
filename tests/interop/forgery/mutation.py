"""One change to an envelope in order, and the rule it breaks."""

from collections.abc import Callable
from dataclasses import dataclass

from verifier import Rule

from .drafts import Draft


@dataclass(frozen=True)
class Mutation:
    name: str
    rule: Rule
    change: Callable[[Draft], bytes | None]
    """Changes a draft before it is signed, or returns the octets that it becomes."""

    def of(self, draft: Draft) -> bytes:
        octets = self.change(draft)
        return draft.seal() if octets is None else octets

    def __str__(self) -> str:
        return self.name


def put(**headers: object) -> Callable[[Draft], None]:
    """Sets protected headers by JOSE's names."""
    return lambda draft: draft.protected.update(headers)


def header(name: str, value: object, *, critical: bool = False) -> Callable[[Draft], None]:
    """Sets one protected header, and names it in crit where asked."""

    def change(draft: Draft):
        draft.protected[name] = value
        if critical:
            draft.protected["crit"].append(name)

    return change


def drop(name: str) -> Callable[[Draft], None]:
    """Drops a protected header, from crit too."""

    def change(draft: Draft):
        del draft.protected[name]
        critical = draft.protected.get("crit", [])
        draft.protected["crit"] = [other for other in critical if other != name]
        if name == "crit":
            del draft.protected["crit"]

    return change


def both(*changes: Callable[[Draft], bytes | None]) -> Callable[[Draft], bytes | None]:
    """One change after another; the last may give the octets."""

    def change(draft: Draft) -> bytes | None:
        octets = None
        for one in changes:
            octets = one(draft)
        return octets

    return change
