"""Hallmark's own operations: issuers, certificates, chains and revocation records, as auditors ask for them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from clients import job_arn
from history import NOBODY, NOT_FOUND, iso, leaves, names, serial
from tools import clean_environment, run, run_well

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def auditor(history):
    return history.readers["Auditor"]


class TestProfileUse:
    def test_what_is_revoked_is_not_in_use(self, history, auditor):
        for name in ("alpha", "beta"):
            use = auditor.read(f"signing-profiles/{name}/use")
            assert use == {
                "profileName": name, "signatureCount": 0, "artifactCount": 0, "requesterCount": 0, "jobs": [], "requesters": [],
            }  # fmt: skip


class TestRevocations:
    def test_of_a_job(self, history, auditor):
        record = auditor.read(f"revocations/{history.records['first'].id}")
        revoked_at = record.pop("revokedAt")
        exact = datetime.fromisoformat(history.records["first"].time).timestamp()
        assert exact - 0.001 < revoked_at <= exact
        account_id = history.variables["Auditor"]["HALLMARK_ACCOUNT"]
        assert record == {
            "revocationId": history.records["first"].id,
            "subjectType": "SigningJob",
            "subjectArn": job_arn(history.variables["Auditor"], history.first.job),
            "jobId": history.first.job,
            "profileName": "alpha",
            "profileVersion": history.alpha["profileVersion"],
            "effectiveTime": history.first.envelope.time("authenticSigningTime").timestamp(),
            "revokedBy": f"arn:aws:iam::{account_id}:user/securityadmin",
            "reason": "Key 100%_lost on build host A",
        }

    def test_of_a_profile_version(self, history, auditor):
        record = auditor.read(f"revocations/{history.records['earlier'].id}")
        assert record["subjectType"] == "ProfileVersion"
        assert record["subjectArn"] == history.beta["profileVersionArn"]
        assert (record["profileName"], record["profileVersion"]) == ("beta", history.beta["profileVersion"])
        assert record["effectiveTime"] == history.times[1].timestamp()
        assert not {"jobId", "serialNumber"} & set(record)

    def test_of_a_certificate(self, history, auditor):
        record = auditor.read(f"revocations/{history.records['gamma'].id}")
        assert (record["subjectType"], record["serialNumber"]) == ("Certificate", history.of_gamma.serial)
        assert (record["profileName"], record["profileVersion"]) == ("gamma", history.gamma["profileVersion"])
        assert not {"jobId", "subjectArn"} & set(record)

    def test_the_list_shows_the_records(self, history, auditor):
        listed = auditor.read("revocations")
        assert names(history, [entry["revocationId"] for entry in listed["revocations"]]) == [
            "gamma", "earlier", "beta", "second", "first",
        ]  # fmt: skip
        assert listed["revocations"] == [auditor.read(f"revocations/{e['revocationId']}") for e in listed["revocations"]]
        assert "nextToken" not in listed

    FILTERS = {
        "profile versions": (lambda h: {"subjectType": "ProfileVersion"}, ["earlier", "beta"]),
        "jobs": (lambda h: {"subjectType": "SigningJob"}, ["second", "first"]),
        "certificates": (lambda h: {"subjectType": "Certificate"}, ["gamma"]),
        "profile of jobs": (lambda h: {"profileName": "alpha"}, ["second", "first"]),
        "profile": (lambda h: {"profileName": "beta"}, ["earlier", "beta"]),
        "profile of a certificate": (lambda h: {"profileName": "gamma"}, ["gamma"]),
        "no such profile": (lambda h: {"profileName": "delta"}, []),
        "version": (lambda h: {"profileName": "beta", "profileVersion": h.beta["profileVersion"]}, ["earlier", "beta"]),
        "no such version": (lambda h: {"profileName": "beta", "profileVersion": h.alpha["profileVersion"]}, []),
        "job": (lambda h: {"jobId": h.second.job}, ["second"]),
        "job that is not revoked itself": (lambda h: {"jobId": h.of_beta.job}, []),
        "certificate": (lambda h: {"serialNumber": h.of_gamma.serial}, ["gamma"]),
        "certificate as openssl prints it": (lambda h: {"serialNumber": h.of_gamma.serial.upper()}, ["gamma"]),
        "certificate that is not revoked itself": (lambda h: {"serialNumber": h.of_beta.serial}, []),
        "recorded after": (lambda h: {"revokedAfter": h.records["beta"].time}, ["gamma", "earlier"]),
        "recorded before": (lambda h: {"revokedBefore": h.records["beta"].time}, ["second", "first"]),
        "recorded between": (
            lambda h: {"revokedAfter": h.records["first"].time, "revokedBefore": h.records["beta"].time},
            ["second"],
        ),
        "effective after": (lambda h: {"effectiveAfter": iso(h.times[0])}, ["gamma", "second", "first"]),
        "effective before": (lambda h: {"effectiveBefore": iso(h.times[0])}, ["earlier"]),
        "effective between": (
            lambda h: {
                "effectiveAfter": iso(h.times[1]),
                "effectiveBefore": iso(h.times[0] + timedelta(seconds=1)),
            },
            ["beta"],
        ),
        "reason in either case": (lambda h: {"reasonContains": "kEy"}, ["earlier", "beta", "first"]),
        "reason with metacharacters": (lambda h: {"reasonContains": "100%_l"}, ["first"]),
        "a percent sign is one": (lambda h: {"reasonContains": "%"}, ["first"]),
        "an underscore is one": (lambda h: {"reasonContains": "_"}, ["first"]),
        "no such reason": (lambda h: {"reasonContains": "k%y"}, []),
        "a backslash is one": (lambda h: {"reasonContains": "\\"}, []),
        "principal": (lambda h: {"revokedBy": h.deputy}, ["second"]),
        "no such principal": (lambda h: {"revokedBy": "deputy"}, []),
        "two of them": (lambda h: {"profileName": "alpha", "reasonContains": "key"}, ["first"]),
    }

    @pytest.mark.parametrize("case", FILTERS)
    def test_filters(self, history, auditor, case):
        query, expected = self.FILTERS[case]
        assert names(history, auditor.revocations(**query(history))) == expected

    def test_absent(self, history, auditor):
        message = auditor.refused(NOT_FOUND, f"revocations/{NOBODY}")
        assert message == f"Revocation {NOBODY} does not exist."


class TestCertificates:
    def test_what_is_listed(self, history, auditor, tmp_path):
        listed = auditor.read("certificates")["certificates"]
        assert leaves(history, [entry["serialNumber"] for entry in listed]) == ["gamma", "beta", "alpha", "issuer"]
        envelope = history.first.envelope
        for place, entry in enumerate(listed[2:]):
            certificate = envelope.chain[place]
            pem = tmp_path / "certificate.pem"
            pem.write_bytes(certificate.public_bytes(Encoding.PEM))
            printed = run_well(
                ["openssl", "x509", "-in", pem, "-noout", "-serial", "-subject", "-nameopt", "RFC2253"],
                clean_environment(tmp_path),
            )  # fmt: skip
            number, subject = (line.split("=", 1)[1] for line in printed.splitlines())
            assert entry["serialNumber"] == number.lower()
            assert same_name(entry["subject"], subject), (entry["subject"], subject)
            assert entry["issuerSerialNumber"] == [history.issuer, history.root][place]
            assert entry["notBefore"] == certificate.not_valid_before_utc.timestamp()
            assert entry["notAfter"] == certificate.not_valid_after_utc.timestamp()
            assert entry["notBefore"] < entry["issuedAt"] <= datetime.now(UTC).timestamp()
            assert entry["certificateHash"] == envelope.certificate_hashes()[place]
            assert entry["isRevoked"] is False
            assert "revocationEffectiveFrom" not in entry and "certificate" not in entry
        alpha, issuer = listed[2:]
        assert (alpha["profileName"], alpha["profileVersion"]) == ("alpha", history.alpha["profileVersion"])
        assert not {"profileName", "profileVersion"} & set(issuer)

    def test_since_when_it_is_revoked(self, history, auditor):
        gamma, beta, _, _ = auditor.read("certificates")["certificates"]
        assert beta["isRevoked"] and beta["revocationEffectiveFrom"] == history.times[1].timestamp()
        record = auditor.read(f"revocations/{history.records['gamma'].id}")
        assert gamma["isRevoked"] and gamma["revocationEffectiveFrom"] == record["effectiveTime"]

    FILTERS = {
        "profile": (lambda h: {"profileName": "beta"}, ["beta"]),
        "no such profile": (lambda h: {"profileName": "delta"}, []),
        "version": (lambda h: {"profileName": "beta", "profileVersion": h.beta["profileVersion"]}, ["beta"]),
        "no such version": (lambda h: {"profileName": "beta", "profileVersion": h.alpha["profileVersion"]}, []),
        "revoked": (lambda h: {"isRevoked": "true"}, ["gamma", "beta"]),
        "not revoked": (lambda h: {"isRevoked": "false"}, ["alpha", "issuer"]),
        "revoked of a profile": (lambda h: {"isRevoked": "true", "profileName": "gamma"}, ["gamma"]),
        "expires before": (lambda h: {"expiresBefore": iso(in_days(100))}, ["gamma", "beta", "alpha"]),
        "expires after": (lambda h: {"expiresAfter": iso(in_days(100))}, ["issuer"]),
        "expires exactly then": (
            lambda h: {"expiresAfter": iso(ends(h.first) - SECOND), "expiresBefore": iso(ends(h.first) + SECOND)},
            ["alpha"],
        ),
        "not after its end": (lambda h: {"profileName": "alpha", "expiresAfter": iso(ends(h.first))}, []),
        "not before its end": (lambda h: {"profileName": "alpha", "expiresBefore": iso(ends(h.first))}, []),
        "of the issuer": (lambda h: {"issuerSerialNumber": h.issuer.upper()}, ["gamma", "beta", "alpha"]),
        "of the root": (lambda h: {"issuerSerialNumber": h.root}, ["issuer"]),
        "of a leaf": (lambda h: {"issuerSerialNumber": h.first.serial}, []),
        "of nobody": (lambda h: {"issuerSerialNumber": "01"}, []),
    }

    @pytest.mark.parametrize("case", FILTERS)
    def test_filters(self, history, auditor, case):
        query, expected = self.FILTERS[case]
        if case == "expires exactly then":
            # Leaves of one second end at one time.
            ends_alike = {"alpha": history.first, "beta": history.of_beta, "gamma": history.of_gamma}
            expected = [name for name in ("gamma", "beta", "alpha") if ends(ends_alike[name]) == ends(history.first)]
        assert leaves(history, auditor.certificates(**query(history))) == expected

    @pytest.mark.parametrize("which", ["leaf", "issuer"])
    def test_chain(self, history, auditor, tmp_path, another_root, which):
        chain = history.first.envelope.chain[0 if which == "leaf" else 1 :]
        answer = auditor.read(f"certificates/{serial(chain[0]).upper()}/chain")
        assert answer["serialNumber"] == serial(chain[0])
        pems = [certificate.public_bytes(Encoding.PEM).decode() for certificate in chain]
        assert [entry["certificate"] for entry in answer["certificates"]] == pems
        assert answer["pem"] == "".join(pems)
        listed = {entry["serialNumber"]: entry for entry in auditor.read("certificates")["certificates"]}
        for entry in answer["certificates"][:-1]:
            entry.pop("certificate")
            assert entry == listed[entry["serialNumber"]]
        root = answer["certificates"][-1]
        assert root["serialNumber"] == root["issuerSerialNumber"] == history.root
        assert root["certificateHash"] == history.first.envelope.certificate_hashes()[2]
        assert verifies(tmp_path, pems) and not verifies(tmp_path, [*pems[:-1], another_root.decode()])

    def test_chain_of_a_revoked_certificate(self, history, auditor):
        chain = auditor.read(f"certificates/{history.of_gamma.serial}/chain")["certificates"]
        assert [entry["isRevoked"] for entry in chain] == [True, False, False]

    @pytest.mark.parametrize("number", ["01", "7f" * 20])
    def test_absent(self, history, auditor, number):
        message = auditor.refused(NOT_FOUND, f"certificates/{number}/chain")
        assert message == f"Certificate {number} does not exist."

    def test_the_root_is_no_accounts(self, history, auditor):
        auditor.refused(NOT_FOUND, f"certificates/{history.root}/chain")

    def test_issuers(self, history, auditor):
        answer = auditor.read("issuers")
        (issuer,) = answer["issuers"]
        assert issuer == auditor.read(f"certificates/{history.first.serial}/chain")["certificates"][1]
        assert issuer["serialNumber"] == history.issuer and "nextToken" not in answer
        assert x509.load_pem_x509_certificate(issuer["certificate"].encode()) == history.first.envelope.chain[1]


def verifies(directory, pems: list[str]) -> bool:
    """Whether openssl accepts the first certificate under the last, with those between."""
    files = [directory / name for name in ("leaf.pem", "between.pem", "root.pem")]
    for file, content in zip(files, (pems[0], "".join(pems[1:-1]), pems[-1])):
        file.write_text(content)
    untrusted = ["-untrusted", files[1]] if pems[1:-1] else []
    words = ["openssl", "verify", "-x509_strict", "-CAfile", files[2], *untrusted, files[0]]
    return run(words, clean_environment(directory)).returncode == 0


def same_name(one: str, two: str) -> bool:
    """Whether two names of RFC 4514 hold the same, however their attribute types are called."""
    spelled = {"serialNumber": "SERIALNUMBER", "2.5.4.5": "SERIALNUMBER", "S": "ST"}

    def parts(name: str) -> list[list[str]]:
        pairs = [part.split("=", 1) for part in re.split(r"(?<!\\),", name)]
        return [[spelled.get(kind.strip(), kind.strip()), value] for kind, value in pairs]

    return parts(one) == parts(two)


def in_days(days: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def ends(signed) -> datetime:
    return signed.envelope.chain[0].not_valid_after_utc
