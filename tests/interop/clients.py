"""Unmodified AWS clients, told where to go by an environment file alone."""

import os
import uuid
from unittest import mock

import boto3
import pytest
from botocore.exceptions import ClientError

PLATFORM = "Notation-OCI-SHA384-ECDSA"
PAYLOAD_FORMAT = "application/vnd.cncf.notary.payload.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def client(variables: dict[str, str], service: str = "signer"):
    """A boto3 client made where only the given variables say anything about AWS."""
    others = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    quiet = {"AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nonexistent"}
    with mock.patch.dict(os.environ, {**others, **quiet, **variables}, clear=True):
        return boto3.Session().client(service)


def unique(prefix: str = "profile") -> str:
    return f"{prefix}_{uuid.uuid4().hex[:12]}"


def payload(digest: str = "sha256:" + "ab" * 32, size: int = 528) -> bytes:
    text = '{"targetArtifact":{"mediaType":"%s","digest":"%s","size":%d}}'
    return (text % (MANIFEST, digest, size)).encode()


def new_profile(admin, **members) -> dict:
    """Puts a profile of a name never used before; its answer with the name added."""
    name = members.pop("profileName", None) or unique()
    answer = admin.put_signing_profile(profileName=name, **{"platformId": PLATFORM} | members)
    return {"profileName": name, **answer}


def sign(signer, profile_name: str, content: bytes | None = None) -> dict:
    content = payload() if content is None else content
    return signer.sign_payload(profileName=profile_name, payload=content, payloadFormat=PAYLOAD_FORMAT)


def job_arn(variables: dict[str, str], job_id: str) -> str:
    return f"arn:aws:signer:{variables['AWS_REGION']}:{variables['HALLMARK_ACCOUNT']}:/signing-jobs/{job_id}"


class Refusal:
    """`with refused("ValidationException") as refusal:` the call fails with exactly this modelled exception."""

    def __init__(self, exception: str, message: str | None):
        self.exception = exception
        self.expected = message
        self.message = ""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            pytest.fail(f"expected {self.exception}, but the call succeeded")
        if not isinstance(error, ClientError):
            return False
        answer = error.response
        self.message = answer["Error"]["Message"]
        assert answer["Error"]["Code"] == self.exception, answer
        assert kind.__name__ == self.exception, f"boto3 raised {kind.__name__}"
        assert answer["ResponseMetadata"]["RequestId"], answer
        if self.expected is not None:
            assert self.message == self.expected
        return True


def refused(exception: str, message: str | None = None) -> Refusal:
    return Refusal(exception, message)
