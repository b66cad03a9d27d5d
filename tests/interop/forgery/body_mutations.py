"""Wrong payloads, signatures and orders of certificates, the same in both formats."""

import copy
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from verifier import Rule

from .drafts import ALGORITHMS, PAYLOAD, Draft, fixed_width
from .mutation import Mutation


def payload(octets: bytes):
    def change(draft: Draft):
        draft.payload = octets

    return change


def descriptor(**members: object):
    """Changes members of the descriptor; None drops one."""

    def change(draft: Draft):
        content = copy.deepcopy(PAYLOAD)
        artifact = content["targetArtifact"] | members
        content["targetArtifact"] = {name: value for name, value in artifact.items() if value is not None}
        draft.payload = json.dumps(content).encode()

    return change


def extra_member(draft: Draft):
    draft.payload = json.dumps(PAYLOAD | {"more": 1}).encode()


def signed(how):
    def change(draft: Draft):
        draft.sign = how

    return change


def in_der(draft: Draft, octets: bytes) -> bytes:
    return draft.chain[0].key.sign(octets, ec.ECDSA(hashes.SHA384()))


def genuine(draft: Draft, octets: bytes) -> bytes:
    return fixed_width(draft.chain[0].key, octets, draft.kind)


def salt(length: int):
    def how(draft: Draft, octets: bytes) -> bytes:
        algorithm = ALGORITHMS[draft.kind][2]
        return draft.chain[0].key.sign(octets, padding.PSS(padding.MGF1(algorithm), length), algorithm)

    return signed(how)


def algorithm_of(kind: str):
    """Claims the algorithm of another kind of key, and signs with its hash."""

    def change(draft: Draft):
        draft.protected["alg"] = ALGORITHMS[kind][draft.algorithm]
        draft.sign = lambda draft, octets: fixed_width(draft.chain[0].key, octets, kind)

    return change


def algorithm(jose: object, cose: object):
    def change(draft: Draft):
        draft.protected["alg"] = (jose, cose)[draft.algorithm]

    return change


def chain(change_order):
    def change(draft: Draft):
        draft.certificates = change_order(draft.certificates)

    return change


def reversed_chain(draft: Draft):
    draft.certificates = draft.certificates[::-1]
    draft.sign = lambda draft, octets: fixed_width(draft.chain[-1].key, octets, draft.kind)


# A signed structure of X.509 with nothing in it.
SIGNED_NOTHING = bytes.fromhex("30083000300003020000")

PAYLOADS = [
    Mutation("payload-empty", Rule.PAYLOAD_OBJECT, payload(b"")),
    Mutation("payload-an-array", Rule.PAYLOAD_OBJECT, payload(b"[]")),
    Mutation("payload-no-json", Rule.PAYLOAD_OBJECT, payload(b"{'targetArtifact':1}")),
    Mutation("payload-not-utf8", Rule.PAYLOAD_OBJECT, payload(b'{"targetArtifact":"\xff"}')),
    Mutation("payload-followed", Rule.PAYLOAD_OBJECT, lambda d: setattr(d, "payload", d.payload + b"{}")),
    Mutation("payload-without-artifact", Rule.PAYLOAD_OBJECT, payload(b"{}")),
    Mutation("payload-with-more", Rule.PAYLOAD_OBJECT, extra_member),
    Mutation("payload-artifact-twice", Rule.JSON_DUPLICATE_KEY, payload(b'{"targetArtifact":{},"targetArtifact":{}}')),
    Mutation("payload-artifact-a-text", Rule.PAYLOAD_DESCRIPTOR, payload(b'{"targetArtifact":"sha256"}')),
    Mutation("payload-without-digest", Rule.PAYLOAD_DESCRIPTOR, descriptor(digest=None)),
    Mutation("payload-without-size", Rule.PAYLOAD_DESCRIPTOR, descriptor(size=None)),
    Mutation("payload-without-media-type", Rule.PAYLOAD_DESCRIPTOR, descriptor(mediaType=None)),
    Mutation("payload-size-a-text", Rule.PAYLOAD_DESCRIPTOR, descriptor(size="528")),
    Mutation("payload-size-true", Rule.PAYLOAD_DESCRIPTOR, descriptor(size=True)),
    Mutation("payload-size-negative", Rule.PAYLOAD_DESCRIPTOR, descriptor(size=-1)),
    Mutation("payload-digest-short", Rule.PAYLOAD_DESCRIPTOR, descriptor(digest="sha256:abcd")),
    Mutation("payload-digest-in-capitals", Rule.PAYLOAD_DESCRIPTOR, descriptor(digest="sha256:" + "AB" * 32)),
    Mutation("payload-media-type-empty", Rule.PAYLOAD_DESCRIPTOR, descriptor(mediaType="")),
    Mutation("payload-annotation-a-number", Rule.PAYLOAD_DESCRIPTOR, descriptor(annotations={"a": 1})),
    Mutation("payload-descriptor-with-more", Rule.PAYLOAD_DESCRIPTOR, descriptor(more=1)),
]

SIGNATURES = [
    Mutation("algorithm-rs384", Rule.ALGORITHM, algorithm("RS384", -258)),
    Mutation("algorithm-none", Rule.ALGORITHM, algorithm("none", 0)),
    Mutation("algorithm-of-the-other-format", Rule.ALGORITHM, algorithm(-35, "ES384")),
    Mutation("algorithm-gone", Rule.ALGORITHM, lambda d: d.protected.pop("alg") and None),
    Mutation("algorithm-of-another-curve", Rule.ALGORITHM_OF_KEY, algorithm_of("P-256")),
    Mutation("signature-in-der", Rule.SIGNATURE_LENGTH, signed(in_der)),
    Mutation("signature-short", Rule.SIGNATURE_LENGTH, signed(lambda d, o: genuine(d, o)[1:])),
    Mutation("signature-long", Rule.SIGNATURE_LENGTH, signed(lambda d, o: genuine(d, o) + b"\0")),
    Mutation("signature-empty", Rule.SIGNATURE_LENGTH, signed(lambda d, o: b"")),
    Mutation("signature-of-zeros", Rule.SIGNATURE, signed(lambda d, o: bytes(96))),
    Mutation("signature-about-more", Rule.SIGNATURE, signed(lambda d, o: genuine(d, o + b"\0"))),
    Mutation("signature-about-the-payload", Rule.SIGNATURE, signed(lambda d, o: genuine(d, d.payload))),
]

# Of envelopes whose leaf has an RSA key of 2048 or 3072 bits.
RSA_SIGNATURES = {
    "2048": [
        Mutation("salt-of-20-octets", Rule.SIGNATURE, salt(20)),
        Mutation("salt-none", Rule.SIGNATURE, salt(0)),
    ],
    "3072": [Mutation("algorithm-of-shorter-key", Rule.ALGORITHM_OF_KEY, algorithm_of("2048"))],
}

CHAINS = [
    Mutation("chain-empty", Rule.CHAIN_FORM, lambda d: setattr(d, "certificates", [])),
    Mutation("chain-root-twice", Rule.CHAIN_ROOT_ONCE, chain(lambda c: [*c, c[-1]])),
    Mutation("chain-without-root", Rule.CHAIN_ROOT_LAST, chain(lambda c: c[:-1])),
    Mutation("chain-leaf-alone", Rule.CHAIN_ROOT_LAST, chain(lambda c: c[:1])),
    Mutation("chain-without-issuer", Rule.CHAIN_NAMES, chain(lambda c: [c[0], c[-1]])),
    Mutation("chain-leaf-twice", Rule.CHAIN_NAMES, chain(lambda c: [c[0], *c])),
    Mutation("chain-issuer-twice", Rule.CHAIN_NAMES, chain(lambda c: [*c[:2], *c[1:]])),
    Mutation("chain-reversed", Rule.CHAIN_ROOT_LAST, reversed_chain),
    Mutation("chain-certificate-followed", Rule.CERTIFICATE_SYNTAX, chain(lambda c: [*c[:2], c[2] + b"\0"])),
    Mutation("chain-certificate-cut", Rule.CERTIFICATE_SYNTAX, chain(lambda c: [*c[:2], c[2][:-1]])),
    Mutation("chain-certificate-garbage", Rule.CERTIFICATE_SYNTAX, chain(lambda c: [*c[:2], b"\x30\x00"])),
    Mutation("chain-certificate-without-fields", Rule.CERTIFICATE_SYNTAX, chain(lambda c: [*c[:2], SIGNED_NOTHING])),
]

BODIES = PAYLOADS + SIGNATURES + CHAINS
