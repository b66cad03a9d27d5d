"""Timestamp tokens (RFC 3161 section 2.4.2): CMS SignedData of one signer around a TSTInfo."""

from collections.abc import Iterable
from dataclasses import dataclass

from asn1crypto import cms, core, tsp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from . import chain as chains
from . import timestamp_info
from .algorithm import Algorithm, of_key, verifies
from .certificate import Certificate
from .certificate_rules import check_timestamping_leaf
from .octets import check_der, content, elements, in_set_order
from .rule import Rule, broken, require
from .timestamp_info import TimestampInfo, digest

HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
CERTIFICATES = SIGNED_ATTRIBUTES = 0xA0
NEEDED = {"content_type", "message_digest", "signing_certificate_v2"}


@dataclass(frozen=True)
class Token:
    """A token in order, about the signature it was checked against."""

    info: TimestampInfo
    chain: list[Certificate]


def check(octets: bytes, signature: bytes, algorithm: Algorithm, anchors: Iterable[bytes]) -> Token:
    """Checks everything about a token but whether its authority's certificates are revoked."""
    anchors = list(anchors)
    signed_data = _read(octets)
    require(signed_data["version"].native == "v3", Rule.TOKEN_SIGNED_DATA_VERSION, signed_data["version"].native)
    encapsulated = signed_data["encap_content_info"]
    content_type = encapsulated["content_type"].native
    require(content_type == "tst_info", Rule.TOKEN_CONTENT_TYPE, content_type)
    require(len(signed_data["signer_infos"]) == 1, Rule.TOKEN_ONE_SIGNER)
    signer = signed_data["signer_infos"][0]
    require(signer["version"].native == "v1", Rule.TOKEN_SIGNER_VERSION, signer["version"].native)

    info_octets = bytes(encapsulated["content"])
    certificates, attributes = _as_received(octets)
    bag = [Certificate(der) for der in certificates]
    signing = _signing_certificate(signer, bag)
    listed = [algorithm["algorithm"].native for algorithm in signed_data["digest_algorithms"]]
    require(listed == [signer["digest_algorithm"]["algorithm"].native], Rule.TOKEN_HASH, listed)
    require(in_set_order(attributes), Rule.TOKEN_ATTRIBUTE_ORDER)
    _check_attributes(signer, info_octets, signing)
    _check_signature(signer, attributes, signing)
    info = timestamp_info.check(info_octets, signature, algorithm)
    chain = _chain(signing, bag, anchors)
    of_key(signing.key)
    chains.check(chain, check_timestamping_leaf)
    chains.check_anchor(chain, anchors, Rule.TSA_ANCHOR)
    chains.check_validity(chain, info.earliest, info.latest, Rule.TSA_VALIDITY)
    return Token(info, chain)


def _read(octets: bytes) -> cms.SignedData:
    check_der(octets, Rule.TOKEN_SYNTAX)
    try:
        message = cms.ContentInfo.load(octets, strict=True)
        kind = message.native["content_type"]
    except (ValueError, TypeError, KeyError) as error:
        broken(Rule.TOKEN_SYNTAX, error, error)
    require(kind == "signed_data", Rule.TOKEN_SYNTAX, kind)
    return message["content"]


def _as_received(octets: bytes) -> tuple[list[bytes], bytes]:
    """The certificates and the signed attributes of a token that `_read` has read, in the octets they came in.

    asn1crypto writes SETs and defaults anew once it has looked at them, in whatever order they came.
    """
    signed_data = elements(content(content(elements(content(octets))[1])))
    signer = elements(content(elements(content(signed_data[-1]))[0]))
    bags = [content(field) for field in signed_data[3:-1] if field[0] == CERTIFICATES]
    require(len(signer) > 3 and signer[3][0] == SIGNED_ATTRIBUTES, Rule.TOKEN_ATTRIBUTES, "none are signed")
    return [der for bag in bags for der in elements(bag)], content(signer[3])


def _signing_certificate(signer: cms.SignerInfo, bag: list[Certificate]) -> Certificate:
    require(signer["sid"].name == "issuer_and_serial_number", Rule.TOKEN_SIGNER_VERSION, signer["sid"].name)
    wanted = signer["sid"].chosen
    found = [
        certificate
        for certificate in bag
        if certificate.issuer_der == wanted["issuer"].dump()
        and certificate.serial_number == wanted["serial_number"].native
    ]
    require(len(found) == 1, Rule.TOKEN_CERTIFICATES, "the signing certificate is not there once")
    return found[0]


def _hash(algorithm: cms.DigestAlgorithm) -> hashes.HashAlgorithm:
    name = algorithm["algorithm"].native
    require(name in HASHES, Rule.TOKEN_HASH, name)
    return HASHES[name]


def _check_attributes(signer: cms.SignerInfo, info: bytes, signing: Certificate):
    attributes = signer["signed_attrs"]
    kinds = [attribute["type"].native for attribute in attributes]
    require(set(kinds) >= NEEDED, Rule.TOKEN_ATTRIBUTES, kinds)
    single = all(len(attribute["values"]) == 1 for attribute in attributes)
    require(len(set(kinds)) == len(kinds) and single, Rule.TOKEN_ATTRIBUTES, kinds)
    values = {attribute["type"].native: attribute["values"][0] for attribute in attributes}
    content_type = values["content_type"].native
    require(content_type == "tst_info", Rule.TOKEN_ATTRIBUTE_CONTENT_TYPE, content_type)
    stated = values["message_digest"].native
    require(stated == digest(_hash(signer["digest_algorithm"]), info), Rule.TOKEN_MESSAGE_DIGEST)
    _check_meant(values["signing_certificate_v2"], signing)


def _check_meant(attribute: tsp.SigningCertificateV2, signing: Certificate):
    """RFC 5035 section 4: the first entry means the signing certificate."""
    require(len(attribute["certs"]) > 0, Rule.TOKEN_SIGNING_CERTIFICATE)
    entry = attribute["certs"][0]
    meant = entry["cert_hash"].native == digest(_hash(entry["hash_algorithm"]), signing.der)
    require(meant, Rule.TOKEN_SIGNING_CERTIFICATE, "another hash")
    named = entry["issuer_serial"]
    if named.native is not None:
        issuers = [name.chosen.untag().dump() for name in named["issuer"] if name.name == "directory_name"]
        same = issuers == [signing.issuer_der] and named["serial_number"].native == signing.serial_number
        require(same, Rule.TOKEN_SIGNING_CERTIFICATE, "another issuer or serial number")


def _check_signature(signer: cms.SignerInfo, attributes: bytes, signing: Certificate):
    hash_algorithm = _hash(signer["digest_algorithm"])
    named = signer["signature_algorithm"]
    name = named["algorithm"].native
    try:
        kind = named.signature_algo
    except ValueError as error:
        broken(Rule.TOKEN_SIGNATURE, error, error)
    # rsaEncryption and id-RSASSA-PSS leave the hash to other fields (RFC 3370 section 3.2, RFC 4056 section 3).
    own_hash = name.endswith(("_rsa", "_ecdsa"))
    stated = name.split("_")[0] if own_hash else hash_algorithm.name
    require(stated == hash_algorithm.name, Rule.TOKEN_HASH, f"{stated} beside {hash_algorithm.name}")
    parameters = {
        "rsassa_pkcs1v15": padding.PKCS1v15(),
        "rsassa_pss": padding.PSS(padding.MGF1(hash_algorithm), hash_algorithm.digest_size),
        "ecdsa": ec.ECDSA(hash_algorithm),
    }.get(kind)
    require(parameters is not None, Rule.TOKEN_SIGNATURE, kind)
    # RFC 5652 section 5.4: not under the tag that they have in the message.
    signed = core.SetOf(contents=attributes, spec=core.Any).dump()
    require(verifies(signing.key, signer["signature"].native, signed, parameters, hash_algorithm), Rule.TOKEN_SIGNATURE)


def _chain(signing: Certificate, bag: list[Certificate], anchors: list[bytes]) -> list[Certificate]:
    """From the signing certificate to a root; the root alone may come from the trust store."""
    roots = [Certificate(der) for anchor in anchors for der in chains.certificates_of(anchor)]
    chain = [signing]
    while not chain[-1].self_signed:
        child = chain[-1]
        parents = [one for one in bag + roots if one.subject_der == child.issuer_der and one not in chain]
        parent = next((one for one in parents if child.signed_by(one)), None)
        require(parent is not None, Rule.TSA_ANCHOR, f"no certificate that issued {child}")
        chain.append(parent)
    return chain
