"""Hallmark's notation plugin and the plugin contract: what it says of itself, what it refuses, and how it fails."""

import base64
import json
import ssl
import subprocess

import pytest

from clients import client, new_profile
from envelope import Envelope
from payload_job import COSE
from plugin import IDENTITY, JOB, PROFILE_VERSION, REVOCATION, Plugin, refusal_of, signing, verifying
from relay import Relay
from service import free_port
from tools import HALLMARK_PLUGIN, clean_environment, run_well

COMMANDS = ["describe-key", "generate-signature", "generate-envelope", "verify-signature"]
NOBODY = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/nobody"
SHORT = {"timeout": "1.5"}
"""For a deadline that has to pass."""
ENOUGH = {"timeout": "4"}
"""For attempts that end by themselves before it."""


@pytest.fixture
def plugin(tmp_path, variables):
    """`plugin(role)`: the plugin as notation starts it for that role."""
    return lambda role: Plugin(tmp_path, variables[role])


@pytest.fixture
def alone(tmp_path):
    """The plugin where nothing is set."""
    return Plugin(tmp_path, {})


@pytest.fixture
def profile(admin):
    return new_profile(admin, signingParameters={"verificationPlugin": "hallmark"})


@pytest.fixture
def relay(hallmark):
    """`relay(tls)`: a relay before the service."""
    made = []

    def make(tls=None):
        made.append(Relay(hallmark.ports["api"], tls=tls))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def jobs(auditor, profile):
    """`jobs()`: how many jobs of the test's profile are on record."""
    return lambda: sum(job["profileName"] == profile["profileName"] for job in auditor.list_signing_jobs()["jobs"])


def envelope_of(answer: dict) -> Envelope:
    return Envelope(base64.b64decode(answer["signatureEnvelope"]))


@pytest.fixture
def signed(plugin, profile) -> Envelope:
    return envelope_of(plugin("signer").answer("generate-envelope", signing(profile["arn"])))


@pytest.fixture(scope="module")
def own_certificate(tmp_path_factory):
    """A certificate for localhost that nobody issued, and a server's settings with it."""
    directory = tmp_path_factory.mktemp("tls")
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    run_well(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE",
         "-keyout", key, "-out", certificate],
        clean_environment(directory),
    )  # fmt: skip
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    settings.load_cert_chain(certificate, key)
    return certificate, settings


class TestMetadata:
    def test_is_the_contracts(self, alone):
        metadata = alone.answer("get-plugin-metadata", {})
        assert metadata["name"] == "hallmark"
        assert metadata["supportedContractVersions"] == ["1.0"]
        assert metadata["capabilities"] == ["SIGNATURE_GENERATOR.ENVELOPE", IDENTITY, REVOCATION]
        assert all(metadata[member] for member in ("description", "version", "url"))

    def test_needs_nothing(self, alone):
        """Neither a home nor any file nor a variable."""
        alone.environment = {}
        assert alone.answer("get-plugin-metadata", {})["name"] == "hallmark"
        assert alone.answer("get-plugin-metadata", b"")["name"] == "hallmark"

    def test_raw_signatures_only_for_blobs(self, alone):
        raw = "SIGNATURE_GENERATOR.RAW"
        assert raw in alone.answer("get-plugin-metadata", {"pluginConfig": {"blob": "true"}})["capabilities"]
        assert raw not in alone.answer("get-plugin-metadata", {"pluginConfig": {"blob": "false"}})["capabilities"]

    def test_what_other_plugins_are_told_is_passed_over(self, alone):
        config = {"aws-region": "us-east-1", "aws-signer-endpoint-url": "https://x", "debug": "true"}
        assert alone.answer("get-plugin-metadata", {"pluginConfig": config})


class TestRequests:
    """What is refused before anybody is asked."""

    @pytest.mark.parametrize("words", [[], ["sign"], ["--help"], [""], ["get-plugin-metadata", "more"], ["DESCRIBE-KEY"]])
    def test_unknown_commands(self, alone, words):
        refusal_of(alone.run(*words, stdin=b"{}"), "VALIDATION_ERROR")

    @pytest.mark.parametrize("command", ["get-plugin-metadata", *COMMANDS])
    @pytest.mark.parametrize(
        "request_text",
        [b"{", b"null", b"[]", b"\xff\xfe", b'{"contractVersion":"1.0"', b"{}{}", b"[" * 100_000, b"\0", b'"text"'],
    )
    def test_malformed_requests(self, alone, command, request_text):
        alone.refusal(command, request_text, "VALIDATION_ERROR")

    @pytest.mark.parametrize("command", COMMANDS)
    def test_empty_requests(self, alone, command):
        alone.refusal(command, b"", "VALIDATION_ERROR")
        alone.refusal(command, {}, "VALIDATION_ERROR")
        alone.refusal(command, {"contractVersion": "1.0"}, "VALIDATION_ERROR")

    @pytest.mark.parametrize("command", COMMANDS)
    @pytest.mark.parametrize("version", ["2.0", "1.1", "0.9", "1", ""])
    def test_wrong_contract_versions(self, alone, command, version):
        message = alone.refusal(command, {"contractVersion": version}, "UNSUPPORTED_CONTRACT_VERSION")
        assert '"1.0"' in message

    def test_a_request_that_never_ends(self, alone):
        message = alone.refusal("generate-envelope", b" " * 2_000_000, "VALIDATION_ERROR")
        assert "longer than" in message

    @pytest.mark.parametrize(
        "members, fragment",
        {
            "no key": ({"keyId": "release"}, "keyId: 'release' is not an ARN"),
            "another service's key": ({"keyId": "arn:aws:kms:us-east-1:123456789012:key/x"}, "keyId"),
            "payload type": ({"payloadType": "text/plain"}, "payloadType"),
            "envelope type": ({"signatureEnvelopeType": "application/pkcs7"}, "application/cose"),
            "base64": ({"payload": "e30"}, "payload"),
            "expiry": ({"expiryDurationInSeconds": -1}, "expiryDurationInSeconds"),
            "unknown setting": ({"pluginConfig": {"endpiont": "x"}}, "known are endpoint, region, aws-profile"),
            "setting that is no text": ({"pluginConfig": {"timeout": 5}}, "pluginConfig"),
            "no endpoint": ({}, "HALLMARK_URL"),
            "timeout": ({"pluginConfig": {"endpoint": "https://x", "timeout": "soon"}}, "timeout"),
            "plain HTTP": ({"pluginConfig": {"endpoint": "http://signer.example"}}, "without TLS"),
            "region": ({"pluginConfig": {"endpoint": "https://x", "region": "eu-west-1"}}, "one region"),
            "CA file": ({"pluginConfig": {"endpoint": "https://x", "ca-file": "/nowhere.pem"}}, "/nowhere.pem"),
        }.values(),
    )
    def test_what_cannot_be_right_is_named(self, alone, members, fragment):
        if "CA file" in fragment or "nowhere" in fragment:
            alone.environment |= {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s"}
        message = alone.refusal("generate-envelope", signing(NOBODY, **members), "VALIDATION_ERROR")
        assert fragment in message

    def test_unknown_members_are_passed_over(self, plugin, profile):
        assert plugin("signer").answer("generate-envelope", signing(profile["arn"], more={"a": [1]}))

    def test_bytes_are_signed_for_blobs_alone(self, plugin, profile):
        request = {
            "contractVersion": "1.0",
            "keyId": profile["arn"],
            "keySpec": "EC-384",
            "hashAlgorithm": "SHA-384",
            "payload": "e30=",
        }
        assert "blob=true" in plugin("signer").refusal("generate-signature", request, "VALIDATION_ERROR")

    def test_nobody_listens(self, alone):
        """A reader that has gone is an error and no crash."""
        process = subprocess.Popen(
            [HALLMARK_PLUGIN, "get-plugin-metadata"],
            env=alone.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        process.stdout.close()
        process.stdin.write(b"{}")
        process.stdin.close()
        error = process.stderr.read()
        process.stderr.close()
        assert process.wait(20) == 1
        assert json.loads(error)["errorCode"] == "ERROR"


class TestDescribeKey:
    def test_a_key_of_a_profile(self, plugin, profile):
        for key in (profile["arn"], profile["profileVersionArn"]):
            request = {"contractVersion": "1.0", "keyId": key}
            assert plugin("signer").answer("describe-key", request) == {"keyId": key, "keySpec": "EC-384"}

    def test_no_such_key(self, plugin, profile, admin):
        lambdas = new_profile(admin, platformId="AWSLambda-SHA384-ECDSA")
        for key, fragment in [
            (profile["arn"] + "x", "does not exist"),
            (profile["arn"] + "/abcdefghij", profile["profileVersionArn"]),
            (lambdas["arn"], "AWSLambda-SHA384-ECDSA"),
        ]:
            request = {"contractVersion": "1.0", "keyId": key}
            assert fragment in plugin("signer").refusal("describe-key", request, "VALIDATION_ERROR")


class TestVerification:
    def test_only_what_is_asked_is_answered(self, plugin, signed, profile):
        for asked in ([IDENTITY], [REVOCATION], [IDENTITY, REVOCATION]):
            answer = plugin("verifier").answer("verify-signature", verifying(signed, [profile["arn"]], asked))
            assert set(answer) == {"verificationResults", "processedAttributes"}
            results = answer["verificationResults"]
            assert {capability: result["success"] for capability, result in results.items()} == dict.fromkeys(asked, True)
            assert sorted(answer["processedAttributes"]) == [JOB, PROFILE_VERSION]

    def test_identity_needs_nobody(self, alone, signed, profile):
        assert alone.answer("verify-signature", verifying(signed, [profile["arn"]], [IDENTITY]))

    def test_attributes_of_others_are_not_processed(self, plugin, signed, profile):
        request = verifying(signed, [profile["arn"]])
        request["signature"]["criticalAttributes"]["extendedAttributes"]["com.example.more"] = "x"
        request["signature"]["unprocessedAttributes"].append("com.example.more")
        answer = plugin("verifier").answer("verify-signature", request)
        assert "com.example.more" not in answer["processedAttributes"]

    @pytest.mark.parametrize("identities", [["*"], [], None, ["release"], ["arn:aws:signer:us-east-1:1:/signing-jobs/x"]])
    def test_identities_that_name_no_profile(self, alone, signed, identities):
        alone.refusal("verify-signature", verifying(signed, identities, [IDENTITY]), "VALIDATION_ERROR")

    CHANGES = {
        "scheme": (("criticalAttributes", "signingScheme"), "notary.x509", "scheme"),
        "no time": (("criticalAttributes", "authenticSigningTime"), None, "authenticSigningTime"),
        "zero time": (("criticalAttributes", "authenticSigningTime"), "0001-01-01T00:00:00Z", "authenticSigningTime"),
        "no attributes": (("criticalAttributes", "extendedAttributes"), None, PROFILE_VERSION),
        "a profile": (("criticalAttributes", "extendedAttributes", PROFILE_VERSION), NOBODY, "no profile version"),
        "another account": (
            ("criticalAttributes", "extendedAttributes", PROFILE_VERSION),
            NOBODY + "/abcdefghij",
            "contradicts itself",
        ),
        "no job": (("criticalAttributes", "extendedAttributes", JOB), 7, JOB),
        "no chain": (("certificateChain",), [], "certificateChain"),
        "no certificate": (("certificateChain",), ["e30="], "certificateChain"),
    }

    @pytest.mark.parametrize("case", CHANGES)
    def test_signatures_that_are_not_understood(self, plugin, signed, profile, case):
        path, value, fragment = self.CHANGES[case]
        request = verifying(signed, [profile["arn"]])
        place = request["signature"]
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value
        assert fragment in plugin("verifier").refusal("verify-signature", request, "VALIDATION_ERROR")

    @pytest.mark.parametrize("capabilities", [[IDENTITY], [REVOCATION], [IDENTITY, REVOCATION]])
    def test_names_that_are_not_the_certificates(self, plugin, admin, signed, profile, capabilities):
        """Whoever has the key of one profile's certificate can sign any other's name."""
        other = new_profile(admin, signingParameters={"verificationPlugin": "hallmark"})
        theirs = envelope_of(plugin("signer").answer("generate-envelope", signing(other["arn"])))
        request = verifying(signed, [profile["arn"], other["arn"]], capabilities)
        chain = verifying(theirs, [])["signature"]["certificateChain"]
        request["signature"]["certificateChain"] = chain
        assert other["profileName"] in plugin("verifier").refusal("verify-signature", request, "VALIDATION_ERROR")
        versions = verifying(signed, [profile["arn"]], capabilities)
        versions["signature"]["criticalAttributes"]["extendedAttributes"][PROFILE_VERSION] = profile["arn"] + "/abcdefghij"
        assert "contradicts" in plugin("verifier").refusal("verify-signature", versions, "VALIDATION_ERROR")

    @pytest.mark.parametrize("member", ["job", "certificate"])
    def test_what_was_never_issued_fails(self, plugin, signed, profile, another_root, member):
        request = verifying(signed, [profile["arn"]])
        attributes = request["signature"]["criticalAttributes"]["extendedAttributes"]
        if member == "job":
            attributes[JOB] = attributes[JOB][:-12] + "000000000000"
        else:
            der = ssl.PEM_cert_to_DER_cert(another_root.decode())
            request["signature"]["certificateChain"].append(base64.b64encode(der).decode())
        result = plugin("verifier").answer("verify-signature", request)["verificationResults"][REVOCATION]
        assert not result["success"]
        assert result["reason"].startswith("not issued by this service: "), result

    @pytest.mark.parametrize("capabilities", [[], ["SIGNATURE_VERIFIER.MORE"]])
    def test_unknown_capabilities(self, alone, signed, profile, capabilities):
        alone.refusal("verify-signature", verifying(signed, [profile["arn"]], capabilities), "VALIDATION_ERROR")


class TestCredentials:
    """Wherever AWS's SDKs look for them."""

    @pytest.fixture(params=["generate-envelope", "verify-signature"])
    def asked(self, request, profile, signed):
        """A command and its request."""
        requests = {"generate-envelope": signing(profile["arn"]), "verify-signature": verifying(signed, [profile["arn"]])}
        return request.param, requests[request.param]

    def test_none(self, alone, asked, variables):
        alone.environment["HALLMARK_URL"] = variables["signer"]["HALLMARK_URL"]
        assert "AWS_ACCESS_KEY_ID" in alone.refusal(*asked, "ACCESS_DENIED")

    def test_an_expired_token(self, plugin, asked):
        """Whoever's session is over, or never was, is told so and not tried again."""
        user = plugin("signer")
        user.environment["AWS_SESSION_TOKEN"] = "a session that is over"
        user.refusal(*asked, "ACCESS_DENIED")

    def test_a_wrong_secret(self, plugin, asked):
        user = plugin("signer")
        user.environment["AWS_SECRET_ACCESS_KEY"] = "x" * 40
        assert "clock" in user.refusal(*asked, "ACCESS_DENIED")

    def test_another_role(self, plugin, asked):
        other = {"generate-envelope": "verifier", "verify-signature": "operator"}[asked[0]]
        assert "AccessDenied" in plugin(other).refusal(*asked, "ACCESS_DENIED")

    def test_a_wrong_region(self, plugin, asked):
        user = plugin("signer")
        user.environment["AWS_REGION"] = "eu-west-1"
        assert "us-east-1" in user.refusal(*asked, "VALIDATION_ERROR")

    def test_a_region_that_is_not_the_deployments(self, plugin, asked):
        user = plugin("signer")
        user.environment["AWS_REGION"] = user.environment["AWS_DEFAULT_REGION"] = "eu-west-1"
        text = json.dumps(asked[1]).replace("us-east-1", "eu-west-1")
        assert "region" in user.refusal(asked[0], text.encode(), "ACCESS_DENIED")

    def test_shared_files(self, tmp_path, alone, asked, variables):
        """A profile that is named comes before the environment."""
        role = variables["signer" if asked[0] == "generate-envelope" else "verifier"]
        (tmp_path / ".aws").mkdir()
        (tmp_path / ".aws" / "credentials").write_text(
            f"[ci]\naws_access_key_id={role['AWS_ACCESS_KEY_ID']}\naws_secret_access_key={role['AWS_SECRET_ACCESS_KEY']}\n"
        )
        (tmp_path / ".aws" / "config").write_text(
            f"[profile ci]\nregion=us-east-1\nendpoint_url={role['HALLMARK_URL']}\n"
        )
        alone.environment |= {"AWS_ACCESS_KEY_ID": "AKIAAAAAAAAAAAAAAAAA", "AWS_SECRET_ACCESS_KEY": "x" * 40}
        command, request = asked
        assert alone.answer(command, request | {"pluginConfig": {"aws-profile": "ci"}})
        config = {"aws-profile": "none", "endpoint": role["HALLMARK_URL"]}
        alone.refusal(command, request | {"pluginConfig": config}, "ACCESS_DENIED")


class TestServices:
    """Services that are not there, slow, too busy or not to be trusted."""

    @pytest.fixture(params=["generate-envelope", "verify-signature"])
    def asked(self, request, profile, signed):
        """`asked(config)`: a command and its request."""

        def call(config):
            requests = {
                "generate-envelope": signing(profile["arn"], config),
                "verify-signature": verifying(signed, [profile["arn"]], config=config),
            }
            return request.param, requests[request.param]

        return call

    @pytest.fixture
    def user(self, plugin, asked):
        return plugin("signer" if asked({})[0] == "generate-envelope" else "verifier")

    def test_unreachable(self, user, asked):
        config = ENOUGH | {"endpoint": f"http://127.0.0.1:{free_port()}"}
        assert "the last attempt" in user.refusal(*asked(config), "TIMEOUT")

    def test_slow(self, user, asked, relay):
        silent = relay()
        silent.always = "silence"
        assert "did not answer within 1.5 s" in user.refusal(*asked(SHORT | {"endpoint": silent.url}), "TIMEOUT")

    def test_too_busy_for_good(self, user, asked, relay):
        busy = relay()
        busy.always = "throttle"
        assert "Slow down" in user.refusal(*asked(ENOUGH | {"endpoint": busy.url}), "THROTTLED")
        assert len(busy.met) > 1

    def test_too_busy_for_a_while(self, user, asked, relay, jobs):
        busy = relay()
        busy.faults = ["throttle", "throttle"]
        before = jobs()
        assert user.answer(*asked({"endpoint": busy.url}))
        assert busy.met == ["throttle", "throttle", "none"]
        assert jobs() - before == (asked({})[0] == "generate-envelope")

    def test_connections_that_break(self, user, asked, relay, jobs):
        """However often it is sent, a payload is signed once."""
        breaking = relay()
        breaking.faults = ["refuse", "drop", "drop", "refuse"]
        before = jobs()
        assert user.answer(*asked({"endpoint": breaking.url}))
        assert breaking.met == ["refuse", "drop", "drop", "refuse", "none"]
        assert jobs() - before == (asked({})[0] == "generate-envelope")

    def test_refusals_are_final(self, user, asked, relay):
        watched = relay()
        user.environment["AWS_SECRET_ACCESS_KEY"] = "x" * 40
        user.refusal(*asked({"endpoint": watched.url}), "ACCESS_DENIED")
        assert watched.met == ["none"]

    @pytest.mark.parametrize(
        ("key", "part", "code", "reason"),
        [
            ("profileVersionArn", "version", "VALIDATION_ERROR", "signs with its version"),
            ("arn", "profile", "ERROR", "signs in the place of"),
            ("arn", "account", "ERROR", "signs in the place of"),
        ],
    )
    def test_another_signer(self, plugin, profile, relay, key, part, code, reason):
        """What somebody else has signed is not handed on, though the service answers as if all were well."""
        arn = profile["profileVersionArn"]
        [account], (name, version) = arn.split(":")[4:5], arn.split("/")[-2:]
        own = {"version": version, "profile": name, "account": account}[part]
        said = f'"{PROFILE_VERSION}":"{arn}"'
        lying = relay()
        lying.alter = lambda octets: octets.replace(said.encode(), said.replace(own, own[1:] + own[0]).encode())
        request = signing(profile[key], {"endpoint": lying.url})
        assert reason in plugin("signer").refusal("generate-envelope", request, code)

    def test_certificates(self, user, asked, relay, own_certificate, another_root, tmp_path):
        certificate, settings = own_certificate
        endpoint = relay(settings).url
        assert "is not trusted" in user.refusal(*asked({"endpoint": endpoint}), "ERROR")
        other = tmp_path / "other.pem"
        other.write_bytes(another_root)
        assert "is not trusted" in user.refusal(*asked({"endpoint": endpoint, "ca-file": str(other)}), "ERROR")
        assert user.answer(*asked({"endpoint": endpoint, "ca-file": str(certificate)}))

    def test_proxies_are_no_part_of_this_machine(self, user, asked):
        """A service on this machine is asked without TLS, so nobody else may be asked in its place."""
        del user.environment["NO_PROXY"]
        nobody = f"http://127.0.0.1:{free_port()}"
        user.environment |= {name: nobody for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY")}
        assert user.answer(*asked({}))

    def test_what_is_no_service(self, user, asked, registry):
        message = user.refusal(*asked({"endpoint": f"http://localhost:{registry.port}"}), "ERROR")
        assert "is it a Hallmark service" in message


class TestReplicas:
    """Two replicas of one service behind one address."""

    @pytest.fixture
    def address(self, replicas):
        relay = Relay(*replicas.ports)
        yield relay
        relay.stop()

    @pytest.fixture
    def users(self, replicas, address, tmp_path):
        """The plugin by role, and the administrator's client."""
        roles = {role: Plugin(tmp_path, replicas.role(role, address.url)) for role in ("signer", "verifier")}
        return roles | {"admin": client(replicas.role("admin"))}

    def test_each_replica_knows_what_the_other_did(self, users, address):
        profile = new_profile(users["admin"], signingParameters={"verificationPlugin": "hallmark"})
        for _ in range(2):
            envelope = envelope_of(users["signer"].answer("generate-envelope", signing(profile["arn"])))
            request = verifying(envelope, [profile["arn"]])
            asked = [users["verifier"].answer("verify-signature", request) for _ in range(2)]
            assert all(answer["verificationResults"][REVOCATION]["success"] for answer in asked)
            job = envelope.protected[JOB].rsplit("/", 1)[1]
            users["admin"].revoke_signature(jobId=job, reason="a wrong build")
            for _ in range(2):
                result = users["verifier"].answer("verify-signature", request)["verificationResults"][REVOCATION]
                assert not result["success"] and "revoked" in result["reason"]
        assert set(address.handed_on) == set(address.ports)

    def test_a_retry_on_the_other_replica_makes_no_second_job(self, users, address):
        profile = new_profile(users["admin"], signingParameters={"verificationPlugin": "hallmark"})
        address.faults = ["drop"]
        answer = users["signer"].answer("generate-envelope", signing(profile["arn"], signatureEnvelopeType=COSE))
        assert address.met == ["drop", "none"]
        assert len(set(address.handed_on)) == 2
        (job,) = [
            job for job in users["admin"].list_signing_jobs()["jobs"] if job["profileName"] == profile["profileName"]
        ]
        assert answer["annotations"][JOB].endswith(job["jobId"])
