"""Hallmark's notation plugin, spoken to as notation speaks to it."""

import base64
import json
import subprocess
from pathlib import Path

from clients import PAYLOAD_FORMAT, payload
from envelope import Envelope
from payload_job import JWS
from tools import HALLMARK_PLUGIN, TIMEOUT_SECONDS, clean_environment

IDENTITY = "SIGNATURE_VERIFIER.TRUSTED_IDENTITY"
REVOCATION = "SIGNATURE_VERIFIER.REVOCATION_CHECK"
PROFILE_VERSION = "io.hallmark.signingProfileVersion"
JOB = "io.hallmark.signingJob"


class Plugin:
    """The plugin in an environment that holds one role's variables and nothing else."""

    def __init__(self, home: Path, variables: dict[str, str]):
        self.environment = clean_environment(home) | {
            name: value for name, value in variables.items() if name.startswith(("AWS_", "HALLMARK_"))
        }

    def run(self, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess:
        return subprocess.run(
            [HALLMARK_PLUGIN, *words],
            env=self.environment,
            input=stdin,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )

    def ask(self, command: str, request) -> subprocess.CompletedProcess:
        return self.run(command, stdin=request if isinstance(request, bytes) else json.dumps(request).encode())

    def answer(self, command: str, request) -> dict:
        """The answer; insists that it is the one JSON document on standard output, and standard error is empty."""
        done = self.ask(command, request)
        assert (done.returncode, done.stderr) == (0, b""), done
        return json.loads(done.stdout)

    def refusal(self, command: str, request, code: str) -> str:
        """The sentence of the error; insists on the contract's form."""
        return refusal_of(self.ask(command, request), code)


def refusal_of(done: subprocess.CompletedProcess, code: str) -> str:
    assert (done.returncode, done.stdout) == (1, b""), done
    error = json.loads(done.stderr)
    assert set(error) - {"errorMetadata"} == {"errorCode", "errorMessage"}, error
    assert error["errorCode"] == code, error
    assert error["errorMessage"], error
    return error["errorMessage"]


def signing(key: str, config=None, **members) -> dict:
    """A request of generate-envelope, as notation writes it."""
    request = {
        "contractVersion": "1.0",
        "keyId": key,
        "payloadType": PAYLOAD_FORMAT,
        "signatureEnvelopeType": JWS,
        "payload": base64.b64encode(payload()).decode(),
    }
    return request | ({"pluginConfig": config} if config else {}) | members


def verifying(envelope: Envelope, identities: list[str], capabilities=(IDENTITY, REVOCATION), config=None) -> dict:
    """A request of verify-signature, as notation writes it."""
    attributes = {name: envelope.protected[name] for name in (PROFILE_VERSION, JOB)}
    request = {
        "contractVersion": "1.0",
        "signature": {
            "criticalAttributes": {
                "contentType": PAYLOAD_FORMAT,
                "signingScheme": envelope.protected["io.cncf.notary.signingScheme"],
                "expiry": envelope.protected["io.cncf.notary.expiry"],
                "authenticSigningTime": envelope.protected["io.cncf.notary.authenticSigningTime"],
                "extendedAttributes": attributes,
            },
            "unprocessedAttributes": list(attributes),
            "certificateChain": envelope.members["header"]["x5c"],
        },
        "trustPolicy": {"trustedIdentities": identities, "signatureVerification": list(capabilities)},
    }
    return request | ({"pluginConfig": config} if config else {})
