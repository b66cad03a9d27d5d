"""SignBlob: the client writes the envelope of a blob and asks for its signature alone."""

import base64
import json
from datetime import timedelta

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from clients import new_profile
from hallmark_operations import Operations
from notation import Notation
from raw import JSON, Sender
from signing_input import CONTENT_TYPE, SBOM, Input, cose_header, header, jws_header, now, payload, unpadded
from tools import BIN, run
from verifier.envelope import AUTHENTIC_SIGNING_TIME, COSE, EXPIRY, JWS, PLUGIN, SCHEME, SIGNING_TIME

PATH = "/hallmark/signing-jobs/with-signing-input"
VALIDATION = (400, "ValidationException")
PLAIN = {"verificationPlugin": "none", "signingScheme": "notary.x509"}
DAYS = 30
FORMS = pytest.mark.parametrize("form", [JWS, COSE])


@pytest.fixture(scope="module")
def profile(admin):
    period = {"value": DAYS, "type": "DAYS"}
    return new_profile(admin, signingParameters=PLAIN, signatureValidityPeriod=period)["profileName"]


@pytest.fixture(scope="module")
def ask(variables, profile):
    """`ask(octets, form)`: sends a signing input."""

    def call(octets: bytes, form: str, role="signer", headers=None, **members):
        members = {
            "profileName": profile,
            "signingInput": base64.b64encode(octets).decode(),
            "signatureEnvelopeType": form,
        } | members
        body = json.dumps(members).encode()
        return Sender(variables[role]).send("POST", PATH, body, JSON | (headers or {}), service="hallmark")

    return call


@pytest.fixture(scope="module")
def signed(ask):
    """`signed(input)`: the answer, with its signature and certificates in octets."""

    def call(written: Input, **more) -> dict:
        answer = ask(written.octets(), written.form, **more)
        assert answer.status == 200, answer
        members = json.loads(answer.body)
        chain = [base64.b64decode(one) for one in members["certificateChain"]]
        return members | {"signature": base64.b64decode(members["signature"]), "certificateChain": chain}

    return call


@pytest.fixture
def verified(tmp_path, hallmark, variables):
    """`verified(input, answer, content)`: whether notation takes the envelope for a signature of the content."""
    user = Notation(tmp_path / "user", variables["verifier"])
    user.trust(anchor=hallmark.pki("/root.pem"), identities=["*"], kind="ca").trust_blobs()

    def call(written: Input, answer: dict, content: bytes = SBOM):
        blob = tmp_path / "sbom.spdx.json"
        blob.write_bytes(content)
        signature = tmp_path / f"sbom.spdx.json.{'jws' if written.form == JWS else 'cose'}.sig"
        signature.write_bytes(written.envelope(answer["signature"], answer["certificateChain"]))
        words = ["verify", "--media-type", "application/spdx+json", "--signature", signature, blob]
        return run([BIN / "notation-blob", *words], user.environment)

    return call


@FORMS
def test_notation_verifies_the_envelope(form, signed, verified):
    written = Input(form)
    answer = signed(written)
    done = verified(written, answer)
    assert done.returncode == 0, done.stderr
    assert "Successfully verified" in done.stdout
    assert verified(written, answer, SBOM + b" ").returncode != 0


@FORMS
def test_the_signature_is_over_these_octets_and_no_others(form, hallmark, signed):
    written = Input(form)
    answer = signed(written)
    leaf, _, root = (x509.load_der_x509_certificate(der) for der in answer["certificateChain"])
    assert root == x509.load_pem_x509_certificate(hallmark.pki("/root.pem"))
    r, s = (int.from_bytes(answer["signature"][half : half + 48], "big") for half in (0, 48))
    assert len(answer["signature"]) == 96
    leaf.public_key().verify(encode_dss_signature(r, s), written.octets(), ECDSA(hashes.SHA384()))


@FORMS
def test_the_job_is_on_record(form, profile, signed, auditor, variables):
    written = Input(form)
    before = now()
    answer = signed(written)
    job = auditor.describe_signing_job(jobId=answer["jobId"])
    assert job["signatureExpiresAt"] == written.header[EXPIRY]
    assert before - timedelta(seconds=2) <= job["createdAt"] <= now(), "the service's time, whatever the client's was"
    assert job["profileName"] == profile and job["jobOwner"] == answer["jobOwner"]
    assert job["requestedBy"].endswith(":user/signer")
    assert answer["metadata"]["io.hallmark.signingJob"].endswith(answer["jobId"])
    serial = x509.load_der_x509_certificate(answer["certificateChain"][0]).serial_number
    operations = Operations(variables["auditor"])
    assert int(operations.serial_number({"profileName": profile}), 16) == serial


@FORMS
def test_each_signature_has_its_certificate_and_is_revoked_alone(form, signed, verified, admin):
    first, second = Input(form), Input(form)
    answers = [signed(first), signed(second)]
    assert answers[0]["certificateChain"][0] != answers[1]["certificateChain"][0]
    admin.revoke_signature(jobId=answers[0]["jobId"], reason="the wrong blob")
    done = verified(first, answers[0])
    assert done.returncode != 0 and "revoked" in done.stderr, done.stderr
    assert verified(second, answers[1]).returncode == 0


@FORMS
def test_a_request_that_is_sent_again_is_the_same_job(form, ask):
    octets, key = Input(form).octets(), {"Idempotency-Key": f"blob-{form.rsplit('/')[-1].replace('+', '-')}"}
    replies = {ask(octets, form, headers=key).body for _ in range(3)}
    assert len(replies) == 1 and b"certificateChain" in replies.pop()
    assert ask(octets, form).body != ask(octets, form).body
    another = ask(Input(form, payload=json.dumps(payload(b"x")).encode()).octets(), form, headers=key)
    assert another.error()[:2] == VALIDATION and "was the key of another request" in another.error()[2]


def test_a_key_is_for_one_operation(ask, variables, profile):
    key = {"Idempotency-Key": "one-operation"}
    assert ask(Input(JWS).octets(), JWS, headers=key).status == 200
    content = base64.b64encode(json.dumps(payload()).encode()).decode()
    body = json.dumps({"profileName": profile, "payload": content, "payloadFormat": CONTENT_TYPE}).encode()
    answer = Sender(variables["signer"]).send("POST", "/signing-jobs/with-payload", body, JSON | key)
    assert answer.error()[:2] == VALIDATION and "was the key of another request" in answer.error()[2]


@FORMS
@pytest.mark.parametrize("seconds", [-5, 0, 45])
def test_clocks_may_differ_a_little(form, signed, seconds):
    time = now() + timedelta(seconds=seconds)
    signed(Input(form, header(form) | {SIGNING_TIME: time, EXPIRY: time + timedelta(days=DAYS)}))


def nothing(operations, auditor) -> tuple:
    """What a request that is refused leaves as it was."""
    latest = operations.certificates(maxResults=1)[0]["serialNumber"]
    return [job["jobId"] for job in auditor.list_signing_jobs()["jobs"]], latest


@pytest.fixture
def is_refused(variables, auditor, signed, ask):
    """`is_refused(octets, form, fragment)`: nothing is signed, nothing is on record, and the reason is told."""
    signed(Input(JWS))
    operations = Operations(variables["auditor"])

    def call(octets: bytes, form: str, fragment: str, expected=VALIDATION, **more):
        before = nothing(operations, auditor)
        status, exception, message = ask(octets, form, **more).error()
        assert (status, exception) == expected, message
        assert fragment in message, message
        assert nothing(operations, auditor) == before

    return call


def without(name: str):
    return lambda members: {key: value for key, value in members.items() if key != name} | {
        "crit": [one for one in members["crit"] if one != name]
    }


def authority(members: dict) -> dict:
    time = members[SIGNING_TIME]
    members = {name: value for name, value in members.items() if name != SIGNING_TIME}
    critical = [SCHEME, AUTHENTIC_SIGNING_TIME, EXPIRY]
    return members | {SCHEME: "notary.x509.signingAuthority", AUTHENTIC_SIGNING_TIME: time, "crit": critical}


def timed(before_now: timedelta, lasting=timedelta(days=1)):
    return lambda members: members | {SIGNING_TIME: now() + before_now, EXPIRY: now() + before_now + lasting}


DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
TIME_OF_NOW = "must be that of now"
LASTS = "must lie ahead, and not beyond"
HEADERS = {
    "scheme of the authority": (authority, "the signing scheme must be notary.x509"),
    "unknown scheme": (lambda m: m | {SCHEME: "notary.x509.other"}, "names no scheme that is known"),
    "no scheme": (without(SCHEME), "names no scheme that is known"),
    "both times": (lambda m: m | {AUTHENTIC_SIGNING_TIME: now()}, "is the time of another scheme"),
    "no expiry": (without(EXPIRY), "it must hold an expiry"),
    "expiry not critical": (lambda m: m | {"crit": [SCHEME]}, "is not named critical and must be"),
    "expiry beyond the profile's": (timed(-SECOND, DAYS * DAY + SECOND), LASTS),
    "expiry centuries ahead": (lambda m: m | {EXPIRY: now().replace(year=9000)}, LASTS),
    "expired": (timed(-2 * MINUTE, MINUTE), LASTS),
    "expiry before the signing time": (timed(-SECOND, -SECOND), "is not later than the signing time"),
    "no signing time": (without(SIGNING_TIME), "is missing"),
    "old signing time": (timed(-6 * MINUTE), TIME_OF_NOW),
    "very old signing time": (timed(-3650 * DAY, 3660 * DAY), TIME_OF_NOW),
    "future signing time": (timed(2 * MINUTE), TIME_OF_NOW),
    "plugin": (
        lambda m: m | {PLUGIN: "com.amazonaws.signer.notation.plugin", "crit": [*m["crit"], PLUGIN]},
        "must not name a verification plugin",
    ),
    "extended attribute": (lambda m: m | {"com.example.note": "x"}, "extended attributes, but holds 'com.example.note'"),
    "critical extended attribute": (
        lambda m: m | {"com.amazonaws.signer.signingJob": "arn", "crit": [*m["crit"], "com.amazonaws.signer.signingJob"]},
        "extended attributes, but holds 'com.amazonaws.signer.signingJob'",
    ),
    "critical and not there": (lambda m: m | {"crit": [*m["crit"], "x"]}, "is named critical and is not there"),
    "content type": (lambda m: m | {"cty": "application/json"}, "names something else than a payload"),
    "no algorithm": (lambda m: {k: v for k, v in m.items() if k != "alg"}, "alg"),
}  # fmt: skip


@FORMS
@pytest.mark.parametrize("case", HEADERS)
def test_headers_that_are_refused(form, case, is_refused):
    change, fragment = HEADERS[case]
    is_refused(Input(form, change(header(form))).octets(), form, fragment)


@pytest.mark.parametrize(
    ("form", "algorithm"),
    [
        *((JWS, name) for name in ("ES256", "ES512", "PS384", "HS384", "none", "es384")),
        *((COSE, label) for label in (-7, -38, -8, 5)),
    ],
)
def test_algorithms_of_other_keys(form, algorithm, is_refused):
    is_refused(Input(form, header(form) | {"alg": algorithm}).octets(), form, "alg")


TARGET = payload()["targetArtifact"]
PAYLOADS = {
    "digest of an image": (payload(digest="sha256:" + "ab" * 32), "the digest of a blob must be"),
    "digest of another key": (payload(digest="sha512:" + "ab" * 64), "the digest of a blob must be"),
    "no digest": ({"targetArtifact": {"mediaType": "a/b", "size": 1}}, "lacks digest"),
    "another payload": ({"critical": {"image": {"docker-manifest-digest": "sha256:" + "ab" * 32}}}, "payload"),
    "a statement": ({"_type": "https://in-toto.io/Statement/v1", "subject": []}, "payload"),
    "more than the target": (payload() | {"other": 1}, 'holds "other"'),
    "annotations without end": (payload(annotations={"x": "y" * 4096}), "1 to 4096 are allowed"),
}  # fmt: skip


@FORMS
@pytest.mark.parametrize("case", PAYLOADS)
def test_payloads_that_are_refused(form, case, is_refused):
    content, fragment = PAYLOADS[case]
    is_refused(Input(form, payload=json.dumps(content).encode()).octets(), form, fragment)


def twice(name: str):
    """A member that stands twice: readers in Go take the last, others the first."""
    return lambda members: jws_header(members).replace(b"{", b'{"%s":"notary.x509.signingAuthority",' % name, 1)


def spare_bit(text: str) -> str:
    """Another spelling of the same octets: a bit set that no octet has."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) + 1]


def jws_spellings() -> dict[str, bytes]:
    written = Input(JWS)
    protected, content = unpadded(written.protected()), unpadded(written.payload)
    # Payloads and headers of a length that leaves spare bits.
    loose = next(text for n in range(3) if len(text := unpadded(json.dumps(payload()).encode() + b" " * n)) % 4)
    return {
        "trailing octets": f"{protected}.{content}\n".encode(),
        "a third part": f"{protected}.{content}.".encode(),
        "a whole JWS": f"{protected}.{content}.{unpadded(bytes(96))}".encode(),
        "padding": f"{protected}.{content}==".encode(),
        "spare bits": f"{protected}.{spare_bit(loose)}".encode(),
        "standard base64": f"{protected}.{content[:8]}+/{content[10:]}".encode(),
        "unencoded payload": f"{protected}.".encode() + written.payload,
        "member twice": Input(JWS, write_header=twice(SCHEME.encode())).octets(),
        "member twice, escaped": Input(JWS, write_header=twice(b"io.cncf.notary.signing\\u0053cheme")).octets(),
        "member in another case": Input(JWS, write_header=twice(b"IO.cncf.notary.signingScheme")).octets(),
        "key in the header": Input(JWS, header(JWS) | {"jwk": {}}).octets(),
        "certificates in the header": Input(JWS, header(JWS) | {"x5c": []}).octets(),
        "detached": Input(JWS, header(JWS) | {"b64": False, "crit": [SCHEME, EXPIRY, "b64"]}).octets(),
    }


@pytest.mark.parametrize("case", jws_spellings())
def test_jws_that_could_be_read_otherwise(case, is_refused):
    is_refused(jws_spellings()[case], JWS, "signingInput: ")


def structure(*parts) -> bytes:
    return cbor2.dumps(list(parts))


def cose_spellings() -> dict[str, bytes]:
    written = Input(COSE)
    protected, content = written.protected(), written.payload
    good = written.octets()
    one_more = bytes([protected[0] + 1])
    return {
        "trailing octets": good + b"\x00",
        "context Signature": structure("Signature", protected, b"", b"", content),
        "context of a counter signature": structure("CounterSignature", protected, b"", b"", content),
        "context of a MAC": structure("MAC0", protected, b"", content),
        "external data": structure("Signature1", protected, b"x", content),
        "the envelope itself": written.envelope(bytes(96), []),
        "payload cut short": structure("Signature1", protected, b"", content[:-1]),
        "long head": structure("Signature1", protected, b"", content).replace(b"\x84", b"\x98\x04", 1),
        "indefinite array": b"\x9f" + good[1:] + b"\xff",
        "label twice": structure("Signature1", one_more + b"\x01\x26" + protected[1:], b"", content),
        "labels out of order": structure("Signature1", cbor2.dumps(dict(reversed(cbor2.loads(protected).items()))), b"", content),
        "key id": structure("Signature1", cose_header(written.header | {4: b"kid"}), b"", content),
        "chain in the header": structure("Signature1", cose_header(written.header | {33: [b""]}), b"", content),
    }  # fmt: skip


@pytest.mark.parametrize("case", cose_spellings())
def test_cose_that_could_be_read_otherwise(case, is_refused):
    is_refused(cose_spellings()[case], COSE, "signingInput: ")


def other_protocols() -> dict[str, bytes]:
    """What keys of code signing, or any keys, sign elsewhere."""
    jose = unpadded(json.dumps({"alg": "ES384", "typ": "JWT"}).encode())
    claims = unpadded(json.dumps({"sub": "admin", "exp": 2**40}).encode())
    return {
        "nothing": b"",
        "SHA-384 of something": bytes(48),
        "token of JOSE": f"{jose}.{claims}".encode(),
        "CMS signed attributes": b"\x31\x5d" + bytes(0x5D),
        "certificate to be signed": b"\x30\x82\x01\x00" + bytes(256),
        "PE image": b"MZ" + bytes(510),
        "TLS server": b" " * 64 + b"TLS 1.3, server CertificateVerify\x00" + bytes(48),
        "SSH": b"SSHSIG\x00\x00\x00\x03git",
        "DSSE": b"DSSEv1 28 application/vnd.in-toto+json 2 {}",
        "OpenPGP": b"\x04\x00\x13\x0a\x00\x06\x05\x02" + bytes(8),
        "git": b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n",
        "script": b"#!/bin/sh\nexit\n",
        "WebAuthn": bytes(37) + bytes(32),
        "payload alone": json.dumps(payload()).encode(),
    }


@FORMS
@pytest.mark.parametrize("case", other_protocols())
def test_what_other_protocols_sign(form, case, is_refused):
    is_refused(other_protocols()[case], form, "signingInput: ")


@FORMS
def test_an_input_is_of_one_type_of_envelope(form, is_refused):
    is_refused(Input(form).octets(), COSE if form == JWS else JWS, "signingInput: ")


@FORMS
def test_no_octet_of_an_input_can_be_another_and_mean_the_same(form, ask):
    """Each octet changed alone: whatever is signed then says something else, in octets that a reader writes back."""
    good = Input(form).octets()
    for place in range(0, len(good), 7):
        octets = good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]
        answer = ask(octets, form)
        if answer.status != 200:
            assert answer.error()[:2] == VALIDATION, place
            continue
        if form == JWS:
            parts = octets.decode().split(".")
            read = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts]
            assert [unpadded(one) for one in read] == parts, place
        else:
            assert cbor2.dumps(cbor2.loads(octets)) == octets, place


PARAMETERS = {
    "AWS Signer's plugin, shared certificates": {},
    "Hallmark's plugin, shared certificates": {"verificationPlugin": "hallmark"},
    "AWS Signer's plugin, a certificate each": {"certificate": "per-signature"},
    "an authority's": {"verificationPlugin": "none"},
}


@pytest.mark.parametrize("case", PARAMETERS)
def test_profiles_that_are_refused(case, admin, is_refused):
    name = new_profile(admin, signingParameters=PARAMETERS[case])["profileName"]
    is_refused(Input(JWS).octets(), JWS, "verificationPlugin none and signingScheme notary.x509", profileName=name)


def test_profiles_that_do_not_sign(admin, is_refused):
    octets = Input(JWS).octets()
    canceled = new_profile(admin, signingParameters=PLAIN)["profileName"]
    admin.cancel_signing_profile(profileName=canceled)
    is_refused(octets, JWS, "only an Active profile signs", profileName=canceled)
    revoked = new_profile(admin, signingParameters=PLAIN)
    admin.revoke_signing_profile(
        profileName=revoked["profileName"], profileVersion=revoked["profileVersion"], reason="x",
        effectiveTime=now() - MINUTE,
    )  # fmt: skip
    is_refused(octets, JWS, "only an Active profile signs", profileName=revoked["profileName"])
    is_refused(octets, JWS, "no_such", (404, "ResourceNotFoundException"), profileName="no_such")
    other = new_profile(admin, platformId="AWSLambda-SHA384-ECDSA")["profileName"]
    is_refused(octets, JWS, "is for the platform AWSLambda-SHA384-ECDSA", profileName=other)


MEMBERS = {
    "no input": ({"signingInput": None}, "signingInput"),
    "input with spare bits": ({"signingInput": "ZXl="}, "signingInput"),
    "input without padding": ({"signingInput": "ZXk"}, "signingInput"),
    "input in base64url": ({"signingInput": "-_-_"}, "signingInput"),
    "no type": ({"signatureEnvelopeType": None}, "signatureEnvelopeType"),
    "unknown type": ({"signatureEnvelopeType": "application/jose"}, "signatureEnvelopeType"),
    "owner": ({"profileOwner": "12"}, "profileOwner"),
}


@pytest.mark.parametrize("case", MEMBERS)
def test_members_that_are_refused(case, is_refused):
    changes, fragment = MEMBERS[case]
    is_refused(Input(JWS).octets(), JWS, fragment, **changes)


@pytest.mark.parametrize("role", ["admin", "verifier", "auditor", "operator"])
def test_who_may(role, is_refused):
    is_refused(Input(JWS).octets(), JWS, "hallmark:SignBlob", (403, "AccessDeniedException"), role=role)


def test_requests_are_signed_for_this_service(variables, profile):
    answer = Sender(variables["signer"]).send("POST", PATH, b"{}", service="signer")
    assert answer.error()[:2] == (403, "InvalidSignatureException")
