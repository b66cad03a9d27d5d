"""Blobs signed by notation 2's own library with Hallmark's plugin: the library writes the envelope, the plugin signs."""

import pytest

from clients import new_profile
from notation import Notation
from payload_job import ENVELOPES
from plugin import PROFILE_VERSION
from relay import Relay
from tools import BIN, run

SBOM = b'{"spdxVersion":"SPDX-2.3","name":"a blob that no registry holds"}'
TIMESTAMPED = {"verificationPlugin": "none", "signingScheme": "notary.x509"}


@pytest.fixture
def profile(admin):
    return new_profile(admin, signingParameters=TIMESTAMPED)


@pytest.fixture
def pipeline(tmp_path, variables):
    user = Notation(tmp_path / "signer", variables["signer"]).install_hallmark_plugin()
    user.environment |= {key: value for key, value in variables["signer"].items() if key.startswith("HALLMARK_")}
    return user


@pytest.fixture
def blob(tmp_path):
    file = tmp_path / "sbom.spdx.json"
    file.write_bytes(SBOM)
    return file


@pytest.fixture
def sign(pipeline, blob):
    """`sign(profile, format, …)`: signs the blob."""

    def call(profile, form="jws", *, expiry="24h", settings=("blob=true",)):
        words = ["sign", "--plugin", "hallmark", "--id", profile["arn"], "--signature-format", form]
        words += ["--expiry", expiry] if expiry else []
        for setting in settings:
            words += ["--plugin-config", setting]
        directory = ["--media-type", "application/spdx+json", "--signature-directory", blob.parent]
        return run([BIN / "notation-blob", *words, *directory, blob], pipeline.environment)

    return call


@pytest.fixture
def verify(tmp_path, hallmark, variables, blob):
    user = Notation(tmp_path / "verifier", variables["verifier"])
    user.trust(anchor=hallmark.pki("/root.pem"), kind="ca", identities=["*"]).trust_blobs()

    def call(form="jws"):
        signature = blob.with_name(f"{blob.name}.{form}.sig")
        words = ["verify", "--media-type", "application/spdx+json", "--signature", signature, blob]
        return run([BIN / "notation-blob", *words], user.environment)

    return call


@pytest.mark.parametrize("form", ENVELOPES)
def test_a_blob_is_signed_and_verifies(form, profile, sign, verify, blob):
    done = sign(profile, form)
    assert done.returncode == 0, done.stderr
    done = verify(form)
    assert done.returncode == 0, done.stderr
    blob.write_bytes(SBOM + b" ")
    assert verify(form).returncode != 0


def test_a_revoked_signature_does_not(profile, sign, verify, admin):
    assert sign(profile).returncode == 0
    (job,) = [one for one in admin.list_signing_jobs()["jobs"] if one["profileName"] == profile["profileName"]]
    admin.revoke_signature(jobId=job["jobId"], reason="wrong build")
    assert verify().returncode != 0


def test_what_is_refused_leaves_no_job(profile, sign, admin, blob):
    shared = new_profile(admin)
    for refused, reason in (
        (sign(profile, expiry=None), "expiry"),
        (sign(profile, expiry="200000h"), "expiry"),
        (sign(profile, settings=()), "capability"),
        (sign(shared), "verificationPlugin"),
    ):
        assert refused.returncode != 0
        assert reason.lower() in refused.stderr.lower(), refused.stderr
    names = {profile["profileName"], shared["profileName"]}
    assert not [job for job in admin.list_signing_jobs()["jobs"] if job["profileName"] in names]
    assert not list(blob.parent.glob("*.sig"))


def test_another_signer(profile, pipeline, sign, hallmark, blob):
    """What somebody else has signed is not handed on, though the service answers as if all were well."""
    lying = Relay(hallmark.ports["api"])
    said, name = f'"{PROFILE_VERSION}":"{profile["profileVersionArn"]}"', profile["profileName"]
    lying.alter = lambda octets: octets.replace(said.encode(), said.replace(name, name[1:] + name[0]).encode())
    refused = sign(profile, settings=("blob=true", f"endpoint={lying.url}"))
    lying.stop()
    assert refused.returncode != 0 and "signs in the place of" in refused.stderr, refused.stderr
    assert not list(blob.parent.glob("*.sig"))
