"""Plain notation without any plugin: profiles whose envelopes name none (`verificationPlugin: none`)."""

from datetime import UTC, datetime, timedelta

import pytest

from clients import new_profile, payload, sign
from envelope import Envelope

NONE = {"verificationPlugin": "none"}


@pytest.fixture
def profile(admin):
    return new_profile(admin, signingParameters=NONE)


@pytest.fixture
def signed(signer, registry):
    """`signed(profile)`: a new image, signed through the API and its signature pushed by oras."""

    def call(profile, image=None):
        image = image or registry.new_image()
        answer = sign(signer, profile["profileName"], payload(image.digest, image.size))
        registry.attach_signature(image, answer["signature"])
        return image, answer

    return call


def subject_of(answer: dict) -> dict[str, str]:
    """The leaf's subject, by the names that notation's `x509.subject` knows."""
    leaf = Envelope(answer["signature"]).chain[0]
    names = {"2.5.4.5": "SERIALNUMBER"}
    return {names.get(a.rfc4514_attribute_name, a.rfc4514_attribute_name): a.value for a in leaf.subject}


def identity(**parts: str) -> str:
    return "x509.subject: " + ", ".join(f"{name}={value}" for name, value in parts.items())


@pytest.fixture
def cluster(notation, hallmark):
    return notation("verifier").trust(anchor=hallmark.pki("/root.pem"), identities=["*"])


def test_verifies_by_the_root_alone(signed, cluster, profile):
    image, answer = signed(profile)
    assert "io.cncf.notary.verificationPlugin" not in Envelope(answer["signature"]).protected
    cluster.accepts(image)


def test_signed_through_the_aws_plugin(notation, registry, cluster, profile):
    """The plugin that signs is not the one that verifies."""
    image = notation("signer").install_aws_plugin().signed(registry.new_image(), profile["arn"])
    cluster.accepts(image)


def test_subject_pins_the_profile(signed, cluster, profile, hallmark, variables, admin):
    image, answer = signed(profile)
    subject = subject_of(answer)
    assert subject["OU"] == variables["signer"]["HALLMARK_ACCOUNT"]
    assert subject["CN"] == profile["profileName"]
    assert subject["SERIALNUMBER"] == profile["profileVersion"]
    root = hallmark.pki("/root.pem")
    place = {name: subject[name] for name in ("C", "ST", "O")}
    cluster.trust(anchor=root, identities=[identity(**subject)]).accepts(image)
    cluster.trust(anchor=root, identities=[identity(**place, OU=subject["OU"], CN=subject["CN"])]).accepts(image)
    other, _ = signed(new_profile(admin, signingParameters=NONE))
    cluster.rejects(other, "does not match the X.509 trusted identities")


@pytest.mark.parametrize(
    "part, value", [("CN", "another"), ("OU", "999999999999"), ("O", "Mallory"), ("SERIALNUMBER", "abcdefghij")]
)
def test_wrong_subject(part, value, signed, cluster, profile, hallmark):
    image, answer = signed(profile)
    wrong = subject_of(answer) | {part: value}
    cluster.trust(anchor=hallmark.pki("/root.pem"), identities=[identity(**wrong)])
    cluster.rejects(image, "does not match the X.509 trusted identities")


def test_wrong_root(signed, cluster, profile, another_root):
    image, _ = signed(profile)
    cluster.trust(anchor=another_root, identities=["*"])
    cluster.rejects(image, "the signature's certificate chain does not contain any trusted certificate")


def test_a_signing_authority_is_no_ca(signed, cluster, profile, hallmark):
    image, _ = signed(profile)
    cluster.trust(anchor=hallmark.pki("/root.pem"), identities=["*"], kind="ca")
    cluster.rejects(image, "no trusted certificates are found")


def test_signature_moved_to_another_image(signed, cluster, registry, profile):
    image, answer = signed(profile)
    victim = registry.new_image(image.repository)
    registry.attach_signature(victim, answer["signature"])
    cluster.rejects(victim, "content descriptor mismatch")
    cluster.accepts(image)


@pytest.mark.parametrize("member", ["payload", "protected", "signature"])
def test_tampered_envelope(member, signed, cluster, registry, profile, tampered):
    image, answer = signed(profile)
    victim = registry.new_image(image.repository)
    registry.attach_signature(victim, tampered(answer["signature"], member, victim))
    cluster.rejects(victim, "signature is invalid")


def test_short_lived_leaf_lasts(signer, profile):
    """The leaf lives for days and was valid when it signed; the signature outlives it by years."""
    envelope = Envelope(sign(signer, profile["profileName"])["signature"])
    leaf, signed_at = envelope.chain[0], envelope.time("authenticSigningTime")
    assert leaf.not_valid_before_utc <= signed_at <= leaf.not_valid_after_utc
    assert leaf.not_valid_after_utc < datetime.now(UTC) + timedelta(days=4)
    assert envelope.time("expiry") > datetime.now(UTC) + timedelta(days=4000)
