"""hallmarkctl verify, lied to: by envelopes that contradict their certificates, and by a record that is another's."""

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from clients import new_profile
from forgery.certificates import Hierarchy, signing_leaf
from forgery.drafts import FORMATS, MANIFEST, PLUGIN, draft
from hallmarkctl import Ctl
from payload_job import ENVELOPES
from plugin import JOB, PROFILE_VERSION
from relay import Relay, rewriting
from signed_layout import PROFILES, Signed, outcomes, refusal

ACCOUNT, OTHER_ACCOUNT = "123456789012", "210987654321"
VERSION = f"arn:aws:signer:us-east-1:{ACCOUNT}:/signing-profiles/release/awUPb84ibN"
A_JOB = f"arn:aws:signer:us-east-1:{ACCOUNT}:/signing-jobs/0197f7a0-0000-7000-8000-000000000000"


def forged(form: str, profile_version: str, job: str):
    """An envelope of the profile `release`, by its certificate, that names a profile version and a job."""
    leaf = signing_leaf()
    names = {NameOID.ORGANIZATIONAL_UNIT_NAME: ACCOUNT, NameOID.SERIAL_NUMBER: "awUPb84ibN"}
    leaf.subject = x509.Name([*leaf.subject, *(x509.NameAttribute(kind, value) for kind, value in names.items())])
    envelope = draft(form, Hierarchy.of(leaf).issue())
    envelope.protected |= {PLUGIN: "hallmark", PROFILE_VERSION: profile_version, JOB: job}
    envelope.protected["crit"] += [PLUGIN, PROFILE_VERSION, JOB]
    return envelope


@pytest.fixture
def judged(tmp_path):
    """`judged(envelope)`: the words that verify it against its own root."""

    def call(envelope):
        files = {"envelope": envelope.seal(), "root.pem": envelope.chain[-1].pem, "manifest.json": MANIFEST}
        for name, octets in files.items():
            (tmp_path / name).write_bytes(octets)
        manifest = ["--artifact", tmp_path / "manifest.json"]
        return ["verify", tmp_path / "envelope", "--root", tmp_path / "root.pem", *manifest]

    return call


@pytest.fixture
def offline(tmp_path):
    return Ctl(tmp_path, {})


@pytest.mark.parametrize("form", FORMATS)
def test_whoever_signed_is_whom_the_certificate_is_for(form, judged, offline):
    assert offline.json(*judged(forged(form, VERSION, A_JOB)))["verified"]
    for profile_version, job in (
        (VERSION.replace("release", "other"), A_JOB),
        (VERSION.replace("awUPb84ibN", "bwUPb84ibN"), A_JOB),
        (VERSION.replace(ACCOUNT, OTHER_ACCOUNT), A_JOB.replace(ACCOUNT, OTHER_ACCOUNT)),
        (VERSION, A_JOB.replace(ACCOUNT, OTHER_ACCOUNT)),
        (VERSION.removesuffix("/awUPb84ibN"), A_JOB),
        (A_JOB, A_JOB),
        (VERSION, VERSION),
    ):
        checks = refusal(offline, *judged(forged(form, profile_version, job)))
        assert {check for check, outcome in checks.items() if outcome == "failed"} == {"signer"}, (profile_version, job)


@pytest.fixture
def lied_to(admin, hallmark, tmp_path, variables):
    """`lied_to(kind, form, change)`: what online verification finds when the service's answers are changed."""
    relay, signed, root = Relay(hallmark.ports["api"]), Signed(tmp_path / "layout", variables), tmp_path / "root.pem"
    root.write_bytes(hallmark.pki("/root.pem"))
    auditor = Ctl(tmp_path, variables["auditor"], HALLMARK_URL=relay.url)

    def call(kind, form, change):
        signed.attach(signed.sign(new_profile(admin, signingParameters=PROFILES[kind]), form)["signature"], form)
        words = ["verify", signed.path, "--root", root, "--online"]
        assert set(outcomes(auditor.json(*words)).values()) == {"passed", "not checked"}
        relay.alter = rewriting(change)
        return refusal(auditor, *words)

    yield call
    relay.stop()


def later(seconds: float):
    return lambda time: time + seconds


def turned(text: str) -> str:
    """The same characters in another order."""
    return text[:-9] + text[-8:] + text[-9] if text.startswith("sha256:") else text[1:] + text[0]


@pytest.mark.parametrize("form", ENVELOPES)
@pytest.mark.parametrize(
    ("member", "other"),
    [
        ("payloadDigest", turned),
        ("artifactDigest", turned),
        ("serialNumber", turned),
        ("profileName", turned),
        ("profileVersion", turned),
        ("jobOwner", turned),
        ("createdAt", later(1)),
        ("createdAt", later(-1)),
    ],
)
def test_the_job_is_on_record_as_another(member, other, form, lied_to):
    def change(answer):
        return answer | {member: other(answer[member])} if "payloadDigest" in answer else answer

    checks = lied_to("plugin", form, change)
    assert {check for check, outcome in checks.items() if outcome == "failed"} == {"job"}, checks


@pytest.mark.parametrize("change", [lambda chain: chain[::-1], lambda chain: chain[1:], lambda chain: []])
def test_another_certificate_is_on_record(change, lied_to):
    def altered(answer):
        return answer | {"certificates": change(answer["certificates"])} if "certificates" in answer else answer

    checks = lied_to("plugin", "jws", altered)
    assert {check for check, outcome in checks.items() if outcome == "failed"} == {"certificate"}, checks


@pytest.mark.parametrize(
    "change",
    [
        lambda jobs: [],
        lambda jobs: jobs * 2,
        lambda jobs: [job | {"serialNumber": turned(job["serialNumber"])} for job in jobs],
    ],
    ids=["none", "several", "another"],
)
def test_a_job_that_no_envelope_names_is_found_or_in_doubt(change, lied_to):
    """Envelopes without a plugin name no job."""

    def altered(answer):
        return answer | {"jobs": change(answer["jobs"])} if "jobs" in answer else answer

    assert lied_to("plain", "jws", altered)["job"] == "failed"
