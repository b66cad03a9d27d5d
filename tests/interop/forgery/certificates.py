"""Certificates and their hierarchies, changed as a test likes before they are signed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from asn1crypto import algos
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .keys import key

USAGES = (
    "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign "
    "encipher_only decipher_only"
).split()
DAY = timedelta(days=1)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def usage(*names: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{name: name in names for name in USAGES})


def name(common_name: str, **others: str) -> x509.Name:
    """C, ST, O and CN, with other values where given."""
    kinds = {
        "C": NameOID.COUNTRY_NAME,
        "ST": NameOID.STATE_OR_PROVINCE_NAME,
        "O": NameOID.ORGANIZATION_NAME,
        "CN": NameOID.COMMON_NAME,
    }
    values = {"C": "DE", "ST": "Sachsen-Anhalt", "O": "Forgery", "CN": common_name} | others
    return x509.Name([x509.NameAttribute(kinds[kind], value) for kind, value in values.items()])


def sign(private_key, octets: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    """As certificates are signed: ECDSA in DER, RSA with PKCS #1 v1.5, or Ed25519."""
    if isinstance(private_key, ec.EllipticCurvePrivateKey):
        return private_key.sign(octets, ec.ECDSA(algorithm))
    if hasattr(private_key, "key_size"):
        return private_key.sign(octets, padding.PKCS1v15(), algorithm)
    return private_key.sign(octets)


@dataclass
class Certified:
    """A certificate and its key."""

    der: bytes
    key: object

    @property
    def x509(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.der)

    @property
    def asn1(self) -> asn1.Certificate:
        return asn1.Certificate.load(self.der)

    @property
    def pem(self) -> bytes:
        return self.x509.public_bytes(Encoding.PEM)

    @property
    def private_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass
class Template:
    """What a certificate will say."""

    subject: x509.Name
    key: object
    extensions: list[tuple[x509.ExtensionType, bool]]
    """Each with whether it is critical."""
    begin: datetime = field(default_factory=lambda: now() - DAY)
    end: datetime = field(default_factory=lambda: now() + 30 * DAY)
    serial_number: int = field(default_factory=x509.random_serial_number)
    edit: Callable[[asn1.Certificate], None] | None = None
    """The last change before it is signed, for what the library does not build."""
    edited_hash: hashes.HashAlgorithm = field(default_factory=hashes.SHA384)
    """What is signed with after that change."""

    def set(self, value: x509.ExtensionType, critical: bool):
        """Puts an extension in the place of the one of its kind."""
        self.drop(type(value))
        self.extensions.append((value, critical))

    def drop(self, kind: type[x509.ExtensionType]):
        self.extensions = [(value, critical) for value, critical in self.extensions if not isinstance(value, kind)]

    def issue(self, issuer: Certified | None = None) -> Certified:
        """Signs it with the issuer's key, or its own."""
        signer = issuer.key if issuer else self.key
        builder = x509.CertificateBuilder(
            issuer.x509.subject if issuer else self.subject,
            self.subject,
            self.key.public_key(),
            self.serial_number,
            self.begin,
            self.end,
        )
        for value, critical in self.extensions:
            builder = builder.add_extension(value, critical)
        der = builder.sign(signer, hashes.SHA384()).public_bytes(Encoding.DER)
        if self.edit:
            der = signed_anew(asn1.Certificate.load(der), "tbs_certificate", signer, self.edit, self.edited_hash)
        return Certified(der, self.key)


def signed_anew(whole, part: str, private_key, edit: Callable, algorithm: hashes.HashAlgorithm) -> bytes:
    """A signed structure of X.509 after a change, with a signature that fits."""
    edit(whole)
    signature = sign(private_key, whole[part].dump(force=True), algorithm)
    field_name = "signature" if "signature" in whole._field_map else "signature_value"
    whole[field_name] = signature
    return whole.dump(force=True)


def with_algorithm(name: str) -> Callable[[asn1.Certificate], None]:
    """Claims another signature algorithm, at both places."""

    def edit(whole: asn1.Certificate):
        for place in (whole["tbs_certificate"], whole):
            place["signature" if place is not whole else "signature_algorithm"] = algos.SignedDigestAlgorithm(
                {"algorithm": name}
            )

    return edit


def ca(common_name: str, path_length: int | None, kind: str = "P-384") -> Template:
    return Template(
        name(common_name),
        key(kind, common_name),
        [(x509.BasicConstraints(True, path_length), True), (usage("key_cert_sign", "crl_sign"), True)],
    )


def signing_leaf(kind: str = "P-384") -> Template:
    return Template(
        name("release"),
        key(kind, "release"),
        [
            (usage("digital_signature"), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False),
        ],
    )


def timestamping_leaf(kind: str = "P-384") -> Template:
    return Template(
        name("Timestamps"),
        key(kind, "Timestamps"),
        [
            (usage("digital_signature"), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True),
        ],
    )


def with_unused_bit(make: Callable[[], bytes], signature: Callable[[bytes], bytes]) -> bytes:
    """A signed structure whose signature, in a BIT STRING, is said to be a bit shorter: the last one, which is 0."""
    while (octets := make()) and signature(octets)[-1] & 1:
        continue
    place = octets.index(signature(octets)) - 1
    assert octets[place] == 0
    return octets[:place] + b"\1" + octets[place + 1 :]


@dataclass
class Hierarchy:
    """A root, an issuer below it and a leaf, to be changed and then issued."""

    leaf: Template
    issuer: Template
    root: Template

    @classmethod
    def of(cls, leaf: Template, prefix: str = "") -> "Hierarchy":
        """Authorities have names and keys by the prefix."""
        return cls(leaf, ca(prefix + "Issuer", 0), ca(prefix + "Root", None))

    def issue(self) -> list[Certified]:
        """The chain, leaf first."""
        root = self.root.issue()
        issuer = self.issuer.issue(root)
        return [self.leaf.issue(issuer), issuer, root]
