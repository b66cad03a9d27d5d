"""Whether a command said what the page shows: the same lines, with other digests, ids and times."""

import re
from collections.abc import Iterable

#: What differs from run to run: how it is known in the page, and what may stand in its place. What is the same twice
#: in the page has to be the same in a run, and what differs has to differ; only a time is just a time.
KINDS = {
    "digest": (r"\b[0-9a-f]{64}\b", "[0-9a-f]{64}"),
    "job": (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "serial": (r"\b[0-9a-f]{36}\b", "[0-9a-f]{36}"),
    "time": (
        r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)",
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)",
    ),
    "account": (r"\b\d{12}\b", r"\d{12}"),
    "version": (r"\b(?=\w*\d)(?=\w*[A-Z])[0-9A-Za-z]{10}\b", "[0-9A-Za-z]{10}"),
}
VARIABLE = re.compile("|".join(f"(?P<{kind}>{known})" for kind, (known, _) in KINDS.items()) + "|(?P<gap>…)")


class Likeness:
    """Holds what a page shows against what a run of it says, and remembers which value stood for which."""

    def __init__(self):
        self.actual: dict[tuple[str, str], str] = {}

    def pattern(self, shown: str) -> tuple[re.Pattern, list[tuple[str, str]]]:
        """What a line of output has to look like, and the values that its groups stand for."""
        parts, values, end = [], [], 0
        for found in VARIABLE.finditer(shown):
            kind = found.lastgroup
            parts.append(re.escape(shown[end : found.start()]))
            end = found.end()
            if kind == "gap":
                parts.append(".*")
                continue
            parts.append(f"({KINDS[kind][1]})")
            values.append((kind, found[0]))
        parts.append(re.escape(shown[end:]))
        return re.compile("".join(parts)), values

    def bind(self, values: list[tuple[str, str]], actual: Iterable[str]) -> bool:
        """Notes what stood for what; false, and nothing noted, when that is not what stood there before."""
        noted = dict(self.actual)
        for key, value in zip(values, actual, strict=True):
            if key[0] == "time":
                continue
            others = {other for known, other in noted.items() if known[0] == key[0] and known != key}
            if noted.setdefault(key, value) != value or value in others:
                return False
        self.actual = noted
        return True

    def missing(self, shown: Iterable[str], output: str) -> str | None:
        """The first line shown that the output lacks at or after the place of the one before; None when all are there."""
        lines = iter(line.rstrip() for line in output.splitlines())
        for line in (line.rstrip() for line in shown):
            if line.strip() in ("", "…"):
                continue
            pattern, values = self.pattern(line)
            for said in lines:
                found = pattern.fullmatch(said)
                if found and self.bind(values, found.groups()):
                    break
            else:
                return line
        return None
