"""One certificate, read strictly, with the octets of its names as they stand in it."""

from functools import cached_property

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import ExtensionOID

from .algorithm import SHA2, verifies
from .octets import check_signed
from .rule import Rule, broken, require

# Extensions that this verifier evaluates, and so may be critical (RFC 5280 section 4.2).
UNDERSTOOD = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.EXTENDED_KEY_USAGE,
}


class Certificate:
    def __init__(self, der: bytes):
        check_signed(der, Rule.CERTIFICATE_SYNTAX)
        self.der = der
        try:
            self.fields = asn1.Certificate.load(der, strict=True)["tbs_certificate"]
            self.subject_der = self.fields["subject"].dump()
            self.issuer_der = self.fields["issuer"].dump()
            self.serial_number = self.fields["serial_number"].native
            self.serial_octets = len(self.fields["serial_number"].contents)
        except (ValueError, TypeError) as error:
            broken(Rule.CERTIFICATE_SYNTAX, error, error)
        # Some libraries refuse other serial numbers while they parse.
        require(self.serial_number > 0 and self.serial_octets <= 20, Rule.CERTIFICATE_SERIAL, self.serial_number)
        try:
            self.x509 = x509.load_der_x509_certificate(der)
            self.key = self.x509.public_key()
            self.subject = self.x509.subject
            self.validity = (self.x509.not_valid_before_utc, self.x509.not_valid_after_utc)
        except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
            broken(Rule.CERTIFICATE_SYNTAX, error, error)

    def __repr__(self) -> str:
        return f"Certificate({self.subject.rfc4514_string()})"

    @cached_property
    def extensions(self) -> x509.Extensions:
        try:
            return self.x509.extensions
        except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
            broken(Rule.CERTIFICATE_EXTENSIONS, error, error)

    def extension(self, kind: type[x509.ExtensionType]) -> x509.Extension | None:
        try:
            return self.extensions.get_extension_for_class(kind)
        except x509.ExtensionNotFound:
            return None

    @property
    def self_signed(self) -> bool:
        return self.subject_der == self.issuer_der and self.signed_by(self)

    def signed_by(self, issuer: "Certificate") -> bool:
        """Whether the issuer's key made the signature; names and usage are other rules."""
        certificate = self.x509
        try:
            parameters = certificate.signature_algorithm_parameters
            hash_algorithm = certificate.signature_hash_algorithm
        except (ValueError, UnsupportedAlgorithm):
            return False
        signed = certificate.tbs_certificate_bytes
        return verifies(issuer.key, certificate.signature, signed, parameters, hash_algorithm)

    def ocsp_urls(self) -> list[str]:
        access = self.extension(x509.AuthorityInformationAccess)
        descriptions = access.value if access else []
        wanted = x509.AuthorityInformationAccessOID.OCSP
        return [_url(found.access_location) for found in descriptions if found.access_method == wanted]

    def crl_urls(self) -> list[str]:
        points = self.extension(x509.CRLDistributionPoints)
        return [_url(name) for point in (points.value if points else []) for name in point.full_name or [None]]

    def check(self):
        """The rules that hold for every certificate of a chain."""
        require(self.x509.version is x509.Version.v3, Rule.CERTIFICATE_VERSION)
        require(isinstance(self._hash(), SHA2), Rule.CERTIFICATE_HASH, self.x509.signature_algorithm_oid)
        for extension in self.extensions:
            known = not extension.critical or extension.oid in UNDERSTOOD
            require(known, Rule.CERTIFICATE_CRITICAL_EXTENSION, extension.oid)
        require(len(self.crl_urls()) <= 1, Rule.ONE_DISTRIBUTION_POINT, self.crl_urls())
        for url in self.ocsp_urls() + self.crl_urls():
            require(url.startswith("http://"), Rule.REVOCATION_URL, url)

    def _hash(self):
        try:
            return self.x509.signature_hash_algorithm
        except UnsupportedAlgorithm:
            return None


def _url(name: x509.GeneralName | None) -> str:
    """A name that is no URL is one that nobody can fetch."""
    return name.value if isinstance(name, x509.UniformResourceIdentifier) else str(name)
