"""Signatures of files: the verifier of these tests and the library of notation 2 agree on the same envelopes."""

import hashlib
import json

import pytest

from forgery.drafts import FORMATS, draft, fixed_width
from offline_notation import OfflineNotation
from verifier import Violation, verify

CONTENT = b"a file\n"
MEDIA_TYPE = "application/octet-stream"


class Case:
    def __init__(self, home, format_name: str):
        self.forged = draft(format_name)
        self.file = home / "file"
        self.signature = home / f"file.{format_name}.sig"
        self.judge = OfflineNotation(home).trust(identity="*", signingAuthority=self.forged.chain[-1].pem)

    def sign(self, content: bytes, algorithm: str = "sha384", media_type: str = MEDIA_TYPE):
        """Signs content in a file's place: of P-384 keys by SHA-384."""
        digest = f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"
        artifact = {"mediaType": media_type, "digest": digest, "size": len(content)}
        self.forged.payload = json.dumps({"targetArtifact": artifact}).encode()
        self.file.write_bytes(content)
        self.signature.write_bytes(self.forged.seal())

    def refusal(self, *words: str) -> str | None:
        return self.judge.blob_refusal(self.file, self.signature, *words)

    def verified(self) -> bytes:
        envelope = self.signature.read_bytes()
        return verify(envelope, self.forged.media_type, anchors=[self.forged.chain[-1].der]).payload


@pytest.fixture(params=FORMATS)
def case(tmp_path, request):
    case = Case(tmp_path, request.param)
    case.sign(CONTENT)
    return case


def test_both_verify(case):
    assert case.refusal() is None
    assert case.refusal("--media-type", MEDIA_TYPE) is None
    assert case.verified() == case.forged.payload


def test_another_file(case):
    case.file.write_bytes(CONTENT + b"more")
    assert case.refusal()


def test_another_media_type(case):
    assert case.refusal("--media-type", "text/plain")


def test_digest_by_another_hash_than_the_key_has(case):
    """The envelope is in order; it is about the file only by the hash of the leaf's key."""
    case.sign(CONTENT, "sha256")
    assert case.verified() == case.forged.payload
    assert case.refusal()


def test_both_refuse_an_altered_signature(case):
    case.forged.sign = lambda draft, octets: fixed_width(draft.chain[0].key, octets + b"more", draft.kind)
    case.sign(CONTENT)
    assert case.refusal()
    with pytest.raises(Violation):
        case.verified()
