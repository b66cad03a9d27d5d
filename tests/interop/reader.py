"""The reader of envelopes that Hallmark's clients have, asked as strangers ask (services/notary/examples/verify.rs)."""

import base64
import json
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tools import ROOT
from verifier.plugin import ATTRIBUTES

BINARY = Path(os.environ.get("HALLMARK_READER", ROOT / "target" / "release" / "examples" / "verify"))

# What the plugins that it is told to know are taken for.
PLUGIN_VERSION = "1.0.292"


@dataclass(frozen=True)
class Answer:
    verdict: str | None
    """Good, incomplete or bad; None for an envelope, or an anchor, that is not even read."""
    said: str
    """Why it is not good; empty if it is."""

    @property
    def good(self) -> bool:
        return self.verdict == "good"


class Reader:
    """One process for many questions."""

    def __init__(self):
        command = "cargo build --release --package hallmark-notary --example verify"
        assert BINARY.exists(), f"{BINARY} is not built: {command}"
        self.process = subprocess.Popen([BINARY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(10) == 0
        self.process.stdout.close()

    def ask(
        self,
        envelope: bytes,
        media_type: str,
        *,
        anchors: Iterable[bytes],
        tsa_anchors: Iterable[bytes] = (),
        artifact: str | None,
        at: datetime,
    ) -> Answer:
        """Anchors, in DER, are trusted for both schemes. It knows the plugins that the tests' own verifier knows."""
        trusted = [_text(anchor) for anchor in anchors]
        question = {
            "media_type": media_type,
            "envelope": _text(envelope),
            "anchors": {"ca": trusted, "signingAuthority": trusted, "tsa": [_text(anchor) for anchor in tsa_anchors]},
            "artifact": artifact,
            "plugins": {
                name: {"version": PLUGIN_VERSION, "attributes": sorted(attributes)}
                for name, attributes in ATTRIBUTES.items()
            },
            "now": int(at.timestamp()),
        }
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "verdict" not in answer:
            return Answer(None, next(iter(answer.values())))
        said = [f"{check}: {sentence}" for check, outcome, sentence in answer["findings"] if outcome != "passed"]
        return Answer(answer["verdict"], "; ".join(said))


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
