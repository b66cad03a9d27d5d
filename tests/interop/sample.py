"""Judges an instance by the sample profile it comes with."""

from clients import client, sign
from envelope import Envelope
from service import Hallmark


def sample_profile(service: Hallmark) -> str:
    return service.role("admin")["HALLMARK_PROFILE_ARN"].rsplit("/", 1)[1]


def signs_with_sample_profile(service: Hallmark) -> Envelope:
    envelope = Envelope(sign(client(service.role("signer")), sample_profile(service))["signature"])
    envelope.check_signature()
    answer = client(service.role("verifier")).get_revocation_status(**envelope.question())
    assert answer["revokedEntities"] == []
    return envelope
