"""An OCI layout whose image is signed, and what hallmarkctl verify says of it."""

import hashlib
import json

import payload_job
from clients import payload
from hallmarkctl import NO
from offline_notation import Layout
from payload_job import ENVELOPES
from raw import Sender

PROFILES = {
    "plugin": {"verificationPlugin": "hallmark"},
    "aws": {},
    "plain": {"verificationPlugin": "none"},
    "kyverno": {"verificationPlugin": "none", "signingScheme": "notary.x509", "issuer": "profile"},
}
MANIFEST = b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[],"config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2}}'


class Signed:
    """A layout with one image, and the signatures it was given."""

    def __init__(self, directory, variables):
        self.layout = Layout(directory, MANIFEST)
        self.layout.index(self.layout.image)
        self.attached = []
        self.path = directory
        self.digest = "sha256:" + hashlib.sha256(MANIFEST).hexdigest()
        self.sender = Sender(variables["signer"])

    def sign(self, profile, form="jws") -> dict:
        """Signs as a profile does; the answer, with the envelope as bytes."""
        content = payload(self.digest, len(MANIFEST))
        return payload_job.sign(self.sender, profile["profileName"], content, ENVELOPES[form])

    def attach(self, envelope: bytes, form="jws"):
        """Adds a signature to those that the image has."""
        self.attached.append(self.layout.signature_of(envelope, ENVELOPES[form]))
        self.layout.index(self.layout.image, *self.attached)


def outcomes(answer: dict, place=0) -> dict[str, str]:
    return {check["check"]: check["outcome"] for check in answer["signatures"][place]["checks"]}


def refusal(ctl, *words) -> dict:
    """Not verified; the checks of the first signature."""
    done = ctl.run(*words, "--output", "json")
    assert done.returncode == NO, (done.returncode, done.stdout, done.stderr)
    answer = json.loads(done.stdout)
    assert answer["verified"] is False
    return outcomes(answer)
