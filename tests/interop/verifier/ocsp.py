"""OCSP answers (RFC 6960, RFC 5019), as a certificate's verifiers may rely on them."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.oid import SignatureAlgorithmOID as Signed

from . import revocation_date
from .algorithm import verifies
from .certificate import Certificate
from .certificate_rules import check_end_entity, purposes
from .octets import check_der, check_signed, content, elements
from .rule import Rule, broken, require

LONGEST = 20_480
LIFETIME = timedelta(hours=1)
# RSA-PSS is not among them: verifiers in Go cannot read it here.
SIGNED_WITH = {
    Signed.RSA_WITH_SHA256: (rsa.RSAPublicKey, hashes.SHA256()),
    Signed.RSA_WITH_SHA384: (rsa.RSAPublicKey, hashes.SHA384()),
    Signed.RSA_WITH_SHA512: (rsa.RSAPublicKey, hashes.SHA512()),
    Signed.ECDSA_WITH_SHA256: (ec.EllipticCurvePublicKey, hashes.SHA256()),
    Signed.ECDSA_WITH_SHA384: (ec.EllipticCurvePublicKey, hashes.SHA384()),
    Signed.ECDSA_WITH_SHA512: (ec.EllipticCurvePublicKey, hashes.SHA512()),
}


def request(certificate: Certificate, issuer: Certificate) -> bytes:
    """The question about one certificate as notation asks it: CertID with SHA-1, no nonce, not signed."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate.x509, issuer.x509, hashes.SHA1())
    return builder.build().public_bytes(Encoding.DER)


def revoked_from(der: bytes, certificate: Certificate, issuer: Certificate, at: datetime) -> datetime | None:
    """Checks an answer to `request`. Returns since when the certificate is revoked, or None if it is not."""
    answer = _read(der)
    _check_subject(answer, certificate, issuer)
    _check_signature(answer, _responder(answer, issuer))
    _check_times(answer, at)
    critical = [one.oid for one in [*answer.extensions, *answer.single_extensions] if one.critical]
    require(not critical, Rule.OCSP_CRITICAL_EXTENSION, critical)
    if answer.certificate_status is ocsp.OCSPCertStatus.GOOD:
        return None
    require(answer.certificate_status is ocsp.OCSPCertStatus.REVOKED, Rule.OCSP_STATUS_KNOWN)
    return revocation_date.revoked_from(answer.single_extensions, answer.revocation_time_utc)


def _read(der: bytes) -> ocsp.OCSPResponse:
    require(len(der) <= LONGEST, Rule.OCSP_SYNTAX, f"{len(der)} octets")
    check_der(der, Rule.OCSP_SYNTAX)
    try:
        answer = ocsp.load_der_ocsp_response(der)
        require(answer.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL, Rule.OCSP_SUCCESSFUL)
        check_signed(_basic(der), Rule.OCSP_SYNTAX)
        require(len(list(answer.responses)) == 1, Rule.OCSP_SINGLE_RESPONSE)
        list(answer.extensions)
        list(answer.single_extensions)
        list(answer.certificates)
    except (ValueError, TypeError, x509.DuplicateExtension, UnsupportedAlgorithm) as error:
        broken(Rule.OCSP_SYNTAX, error, error)
    return answer


def _basic(der: bytes) -> bytes:
    """The BasicOCSPResponse of a successful answer."""
    response_bytes = content(elements(content(der))[1])
    return content(elements(content(response_bytes))[1])


def _check_subject(answer: ocsp.OCSPResponse, certificate: Certificate, issuer: Certificate):
    """The CertID of the answer is the one of the question."""
    asked = ocsp.load_der_ocsp_request(request(certificate, issuer))
    require(isinstance(answer.hash_algorithm, hashes.SHA1), Rule.OCSP_SINGLE_RESPONSE, "hash algorithm")
    for name in ("serial_number", "issuer_name_hash", "issuer_key_hash"):
        require(getattr(answer, name) == getattr(asked, name), Rule.OCSP_SINGLE_RESPONSE, name)


def _responder(answer: ocsp.OCSPResponse, issuer: Certificate) -> Certificate:
    """The issuer, or the certificate that stands first (RFC 6960 section 4.2.2.2)."""
    included = [Certificate(found.public_bytes(Encoding.DER)) for found in answer.certificates]
    responder = included[0] if included else issuer
    if responder.der != issuer.der:
        _check_delegated(responder, issuer, answer.produced_at_utc)
    if answer.responder_name is not None:
        named = answer.responder_name == responder.subject
    else:
        named = answer.responder_key_hash == x509.SubjectKeyIdentifier.from_public_key(responder.key).digest
    require(named, Rule.OCSP_RESPONDER, "another is named")
    return responder


def _check_delegated(responder: Certificate, issuer: Certificate, at: datetime):
    responder.check()
    issued = responder.issuer_der == issuer.subject_der and responder.signed_by(issuer)
    require(issued, Rule.OCSP_RESPONDER, "issued by another")
    check_end_entity(responder)
    require(purposes(responder) == {ExtendedKeyUsageOID.OCSP_SIGNING}, Rule.OCSP_RESPONDER, purposes(responder))
    require(responder.extension(x509.OCSPNoCheck) is not None, Rule.OCSP_RESPONDER, "no nocheck")
    begin, end = responder.validity
    require(begin <= at <= end, Rule.OCSP_RESPONDER, "not valid when it answered")


def _check_signature(answer: ocsp.OCSPResponse, responder: Certificate):
    require(answer.signature_algorithm_oid in SIGNED_WITH, Rule.OCSP_HASH, answer.signature_algorithm_oid)
    kind, hash_algorithm = SIGNED_WITH[answer.signature_algorithm_oid]
    parameters = padding.PKCS1v15() if kind is rsa.RSAPublicKey else ec.ECDSA(hash_algorithm)
    signed = verifies(responder.key, answer.signature, answer.tbs_response_bytes, parameters, hash_algorithm)
    require(signed, Rule.OCSP_SIGNATURE)


def _check_times(answer: ocsp.OCSPResponse, at: datetime):
    begin, end = answer.this_update_utc, answer.next_update_utc
    require(end is not None, Rule.OCSP_UPDATE, "no nextUpdate")
    current = begin <= answer.produced_at_utc <= at <= end
    require(current, Rule.OCSP_UPDATE, f"{begin} to {end}, not at {at}")
    require(end - begin <= LIFETIME, Rule.OCSP_LIFETIME, end - begin)
