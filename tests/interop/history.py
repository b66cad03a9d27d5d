"""An account to which something happened, and whoever asks about that with Hallmark's own operations."""

import json
import urllib.parse
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from cryptography import x509

from clients import client, new_profile, sign
from envelope import Envelope
from hallmark_operations import Operations
from raw import Sender

VALIDATION = (400, "ValidationException")
NOT_FOUND = (404, "ResourceNotFoundException")
DENIED = (403, "AccessDeniedException")
NOBODY = "00000000-0000-4000-8000-000000000000"
ROLES = ["Operator", "SecurityAdmin", "Signer", "Verifier", "Auditor"]


class Reader:
    """One principal's view of the operations."""

    def __init__(self, variables: dict[str, str]):
        self.variables = variables
        self.sender = Sender(variables)

    def send(self, path: str, service="hallmark", **query):
        text = urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
        return self.sender.send("GET", f"/hallmark/{path}" + (f"?{text}" if text else ""), service=service)

    def read(self, path: str, **query) -> dict:
        answer = self.send(path, **query)
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def refused(self, expected, path: str, **query) -> str:
        status, exception, message = self.send(path, **query).error()
        assert (status, exception) == expected, message
        return message

    def pages(self, path: str, member: str, **query):
        """Every page of a list, each as its entries."""
        token = {}
        for _ in range(100):
            answer = self.read(path, **query, **token)
            yield answer[member]
            if "nextToken" not in answer:
                return
            token = {"nextToken": answer["nextToken"]}
        pytest.fail("a list of a few entries never ends")

    def certificates(self, **query) -> list[str]:
        return [entry["serialNumber"] for entry in self.read("certificates", **query)["certificates"]]

    def revocations(self, **query) -> list[str]:
        return [entry["revocationId"] for entry in self.read("revocations", **query)["revocations"]]


def serial(certificate: x509.Certificate) -> str:
    """As `openssl x509 -serial` prints it, in lower case."""
    digits = f"{certificate.serial_number:x}"
    return digits.zfill(len(digits) + len(digits) % 2)


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def whole_seconds_ago(seconds: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=seconds)


def account(composed, *words) -> dict:
    """An account's principals, a profile of it, one signature, and the revocation of that signature."""
    variables = {role: composed.principal(role.lower(), role, *words) for role in ROLES}
    admin, signer = (client(variables[role]) for role in ("SecurityAdmin", "Signer"))
    readers = {role: Reader(variables[role]) for role in ROLES}
    return SimpleNamespace(variables=variables, admin=admin, signer=signer, readers=readers)


def signed(account, profile) -> SimpleNamespace:
    answer = sign(account.signer, profile["profileName"])
    envelope = Envelope(answer["signature"])
    return SimpleNamespace(job=answer["jobId"], envelope=envelope, serial=serial(envelope.chain[0]))


def recorded(composed, condition: str) -> SimpleNamespace:
    """A revocation's id and exact time, from the database itself."""
    columns = """revocation_id, to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    found = composed.sql(f"SELECT {columns} FROM revocations WHERE {condition}").splitlines()
    assert len(found) == 1, found
    identifier, time = found[0].split("|")
    return SimpleNamespace(id=identifier, time=time)


def history(composed) -> SimpleNamespace:
    """What happened in an account, oldest first; and another account in which something happened too."""
    own = account(composed)
    deputy = composed.principal("deputy", "SecurityAdmin")
    own.deputy = f"arn:aws:iam::{deputy['HALLMARK_ACCOUNT']}:user/deputy"
    own.alpha, own.beta, own.gamma = (new_profile(own.admin, profileName=name) for name in ("alpha", "beta", "gamma"))
    own.first, own.second = signed(own, own.alpha), signed(own, own.alpha)
    own.of_beta, own.of_gamma = signed(own, own.beta), signed(own, own.gamma)
    own.admin.revoke_signature(jobId=own.first.job, reason="Key 100%_lost on build host A")
    client(deputy).revoke_signature(jobId=own.second.job, reason="the wrong branch")
    own.times = [whole_seconds_ago(3600), whole_seconds_ago(7200)]
    for effective, reason in zip(own.times, ("key leaked", "KEY leaked even earlier")):
        own.admin.revoke_signing_profile(
            profileName="beta", profileVersion=own.beta["profileVersion"], effectiveTime=effective, reason=reason
        )
    Operations(own.variables["SecurityAdmin"]).revoke(
        own.of_gamma.serial, reason="host seized", effectiveTime=int(whole_seconds_ago(0).timestamp())
    )
    own.records = {
        "first": recorded(composed, f"job_id = '{own.first.job}'"),
        "second": recorded(composed, f"job_id = '{own.second.job}'"),
        "beta": recorded(composed, "reason = 'key leaked'"),
        "earlier": recorded(composed, "reason = 'KEY leaked even earlier'"),
        "gamma": recorded(composed, "subject = 'certificate'"),
    }
    made = json.loads(composed.hallmark("account", "create", "other", "--output", "json").stdout)
    other = account(composed, "--account", made["account"])
    other.profile = new_profile(other.admin)
    other.signed = signed(other, other.profile)
    other.admin.revoke_signature(jobId=other.signed.job, reason="key lost elsewhere")
    other.record = recorded(composed, f"job_id = '{other.signed.job}'")
    own.other = other
    own.issuer, own.root = (serial(certificate) for certificate in own.first.envelope.chain[1:])
    return own


def names(history, identifiers: list[str]) -> list[str]:
    known = {record.id: name for name, record in history.records.items()}
    return [known[identifier] for identifier in identifiers]


def leaves(history, serials: list[str]) -> list[str]:
    known = {
        history.first.serial: "alpha",
        history.of_beta.serial: "beta",
        history.of_gamma.serial: "gamma",
        history.issuer: "issuer",
    }
    return [known[number] for number in serials]
