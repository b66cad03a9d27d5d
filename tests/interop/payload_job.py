"""SignPayload with the members that AWS's clients do not know."""

import base64
import json

from clients import PAYLOAD_FORMAT
from raw import Answer, Sender

PATH = "/signing-jobs/with-payload"
JWS, COSE = "application/jose+json", "application/cose"
ENVELOPES = {"jws": JWS, "cose": COSE}


def body(profile_name: str, content: bytes, media_type: str | None = None, **members) -> dict:
    members |= {
        "profileName": profile_name,
        "payload": base64.b64encode(content).decode(),
        "payloadFormat": PAYLOAD_FORMAT,
    }
    return members | ({"signatureEnvelopeType": media_type} if media_type else {})


def ask(sender: Sender, profile_name: str, content: bytes, media_type: str | None = None, **members) -> Answer:
    """The answer as it comes."""
    return sender.send("POST", PATH, json.dumps(body(profile_name, content, media_type, **members)).encode())


def sign(sender: Sender, profile_name: str, content: bytes, media_type: str | None = None) -> dict:
    """The members of the answer, with the envelope as octets."""
    answer = ask(sender, profile_name, content, media_type)
    assert answer.status == 200, answer
    return opened(json.loads(answer.body))


def opened(members: dict) -> dict:
    return members | {"signature": base64.b64decode(members["signature"])}
