"""The rules by name, and what is raised when one is broken."""

from enum import StrEnum
from typing import NoReturn


class Rule(StrEnum):
    """Each member is one rule; the comments say what it asks for."""

    # Octets
    BASE64URL = "base64url"  # RFC 7515 section 2: no padding, no spare bits
    BASE64 = "base64"  # RFC 4648 section 4: with padding, no spare bits
    JSON_SYNTAX = "json-syntax"  # one JSON object in UTF-8
    JSON_DUPLICATE_KEY = "json-duplicate-key"
    CBOR_SYNTAX = "cbor-syntax"
    CBOR_INDEFINITE_LENGTH = "cbor-indefinite-length"
    CBOR_DUPLICATE_KEY = "cbor-duplicate-key"
    CBOR_DETERMINISTIC = "cbor-deterministic"  # RFC 8949 section 4.2.1, and nothing follows

    # Envelope
    MEDIA_TYPE = "media-type"  # of the envelope: JWS or COSE
    JWS_MEMBERS = "jws-members"  # payload, protected, header, signature
    COSE_TAG = "cose-tag"  # 18
    COSE_STRUCTURE = "cose-structure"  # protected bstr, unprotected map, payload bstr, signature bstr
    UNPROTECTED_HEADER = "unprotected-header"  # chain, timestampSignature and signingAgent alone, each of its type
    CHAIN_FORM = "chain-form"  # an array of at least one certificate, in the unprotected header alone
    CONTENT_TYPE = "content-type"
    ALGORITHM = "algorithm"  # one of the six
    ALGORITHM_OF_KEY = "algorithm-of-key"  # the one that belongs to the leaf's key
    LEAF_KEY = "leaf-key"  # RSA of 2048, 3072 or 4096 bits, P-256, P-384 or P-521
    SIGNATURE_LENGTH = "signature-length"  # r||s of fixed width, or the modulus's
    SIGNATURE = "signature"
    SCHEME = "scheme"
    SIGNING_TIME = "signing-time"  # the scheme's own is there
    SIGNING_TIME_OF_OTHER_SCHEME = "signing-time-of-other-scheme"
    TIME_FORM = "time-form"  # UTC, whole seconds: "…Z" in JWS, tag 1 with an integer in COSE
    EXPIRY_AFTER_SIGNING = "expiry-after-signing"
    EXPIRED = "expired"
    CRIT_FORM = "crit-form"  # an array of names, not empty
    CRIT_DUPLICATE = "crit-duplicate"
    CRIT_FORBIDDEN = "crit-forbidden"  # alg, crit, cty and signingTime are never critical
    CRIT_ABSENT = "crit-absent"  # names a header that is not there
    CRIT_MISSING = "crit-missing"  # does not name one that has to be critical
    PLUGIN_FORM = "plugin-form"  # a text with something in it
    PLUGIN_VERSION_FORM = "plugin-version-form"  # Semantic Versioning, of a plugin that is named
    PLUGIN_UNKNOWN = "plugin-unknown"
    PLUGIN_ATTRIBUTES = "plugin-attributes"  # all that the plugin needs, critical texts
    UNKNOWN_CRITICAL_ATTRIBUTE = "unknown-critical-attribute"
    STRAY_HEADER = "stray-header"  # an attribute that nobody reads
    TOKEN_UNDER_SIGNING_AUTHORITY = "token-under-signing-authority"
    PAYLOAD_OBJECT = "payload-object"  # one member, targetArtifact
    PAYLOAD_DESCRIPTOR = "payload-descriptor"  # media type, digest, size; annotations, artifact type

    # Certificates
    CERTIFICATE_SYNTAX = "certificate-syntax"  # DER, and nothing follows
    CERTIFICATE_VERSION = "certificate-version"  # 3
    CERTIFICATE_SERIAL = "certificate-serial"  # positive, at most 20 octets
    CERTIFICATE_HASH = "certificate-hash"  # signed with RSA or ECDSA and SHA-2
    CERTIFICATE_EXTENSIONS = "certificate-extensions"  # readable, none twice
    CERTIFICATE_CRITICAL_EXTENSION = "certificate-critical-extension"  # none that is not understood
    REVOCATION_URL = "revocation-url"  # http://
    ONE_DISTRIBUTION_POINT = "one-distribution-point"
    CHAIN_ROOT_LAST = "chain-root-last"
    CHAIN_ROOT_ONCE = "chain-root-once"
    CHAIN_NAMES = "chain-names"  # issuer names are their subjects byte for byte
    CHAIN_SIGNATURES = "chain-signatures"
    CHAIN_VALIDITY = "chain-validity"  # every certificate, root included
    ANCHOR = "anchor"  # one certificate is byte for byte a trusted one
    LEAF_NOT_CA = "leaf-not-ca"
    KEY_USAGE_PRESENT = "key-usage-present"
    KEY_USAGE_CRITICAL = "key-usage-critical"
    LEAF_KEY_USAGE = "leaf-key-usage"  # digitalSignature alone
    LEAF_EXTENDED_KEY_USAGE = "leaf-extended-key-usage"  # codeSigning alone
    CA_BASIC_CONSTRAINTS = "ca-basic-constraints"  # cA
    CA_BASIC_CONSTRAINTS_CRITICAL = "ca-basic-constraints-critical"
    CA_KEY_USAGE = "ca-key-usage"  # keyCertSign and cRLSign
    CA_PATH_LENGTH = "ca-path-length"
    SUBJECT_COMPLETE = "subject-complete"  # C, ST and O
    SUBJECT_SINGLE_VALUED = "subject-single-valued"
    SUBJECT_UNIQUE = "subject-unique"
    SUBJECT_KNOWN = "subject-known"  # attributes that every verifier can name

    # Timestamp tokens
    TOKEN_SYNTAX = "token-syntax"  # a ContentInfo with SignedData in DER
    TOKEN_SIGNED_DATA_VERSION = "token-signed-data-version"  # 3
    TOKEN_CONTENT_TYPE = "token-content-type"  # id-ct-TSTInfo
    TOKEN_ONE_SIGNER = "token-one-signer"
    TOKEN_SIGNER_VERSION = "token-signer-version"  # 1
    TOKEN_CERTIFICATES = "token-certificates"  # the signing one and the intermediates are included
    TOKEN_ATTRIBUTES = "token-attributes"  # the needed ones, once, with one value
    TOKEN_ATTRIBUTE_ORDER = "token-attribute-order"  # DER's
    TOKEN_ATTRIBUTE_CONTENT_TYPE = "token-attribute-content-type"
    TOKEN_MESSAGE_DIGEST = "token-message-digest"
    TOKEN_SIGNING_CERTIFICATE = "token-signing-certificate"  # signingCertificateV2 means the signing one
    TOKEN_HASH = "token-hash"  # SHA-2 throughout
    TOKEN_SIGNATURE = "token-signature"
    TOKEN_INFO_VERSION = "token-info-version"  # 1
    TOKEN_INFO_EXTENSION = "token-info-extension"  # none that is critical
    TOKEN_IMPRINT_HASH = "token-imprint-hash"  # that of the leaf's key
    TOKEN_IMPRINT_PARAMETERS = "token-imprint-parameters"  # NULL
    TOKEN_IMPRINT = "token-imprint"  # of this envelope's signature
    TOKEN_TIME_FORM = "token-time-form"  # UTC with Z, no trailing zero
    TSA_KEY_USAGE = "tsa-key-usage"  # digitalSignature, contentCommitment at most beside it
    TSA_EXTENDED_KEY_USAGE = "tsa-extended-key-usage"  # critical, timeStamping alone
    TSA_VALIDITY = "tsa-validity"
    TSA_ANCHOR = "tsa-anchor"

    # Revocation
    REVOKED = "revoked"
    REVOCATION_INVALIDITY_DATE = "revocation-invalidity-date"  # not critical, the date of the revocation
    CRL_SYNTAX = "crl-syntax"  # DER
    CRL_VERSION = "crl-version"  # 2
    CRL_NUMBER = "crl-number"
    CRL_ISSUER = "crl-issuer"  # the certificate's own
    CRL_HASH = "crl-hash"
    CRL_SIGNATURE = "crl-signature"
    CRL_UPDATE = "crl-update"  # nextUpdate is there; thisUpdate <= now <= nextUpdate
    CRL_CRITICAL_EXTENSION = "crl-critical-extension"
    CRL_DISTRIBUTION_POINT = "crl-distribution-point"  # issuingDistributionPoint: critical, the certificate's
    CRL_ENTRY_EXTENSION = "crl-entry-extension"
    OCSP_SYNTAX = "ocsp-syntax"  # DER, at most 20,480 octets
    OCSP_SUCCESSFUL = "ocsp-successful"
    OCSP_SINGLE_RESPONSE = "ocsp-single-response"  # one, about the certificate that was asked for
    OCSP_HASH = "ocsp-hash"
    OCSP_SIGNATURE = "ocsp-signature"
    OCSP_RESPONDER = "ocsp-responder"  # the issuer, or first in line one it issued for OCSPSigning with nocheck
    OCSP_UPDATE = "ocsp-update"  # nextUpdate is there; thisUpdate <= now <= nextUpdate
    OCSP_LIFETIME = "ocsp-lifetime"  # an hour at most
    OCSP_CRITICAL_EXTENSION = "ocsp-critical-extension"
    OCSP_STATUS_KNOWN = "ocsp-status-known"


class Violation(Exception):
    """An envelope, or something it relies on, breaks a rule."""

    def __init__(self, rule: Rule, detail: str = ""):
        super().__init__(f"{rule}: {detail}" if detail else str(rule))
        self.rule = rule


def broken(rule: Rule, detail: object = "", cause: Exception | None = None) -> NoReturn:
    raise Violation(rule, str(detail)) from cause


def require(holds: bool, rule: Rule, detail: object = ""):
    if not holds:
        broken(rule, detail)
