"""pkilint, which knows the RFCs' rules one by one, has nothing to warn of: certificates, CRLs and OCSP answers."""

import json
import urllib.request

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.ocsp import OCSPRequestBuilder, load_der_ocsp_response
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID

from clients import new_profile, sign
from hallmark_operations import Operations
from tools import TOOLS, clean_environment, run

PROFILES = {
    "shared": {},
    "per-signature": {"verificationPlugin": "none"},
    "timestamped": {"verificationPlugin": "none", "signingScheme": "notary.x509"},
    "own issuer": {"issuer": "profile"},
}


@pytest.fixture(scope="module")
def operations(variables):
    return Operations(variables["admin"])


@pytest.fixture(scope="module")
def signed(admin, signer, operations):
    """For each kind of profile: the answer to SignPayload and the chain that signed."""
    made = {}
    for name, parameters in PROFILES.items():
        profile = new_profile(admin, signingParameters=parameters)
        answer = sign(signer, profile["profileName"])
        made[name] = answer, operations.chain(operations.serial_number(profile))
    return made


@pytest.fixture
def lint(tmp_path):
    """`lint(program, der)`: what it finds, from warnings upwards."""

    def call(program: str, der: bytes, *words) -> list[dict]:
        file = tmp_path / "linted.der"
        file.write_bytes(der)
        program = TOOLS / "venv" / "bin" / program
        done = run([program, "lint", *words, "--severity", "WARNING", "--format", "JSON", file], clean_environment(tmp_path))
        assert done.stdout, done.stderr
        return json.loads(done.stdout)["results"]

    return call


def crl_address(certificate: x509.Certificate) -> str:
    points = certificate.extensions.get_extension_for_oid(ExtensionOID.CRL_DISTRIBUTION_POINTS).value
    return points[0].full_name[0].value


def ocsp_answer(certificate, issuer, digest, serial_number=None) -> bytes:
    access = certificate.extensions.get_extension_for_oid(ExtensionOID.AUTHORITY_INFORMATION_ACCESS).value
    (address,) = (one for one in access if one.access_method == AuthorityInformationAccessOID.OCSP)
    number = serial_number or certificate.serial_number
    builder = OCSPRequestBuilder().add_certificate_by_hash(*issuer_hashes(issuer, digest), number, digest)
    request = urllib.request.Request(
        address.access_location.value,
        builder.build().public_bytes(Encoding.DER),
        {"Content-Type": "application/ocsp-request"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()


def issuer_hashes(issuer, digest) -> tuple[bytes, bytes]:
    """Of its name and of its key's BIT STRING: on P-384 the last 97 octets."""
    def hashed(octets):
        hasher = hashes.Hash(digest)
        hasher.update(octets)
        return hasher.finalize()

    key = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashed(issuer.subject.public_bytes()), hashed(key[-97:])


@pytest.mark.parametrize("name", PROFILES)
def test_chains(name, signed, lint):
    _, chain = signed[name]
    for certificate in chain:
        assert lint("lint_pkix_cert", certificate.public_bytes(Encoding.DER)) == []


@pytest.mark.parametrize("purpose", ["OcspSigning", "TimeStamping"])
def test_end_entities_of_the_service_itself(purpose, signed, operations, lint):
    _, chain = signed["shared"]
    ocsp_answer(chain[0], chain[1], hashes.SHA256())
    found = [one for one in operations.all_certificates() if one["purpose"] == purpose]
    assert found
    for one in found[:3]:
        certificate = operations.chain(one["serialNumber"])[0]
        assert lint("lint_pkix_cert", certificate.public_bytes(Encoding.DER)) == []


def test_crls(signed, admin, lint):
    """One with entries, one of the root's; the address stands in the certificates."""
    answer, chain = signed["per-signature"]
    admin.revoke_signature(jobId=answer["jobId"], reason="linted")
    for certificate in chain[:2]:
        with urllib.request.urlopen(crl_address(certificate), timeout=10) as published:
            crl = published.read()
        kind = "CRL" if certificate is chain[0] else "ARL"
        assert lint("lint_crl", crl, "--profile", "PKIX", "--type", kind) == []
        assert x509.load_der_x509_crl(crl).is_signature_valid(chain[chain.index(certificate) + 1].public_key())


@pytest.mark.parametrize("digest", [hashes.SHA1(), hashes.SHA256()], ids=lambda digest: digest.name)
def test_ocsp_answers(digest, signed, admin, lint):
    """Good, revoked and unknown."""
    answer, chain = signed["timestamped"]
    admin.revoke_signature(jobId=answer["jobId"], reason="linted")
    _, good = signed["shared"]
    seen = []
    for certificate, issuer, number in [
        (good[0], good[1], None),
        (chain[0], chain[1], None),
        (chain[0], chain[1], 4711),
    ]:
        der = ocsp_answer(certificate, issuer, digest, number)
        assert lint("lint_ocsp_response", der) == []
        seen.append(load_der_ocsp_response(der).certificate_status.name)
    assert seen == ["GOOD", "REVOKED", "UNKNOWN"]
