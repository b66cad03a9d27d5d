"""notation with Hallmark's plugin, against a real registry: what the AWS Signer plugin is asked, and COSE besides."""

from datetime import UTC, datetime, timedelta

import pytest

from clients import client, new_profile
from envelope import Envelope
from hallmark_operations import Operations
from payload_job import COSE, ENVELOPES
from plugin import JOB, PROFILE_VERSION
from service import free_port, wait_until
from tools import BIN, HALLMARK_PLUGIN, run

REVOKED = "revoked: "
UNTRUSTED = "none of the trusted identities"
SBOM = b'{"spdxVersion":"SPDX-2.3","name":"app"}'
REPORT = b'{"version":"2.1.0","runs":[]}'
HOURS_24 = timedelta(hours=24)


@pytest.fixture(params=ENVELOPES)
def form(request):
    """The words that ask notation for each format."""
    return ["--signature-format", request.param]


@pytest.fixture
def profile(admin):
    return new_profile(admin, signingParameters={"verificationPlugin": "hallmark"})


@pytest.fixture
def pipeline(notation):
    """A build pipeline: signs."""
    return notation("signer").install_hallmark_plugin()


@pytest.fixture
def cluster(notation, hallmark, profile):
    """A cluster: verifies, trusting the root and the test's profile."""
    user = notation("verifier").install_hallmark_plugin()
    return user.trust(anchor=hallmark.pki("/root.pem"), identities=[profile["arn"]])


@pytest.fixture
def artifact(registry):
    """`artifact(kind)`: an artifact of each kind that is signed."""

    def call(kind: str):
        if kind == "chart":
            return registry.new_chart()
        image = registry.new_image()
        if kind == "sbom":
            return registry.attach(image, "application/spdx+json", "application/spdx+json", SBOM)
        if kind == "report":
            return registry.attach(image, "application/sarif+json", "application/sarif+json", REPORT)
        return image

    return call


def annotations(registry, image) -> dict:
    """What stands beside the only signature of an image."""
    (manifest,) = registry.signature_manifests(image)
    return manifest["annotations"]


def job_of(registry, image) -> str:
    return annotations(registry, image)[JOB]


def signed_at(registry, image) -> datetime:
    return datetime.fromisoformat(annotations(registry, image)["org.opencontainers.image.created"])


def jobs_of(auditor, profile) -> list[dict]:
    """The jobs on record of a profile that was put a moment ago."""
    return [job for job in auditor.list_signing_jobs()["jobs"] if job["profileName"] == profile["profileName"]]


def test_installed_as_any_plugin_is(pipeline):
    listed = run([BIN / "notation", "plugin", "list"], pipeline.environment).stdout
    (line,) = (line for line in listed.splitlines() if line.startswith("hallmark"))
    for capability in ("GENERATOR.ENVELOPE", "VERIFIER.TRUSTED_IDENTITY", "VERIFIER.REVOCATION_CHECK"):
        assert f"SIGNATURE_{capability}" in line
    again = run([BIN / "notation", "plugin", "install", "--file", HALLMARK_PLUGIN], pipeline.environment)
    assert again.returncode != 0 and "already exists" in again.stderr, again


@pytest.mark.parametrize("kind", ["image", "sbom", "report", "chart"])
@pytest.mark.parametrize("identity", ["arn", "profileVersionArn"])
def test_each_artifact(kind, identity, form, artifact, pipeline, cluster, registry, profile, hallmark):
    signed = pipeline.signed(artifact(kind), profile["arn"], *form)
    cluster.trust(anchor=hallmark.pki("/root.pem"), identities=[profile[identity]])
    cluster.accepts(signed)
    assert registry.signature_manifests(signed)[0]["layers"][0]["mediaType"] == ENVELOPES[form[1]]
    assert annotations(registry, signed)[PROFILE_VERSION] == profile["profileVersionArn"]


def test_a_key_may_be_one_version(form, pipeline, cluster, registry, profile, auditor):
    image = pipeline.signed(registry.new_image(), profile["profileVersionArn"], *form)
    cluster.accepts(image)
    before = jobs_of(auditor, profile)
    done = pipeline.sign(image, profile["arn"] + "/abcdefghij", *form)
    assert done.returncode != 0
    assert f"signs with its version {profile['profileVersion']}, not with abcdefghij" in done.stderr
    assert jobs_of(auditor, profile) == before


def test_pipelines_may_sign_and_nothing_more(registry, profile, cluster):
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


@pytest.mark.parametrize("certificate", ["shared", "per-signature"])
def test_revoked_signature_is_the_only_one_to_fail(certificate, form, pipeline, cluster, registry, admin, hallmark):
    profile = new_profile(admin, signingParameters={"verificationPlugin": "hallmark", "certificate": certificate})
    cluster.trust(anchor=hallmark.pki("/root.pem"), identities=[profile["arn"]])
    images = [pipeline.signed(registry.new_image(), profile["arn"], *form) for _ in range(3)]
    job = job_of(registry, images[1])
    admin.revoke_signature(jobId=job.rsplit("/", 1)[1], reason="built from a dirty tree")
    cluster.rejects(images[1], REVOKED, job)
    cluster.accepts(images[0])
    cluster.accepts(images[2])


def test_revoked_profile_fails_from_its_effective_time_on(form, pipeline, cluster, registry, profile, admin):
    earlier = pipeline.signed(registry.new_image(), profile["arn"], *form)
    first = signed_at(registry, earlier)
    wait_until(lambda: datetime.now(UTC) >= first + timedelta(seconds=1), 5, "the next second")
    later = pipeline.signed(registry.new_image(), profile["arn"], *form)
    effective = signed_at(registry, later)
    assert effective > first
    admin.revoke_signing_profile(
        profileName=profile["profileName"],
        profileVersion=profile["profileVersion"],
        reason="key lost",
        effectiveTime=effective,
    )
    cluster.rejects(later, REVOKED, profile["profileVersionArn"])
    cluster.accepts(earlier)
    done = pipeline.sign(registry.new_image(), profile["arn"], *form)
    assert done.returncode != 0
    assert "revoke" in done.stderr.lower()


def test_canceled_profile_keeps_what_it_signed(form, pipeline, cluster, registry, profile, admin):
    image = pipeline.signed(registry.new_image(), profile["arn"], *form)
    admin.cancel_signing_profile(profileName=profile["profileName"])
    cluster.accepts(image)
    done = pipeline.sign(registry.new_image(), profile["arn"], *form)
    assert done.returncode != 0
    assert "cancel" in done.stderr.lower()


def test_revoked_certificate(form, pipeline, cluster, registry, profile, variables):
    image = pipeline.signed(registry.new_image(), profile["arn"], *form)
    operations = Operations(variables["admin"])
    operations.revoke(operations.serial_number(profile), reasonCode="KeyCompromise")
    cluster.rejects(image, REVOKED, "the certificate", profile["profileName"])
    cluster.accepts(pipeline.signed(registry.new_image(), profile["arn"], *form))


def test_other_identities_are_not_trusted(form, pipeline, cluster, registry, profile, admin, hallmark):
    image = pipeline.signed(registry.new_image(), profile["arn"], *form)
    for other in (new_profile(admin)["arn"], profile["arn"] + "/abcdefghij", profile["arn"][:-1]):
        cluster.trust(anchor=hallmark.pki("/root.pem"), identities=[other])
        cluster.rejects(image, UNTRUSTED, profile["profileVersionArn"])
    subject = "x509.subject: C=US, ST=WA, O=Hallmark Development"
    cluster.trust(anchor=hallmark.pki("/root.pem"), identities=[subject])
    cluster.rejects(image, "names no signing profile")
    cluster.trust(anchor=hallmark.pki("/root.pem"), identities=[subject, profile["arn"]]).accepts(image)


@pytest.mark.parametrize("level", ["strict", "permissive", "audit"])
def test_everybody_is_not_trusted(level, form, pipeline, cluster, registry, profile, hallmark):
    image = pipeline.signed(registry.new_image(), profile["arn"], *form)
    cluster.trust(anchor=hallmark.pki("/root.pem"), identities=["*"], level=level)
    cluster.rejects(image, "would trust every profile")


def test_another_root_is_not_trusted(form, pipeline, cluster, registry, profile, another_root):
    image = pipeline.signed(registry.new_image(), profile["arn"], *form)
    cluster.trust(anchor=another_root, identities=[profile["arn"]])
    cluster.rejects(image, "the signature's certificate chain does not contain any trusted certificate")


def test_signature_moved_to_another_image(form, pipeline, cluster, registry, profile):
    image = pipeline.signed(registry.new_image(), profile["arn"], *form)
    (envelope,) = registry.signatures(image)
    victim = registry.new_image()
    registry.attach_signature(victim, envelope, ENVELOPES[form[1]])
    cluster.rejects(victim, "content descriptor mismatch")
    cluster.accepts(image)


@pytest.mark.parametrize("member", ["payload", "protected", "signature"])
def test_tampered_jws(member, pipeline, cluster, registry, profile, tampered):
    image = pipeline.signed(registry.new_image(), profile["arn"])
    (envelope,) = registry.signatures(image)
    victim = registry.new_image(image.repository)
    registry.attach_signature(victim, tampered(envelope, member, victim))
    cluster.rejects(victim, "signature is invalid")


@pytest.mark.parametrize("member", ["payload", "protected", "signature"])
def test_tampered_cose(member, pipeline, cluster, registry, profile):
    image = pipeline.signed(registry.new_image(), profile["arn"], "--signature-format", "cose")
    (envelope,) = registry.signatures(image)
    victim = registry.new_image(image.repository)
    if member == "payload":
        altered = envelope.replace(image.digest.encode(), victim.digest.encode())
    elif member == "protected":
        altered = envelope.replace(profile["profileVersion"].encode(), b"abcdefghij")
    else:
        altered = envelope[:-1] + bytes([envelope[-1] ^ 1])
    assert altered != envelope
    registry.attach_signature(victim, altered, COSE)
    cluster.rejects(victim, "signature is invalid")


def test_no_answer_is_no_pass(form, pipeline, cluster, registry, profile):
    """With nobody to ask about revocation the verification fails, unless revocation is none of its business."""
    image = pipeline.signed(registry.new_image(), profile["arn"], *form)
    nobody = f"http://127.0.0.1:{free_port()}"
    words = ["--plugin-config", f"endpoint={nobody}", "--plugin-config", "timeout=1"]
    done = cluster.verify(image, *words)
    assert done.returncode != 0
    assert f"{nobody}/ did not answer within 1 s" in done.stderr


def test_nobody_is_asked_when_the_policy_skips_revocation(form, pipeline, cluster, registry, profile, hallmark):
    image = pipeline.signed(registry.new_image(), profile["arn"], *form)
    cluster.trust(
        anchor=hallmark.pki("/root.pem"), identities=[profile["arn"]], override={"revocation": "skip"}
    ).accepts(image, "--plugin-config", f"endpoint=http://127.0.0.1:{free_port()}")


def test_credentials_that_may_not_ask_do_not_pass(form, pipeline, cluster, registry, profile):
    image = pipeline.signed(registry.new_image(), profile["arn"], *form)
    cluster.environment["AWS_SECRET_ACCESS_KEY"] = "x" * 40
    cluster.rejects(image, "InvalidSignatureException")


def test_another_deployments_signature_is_not_known(form, pipeline, cluster, registry, instance, tmp_path, hallmark):
    """What is trusted in everything else is refused by a service that never issued it."""
    other = instance("other").start()
    profile = new_profile(client(other.role("admin")), signingParameters={"verificationPlugin": "hallmark"})
    elsewhere = other.role("signer")
    pipeline.environment |= {name: value for name, value in elsewhere.items() if name.startswith("AWS_")}
    image = pipeline.signed(registry.new_image(), profile["arn"], *form)
    cluster.trust(anchor=other.pki("/root.pem"), identities=[profile["arn"]])
    cluster.rejects(image, "not issued by this service", job_of(registry, image), profile["profileVersionArn"])
    verifier = other.role("verifier")
    cluster.environment |= {name: value for name, value in verifier.items() if name.startswith("AWS_")}
    cluster.accepts(image)
    other.stop()


def test_any_profile_signs(form, pipeline, notation, registry, admin, hallmark):
    """The envelope says which verifier it needs."""
    root = hallmark.pki("/root.pem")
    plain = new_profile(admin, signingParameters={"verificationPlugin": "none"})
    image = pipeline.signed(registry.new_image(), plain["arn"], *form)
    subject = f"x509.subject: C=US, ST=WA, O=Hallmark Development, CN={plain['profileName']}"
    notation("verifier").trust(anchor=root, identities=[subject]).accepts(image)
    assert job_of(registry, image).startswith("arn:aws:signer:"), "nothing else names the job of such a signature"

    for_aws = new_profile(admin)
    image = pipeline.signed(registry.new_image(), for_aws["arn"], *form)
    notation("verifier").install_aws_plugin().trust(anchor=root, identities=[for_aws["arn"]]).accepts(image)


def test_without_the_plugin_it_does_not_verify(form, pipeline, notation, registry, profile, hallmark):
    image = pipeline.signed(registry.new_image(), profile["arn"], *form)
    for user in (notation("verifier"), notation("verifier").install_aws_plugin()):
        user.trust(anchor=hallmark.pki("/root.pem"), identities=[profile["arn"]]).rejects(image, '"hallmark"')


@pytest.fixture
def short(admin):
    """A profile whose signatures are valid for two days."""
    period = {"value": 2, "type": "DAYS"}
    return new_profile(admin, signatureValidityPeriod=period, signingParameters={"verificationPlugin": "hallmark"})


def test_expiry_is_honoured(form, pipeline, cluster, registry, short, hallmark, auditor):
    cluster.trust(anchor=hallmark.pki("/root.pem"), identities=[short["arn"]])
    image = pipeline.signed(registry.new_image(), short["arn"], "--expiry", "24h", *form)
    cluster.accepts(image)
    (job,) = jobs_of(auditor, short)
    assert job["signatureExpiresAt"] - job["createdAt"] == HOURS_24
    if form[1] == "jws":
        envelope = Envelope(registry.signatures(image)[0])
        assert envelope.time("expiry") - envelope.time("authenticSigningTime") == HOURS_24


def test_expiry_beyond_the_profiles_own_is_refused(form, pipeline, registry, short, auditor):
    image = registry.new_image()
    done = pipeline.sign(image, short["arn"], "--expiry", "49h", *form)
    assert done.returncode != 0
    assert "expir" in done.stderr.lower(), done.stderr
    assert registry.signatures(image) == []
    assert jobs_of(auditor, short) == []
