"""Blobs: SignPayload with a blob's descriptor gives an envelope that notation's blob commands accept."""

import hashlib
import json

import pytest

import payload_job
from clients import new_profile
from notation import Notation
from payload_job import ENVELOPES
from raw import Sender
from tools import BIN, run

SBOM = b'{"spdxVersion":"SPDX-2.3","name":"a blob that no registry holds"}'


def blob_payload(content: bytes, algorithm: str) -> bytes:
    digest = f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"
    target = {"mediaType": "application/spdx+json", "digest": digest, "size": len(content)}
    return json.dumps({"targetArtifact": target}).encode()


@pytest.fixture
def verified(tmp_path, hallmark, variables, admin):
    """`verified(content, algorithm, format)`: signs a blob and has notation verify it."""
    profile = new_profile(admin, signingParameters={"verificationPlugin": "none"})
    user = Notation(tmp_path / "user", variables["verifier"])
    user.trust(anchor=hallmark.pki("/root.pem"), identities=["*"]).trust_blobs()

    def call(signed: bytes, verified: bytes, algorithm="sha384", form="jws"):
        content = blob_payload(signed, algorithm)
        answer = payload_job.sign(Sender(variables["signer"]), profile["profileName"], content, ENVELOPES[form])
        blob = tmp_path / "sbom.spdx.json"
        signature = tmp_path / f"sbom.spdx.json.{form}.sig"
        blob.write_bytes(verified)
        signature.write_bytes(answer["signature"])
        words = ["verify", "--media-type", "application/spdx+json", "--signature", signature, blob]
        return run([BIN / "notation-blob", *words], user.environment)

    return call


@pytest.mark.parametrize("form", ENVELOPES)
def test_a_blob_verifies(form, verified):
    done = verified(SBOM, SBOM, form=form)
    assert done.returncode == 0, done.stderr
    assert "Successfully verified" in done.stdout


@pytest.mark.parametrize("form", ENVELOPES)
def test_another_blob_does_not(form, verified):
    assert verified(SBOM, SBOM + b" ", form=form).returncode != 0


def test_digests_of_other_algorithms_are_signed_and_never_verify(verified):
    """Nothing in a descriptor tells a blob from a manifest; verifiers compute a blob's digest with the key's hash."""
    done = verified(SBOM, SBOM, algorithm="sha256")
    assert done.returncode != 0
    assert "integrity" in done.stderr or "digest" in done.stderr, done.stderr
