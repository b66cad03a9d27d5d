"""The payload: which artifact the signature is about."""

import re

from .json_object import json_object
from .rule import Rule, require

DIGEST = re.compile("sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")
# RFC 6838 section 4.2; one line of parameters at most.
MEDIA_TYPE = re.compile(r"[A-Za-z0-9][\w!#$&^.+-]{0,126}/[A-Za-z0-9][\w!#$&^.+-]{0,126}(;[ -~]+)?", re.ASCII)
NEEDED, OPTIONAL = {"mediaType", "digest", "size"}, {"annotations", "artifactType"}


def check(payload: bytes):
    members = json_object(payload, Rule.PAYLOAD_OBJECT)
    require(set(members) == {"targetArtifact"}, Rule.PAYLOAD_OBJECT, sorted(members))
    descriptor = members["targetArtifact"]
    require(isinstance(descriptor, dict), Rule.PAYLOAD_DESCRIPTOR, "not an object")
    names = set(descriptor)
    require(NEEDED <= names <= NEEDED | OPTIONAL, Rule.PAYLOAD_DESCRIPTOR, sorted(names))
    for name, form in (("mediaType", MEDIA_TYPE), ("artifactType", MEDIA_TYPE), ("digest", DIGEST)):
        value = descriptor.get(name, descriptor["mediaType"])
        require(isinstance(value, str) and form.fullmatch(value), Rule.PAYLOAD_DESCRIPTOR, f"{name}: {value}")
    size = descriptor["size"]
    require(isinstance(size, int) and not isinstance(size, bool) and size >= 0, Rule.PAYLOAD_DESCRIPTOR, size)
    annotations = descriptor.get("annotations", {})
    texts = isinstance(annotations, dict) and all(isinstance(value, str) for value in annotations.values())
    require(texts, Rule.PAYLOAD_DESCRIPTOR, "annotations")
