"""notation with the AWS Signer plugin, against a real registry, at level strict.

The plugin is AWS's own, unmodified, where it can be installed; the header of the test report says so.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest

import payload_job
from clients import new_profile, payload
from envelope import Envelope
from hallmark_operations import Operations
from raw import Sender
from service import free_port, wait_until

SBOM = b'{"spdxVersion":"SPDX-2.3","name":"app"}'
REVOKED = "have been revoked"
UNTRUSTED = "match any trusted identities"


@pytest.fixture
def profile(admin):
    return new_profile(admin)


@pytest.fixture
def pipeline(notation):
    """A build pipeline: signs."""
    return notation("signer").install_aws_plugin()


@pytest.fixture
def cluster(notation, hallmark, profile):
    """A cluster: verifies, trusting the root and the test's profile."""
    return (
        notation("verifier").install_aws_plugin().trust(anchor=hallmark.pki("/root.pem"), identities=[profile["arn"]])
    )


def envelope_of(registry, image) -> Envelope:
    (octets,) = registry.signatures(image)
    return Envelope(octets)


def job_of(envelope: Envelope) -> tuple[str, str]:
    """ARN and id of the job that made a signature."""
    arn = envelope.protected["com.amazonaws.signer.signingJob"]
    return arn, arn.rsplit("/", 1)[1]


def sign_in_a_later_second(pipeline, registry, image, profile, than: datetime) -> datetime:
    """Signing times have whole seconds: waits for the next one, signs, and returns the signing time."""
    wait_until(lambda: datetime.now(UTC) >= than + timedelta(seconds=1), 5, "the next second")
    pipeline.signed(image, profile["arn"])
    return envelope_of(registry, image).time("authenticSigningTime")


@pytest.mark.parametrize("identity", ["arn", "profileVersionArn"])
def test_image_and_attached_artifact(identity, pipeline, cluster, registry, profile, hallmark):
    image = registry.new_image()
    sbom = registry.attach(image, "application/spdx+json", "application/spdx+json", SBOM)
    cluster.trust(anchor=hallmark.pki("/root.pem"), identities=[profile[identity]])
    for artifact in (image, sbom):
        pipeline.signed(artifact, profile["arn"])
        cluster.accepts(artifact)
        envelope = envelope_of(registry, artifact)
        descriptor = json.loads(envelope.payload)["targetArtifact"]
        assert (descriptor["digest"], descriptor["size"]) == (artifact.digest, artifact.size)


def test_pipelines_may_sign_and_nothing_more(notation, registry, profile, cluster):
    """A verifier's credentials do not sign."""
    image = registry.new_image()
    done = cluster.sign(image, profile["arn"])
    assert done.returncode != 0
    assert "signer:SignPayload" in done.stderr
    assert registry.signatures(image) == []


def test_unknown_profile(pipeline, registry, profile):
    image = registry.new_image()
    done = pipeline.sign(image, profile["arn"] + "x")
    assert done.returncode != 0
    assert f"{profile['profileName']}x" in done.stderr
    assert registry.signatures(image) == []


def test_revoked_signature_is_the_only_one_to_fail(pipeline, cluster, registry, profile, admin):
    images = [pipeline.signed(registry.new_image(), profile["arn"]) for _ in range(3)]
    arn, job_id = job_of(envelope_of(registry, images[1]))
    admin.revoke_signature(jobId=job_id, reason="built from a dirty tree")
    cluster.rejects(images[1], arn, REVOKED)
    cluster.accepts(images[0])
    cluster.accepts(images[2])


def test_revoked_profile_fails_from_its_effective_time_on(pipeline, cluster, registry, profile, admin):
    earlier, later = registry.new_image(), registry.new_image()
    pipeline.signed(earlier, profile["arn"])
    signed_at = envelope_of(registry, earlier).time("authenticSigningTime")
    effective = sign_in_a_later_second(pipeline, registry, later, profile, signed_at)
    assert effective > signed_at
    admin.revoke_signing_profile(
        profileName=profile["profileName"],
        profileVersion=profile["profileVersion"],
        reason="key lost",
        effectiveTime=effective,
    )
    cluster.rejects(later, profile["profileVersionArn"], REVOKED)
    cluster.accepts(earlier)
    done = pipeline.sign(registry.new_image(), profile["arn"])
    assert done.returncode != 0
    assert "revoke" in done.stderr.lower()


def test_canceled_profile_keeps_what_it_signed(pipeline, cluster, registry, profile, admin):
    image = pipeline.signed(registry.new_image(), profile["arn"])
    admin.cancel_signing_profile(profileName=profile["profileName"])
    cluster.accepts(image)
    done = pipeline.sign(registry.new_image(), profile["arn"])
    assert done.returncode != 0
    assert "cancel" in done.stderr.lower()


def test_another_profile_is_not_trusted(pipeline, cluster, registry, admin):
    other = new_profile(admin)
    image = pipeline.signed(registry.new_image(), other["arn"])
    cluster.rejects(image, UNTRUSTED)


def test_another_version_is_not_trusted(pipeline, cluster, registry, profile, hallmark):
    image = pipeline.signed(registry.new_image(), profile["arn"])
    cluster.trust(anchor=hallmark.pki("/root.pem"), identities=[profile["arn"] + "/abcdefghij"])
    cluster.rejects(image, UNTRUSTED)


def test_another_root_is_not_trusted(pipeline, cluster, registry, profile, another_root):
    image = pipeline.signed(registry.new_image(), profile["arn"])
    cluster.trust(anchor=another_root, identities=[profile["arn"]])
    cluster.rejects(image, "the signature's certificate chain does not contain any trusted certificate")


def test_signature_moved_to_another_image(pipeline, cluster, registry, profile):
    image = pipeline.signed(registry.new_image(), profile["arn"])
    (envelope,) = registry.signatures(image)
    victim = registry.new_image()
    registry.attach_signature(victim, envelope)
    cluster.rejects(victim, "content descriptor mismatch")
    cluster.accepts(image)


@pytest.mark.parametrize("member", ["payload", "protected", "signature"])
def test_tampered_envelope(member, pipeline, cluster, registry, profile, tampered):
    image = pipeline.signed(registry.new_image(), profile["arn"])
    (envelope,) = registry.signatures(image)
    victim = registry.new_image(image.repository)
    registry.attach_signature(victim, tampered(envelope, member, victim))
    cluster.rejects(victim, "signature is invalid")


def test_no_answer_is_no_pass(pipeline, cluster, registry, profile):
    """With nobody to ask about revocation the verification fails closed."""
    image = pipeline.signed(registry.new_image(), profile["arn"])
    cluster.environment["HTTP_PROXY"] = f"http://127.0.0.1:{free_port()}"
    cluster.environment["AWS_MAX_ATTEMPTS"] = "1"
    cluster.rejects(image, "GetRevocationStatus call failed")


def test_credentials_that_may_not_ask_do_not_pass(pipeline, cluster, registry, profile):
    image = pipeline.signed(registry.new_image(), profile["arn"])
    cluster.environment["AWS_SECRET_ACCESS_KEY"] = "x" * 40
    cluster.rejects(image, "GetRevocationStatus call failed")


def test_without_the_plugin_it_does_not_verify(pipeline, notation, registry, profile, hallmark):
    image = pipeline.signed(registry.new_image(), profile["arn"])
    plain = notation("verifier").trust(anchor=hallmark.pki("/root.pem"), identities=["*"])
    plain.rejects(image, "com.amazonaws.signer.notation.plugin")


@pytest.mark.parametrize("media_type", ["application/jose+json", "application/cose"])
@pytest.mark.parametrize("certificate", ["shared", "per-signature"])
def test_each_certificate_use_and_envelope(certificate, media_type, admin, registry, hallmark, notation, variables):
    """The plugin signs JWS alone; SignPayload gives COSE to whoever asks, and the plugin verifies it."""
    profile = new_profile(admin, signingParameters={"certificate": certificate})
    image, other = registry.new_image(), registry.new_image()
    jobs = [signed_as(variables, registry, profile, one, media_type) for one in (image, other)]
    user = notation("verifier").install_aws_plugin()
    user.trust(anchor=hallmark.pki("/root.pem"), identities=[profile["arn"]]).accepts(image)
    admin.revoke_signature(jobId=jobs[0], reason="a wrong build")
    user.rejects(image, REVOKED)
    user.accepts(other)


def signed_as(variables, registry, profile, image, media_type) -> str:
    """Signs through the API, with the member that AWS's clients do not know; the job."""
    content = payload(image.digest, image.size)
    answer = payload_job.sign(Sender(variables["signer"]), profile["profileName"], content, media_type)
    registry.attach_signature(image, answer["signature"], media_type)
    return answer["jobId"]


def test_hallmarks_plugin_is_asked_for_by_name(admin, registry, hallmark, notation, variables):
    """An envelope that names a plugin is refused by whoever does not have it."""
    profile = new_profile(admin, signingParameters={"verificationPlugin": "hallmark"})
    image = registry.new_image()
    signed_as(variables, registry, profile, image, "application/jose+json")
    user = notation("verifier").install_aws_plugin()
    user.trust(anchor=hallmark.pki("/root.pem"), identities=["*"])
    user.rejects(image, "hallmark")


def test_revoke_certificate(admin, registry, hallmark, notation, variables):
    """The plugin asks about the chain too: what a revoked certificate signed is refused, and the next one's is good."""
    profile = new_profile(admin)
    image, later = registry.new_image(), registry.new_image()
    signed_as(variables, registry, profile, image, "application/jose+json")
    user = notation("verifier").install_aws_plugin()
    user.trust(anchor=hallmark.pki("/root.pem"), identities=[profile["arn"]]).accepts(image)
    operations = Operations(variables["admin"])
    operations.revoke(operations.serial_number(profile), reasonCode="KeyCompromise")
    user.rejects(image, REVOKED)
    signed_as(variables, registry, profile, later, "application/jose+json")
    user.accepts(later)
