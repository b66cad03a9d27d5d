"""boto3, unmodified: signing platforms, and the profiles that each of them takes."""

import json

import pytest

from clients import PLATFORM, new_profile, payload, refused, sign, unique
from raw import Sender

LAMBDA = "AWSLambda-SHA384-ECDSA"
IOT = "AWSIoTDeviceManagement-SHA256-ECDSA"
FREERTOS = "AmazonFreeRTOS-Default"
CC3220SF = "AmazonFreeRTOS-TI-CC3220SF"
EVERYTHING = [IOT, LAMBDA, FREERTOS, CC3220SF, PLATFORM]
MATERIAL = {"certificateArn": "arn:aws:acm:us-west-2:123456789012:certificate/6a55389b-306b-4e8c-a95c-0123456789ab"}
TAKES_MATERIAL = {IOT, FREERTOS, CC3220SF}

# Platform: display name, partner, target, encryption, hash, format, megabytes, revocable.
TABLE = {
    IOT: ("AWS IoT Device Management SHA256-ECDSA ", "AWSIoTDeviceManagement", "SHA256-ECDSA", ["ECDSA"], ["SHA256"], "JSONDetached", 2048, False),
    LAMBDA: ("AWS Lambda", "AWSLambda", "SHA384-ECDSA", ["ECDSA"], ["SHA384"], "JSONDetached", 250, True),
    FREERTOS: ("Amazon FreeRTOS SHA256-ECDSA", "AmazonFreeRTOS", "SHA256-ECDSA", ["ECDSA", "RSA"], ["SHA256"], "JSONEmbedded", 16, False),
    CC3220SF: ("Amazon FreeRTOS SHA1-RSA CC3220SF-Format", "AmazonFreeRTOS", "SHA1-RSA-TISHA1", ["RSA"], ["SHA1"], "JSONEmbedded", 16, False),
}  # fmt: skip


def described(platform: str) -> dict:
    name, partner, target, encryption, hashes, form, megabytes, revocable = TABLE[platform]
    return {
        "platformId": platform,
        "displayName": name,
        "partner": partner,
        "target": target,
        "category": "AWS",
        "signingConfiguration": {
            "encryptionAlgorithmOptions": {"allowedValues": encryption, "defaultValue": encryption[0]},
            "hashAlgorithmOptions": {"allowedValues": hashes, "defaultValue": hashes[0]},
        },
        "signingImageFormat": {"supportedFormats": [form], "defaultFormat": form},
        "maxSizeInMB": megabytes,
        "revocationSupported": revocable,
    }


def ids(lister, **filters) -> list[str]:
    return [entry["platformId"] for entry in lister.list_signing_platforms(**filters)["platforms"]]


def material(platform: str) -> dict:
    return {"signingMaterial": MATERIAL} if platform in TAKES_MATERIAL else {}


class TestTable:
    def test_list_shows_every_platform(self, auditor):
        answer = auditor.list_signing_platforms()
        assert "nextToken" not in answer
        listed = {entry["platformId"]: entry for entry in answer["platforms"]}
        assert list(listed) == EVERYTHING
        for platform in TABLE:
            assert listed[platform] == described(platform)

    def test_get_shows_what_list_shows(self, auditor):
        for entry in auditor.list_signing_platforms()["platforms"]:
            answer = auditor.get_signing_platform(platformId=entry["platformId"])
            del answer["ResponseMetadata"]
            assert answer == entry

    def test_the_notation_platform(self, auditor):
        answer = auditor.get_signing_platform(platformId=PLATFORM)
        assert answer["displayName"] == "Notation for container registries"
        assert (answer["target"], answer["category"]) == ("SHA384-ECDSA", "External")
        assert answer["signingConfiguration"]["encryptionAlgorithmOptions"]["defaultValue"] == "ECDSA"
        assert answer["signingConfiguration"]["hashAlgorithmOptions"]["defaultValue"] == "SHA384"
        assert answer["revocationSupported"] is True
        assert {"partner", "signingImageFormat", "maxSizeInMB"}.isdisjoint(answer), "nobody knows AWS's"

    @pytest.mark.parametrize("platform", ["Notation", PLATFORM.lower(), "x y/é", "a" * 500])
    def test_unknown_platform(self, auditor, platform):
        with refused("ResourceNotFoundException") as refusal:
            auditor.get_signing_platform(platformId=platform.replace("/", "_"))
        assert "is not a signing platform" in refusal.message

    def test_filters(self, auditor):
        assert ids(auditor, category="AWS") == [IOT, LAMBDA, FREERTOS, CC3220SF]
        assert ids(auditor, category="External") == [PLATFORM]
        assert ids(auditor, partner="AmazonFreeRTOS") == [FREERTOS, CC3220SF]
        assert ids(auditor, target="SHA384-ECDSA") == [LAMBDA, PLATFORM]
        assert ids(auditor, target="SHA384-ECDSA", category="AWS") == [LAMBDA]
        assert ids(auditor, partner="AmazonFreeRTOS", target="SHA1-RSA-TISHA1") == [CC3220SF]
        assert ids(auditor, partner="nobody") == ids(auditor, category="aws") == []


class TestPaging:
    def test_pages_hold_what_was_asked_for(self, auditor):
        paginator = auditor.get_paginator("list_signing_platforms")
        for size in (1, 2, 4, 5, 25):
            pages = list(paginator.paginate(PaginationConfig={"PageSize": size}))
            assert [entry["platformId"] for page in pages for entry in page["platforms"]] == EVERYTHING
            assert [len(page["platforms"]) for page in pages[:-1]] == [size] * (len(pages) - 1)
            assert "nextToken" not in pages[-1]

    def test_tokens_belong_to_one_caller_and_one_list(self, admin, auditor):
        token = auditor.list_signing_platforms(maxResults=1, category="AWS")["nextToken"]
        rest = ids(auditor, category="AWS", nextToken=token)
        assert rest == [LAMBDA, FREERTOS, CC3220SF]
        edited = token[:5] + ("A" if token[5] != "A" else "B") + token[6:]
        for lister, filters in (
            (admin, {"category": "AWS", "nextToken": token}),
            (auditor, {"nextToken": token}),
            (auditor, {"category": "AWS", "partner": "AWSLambda", "nextToken": token}),
            (auditor, {"category": "AWS", "nextToken": edited}),
        ):
            with refused("ValidationException") as refusal:
                lister.list_signing_platforms(**filters)
            assert "nextToken" in refusal.message
        with refused("ValidationException"):
            auditor.list_signing_profiles(nextToken=token)

    @pytest.mark.parametrize("count", [0, 26, -1])
    def test_bounds(self, variables, count):
        status, exception, message = (
            Sender(variables["auditor"]).send("GET", f"/signing-platforms?maxResults={count}").error()
        )
        assert (status, exception) == (400, "ValidationException")
        assert "maxResults" in message


class TestProfiles:
    @pytest.mark.parametrize("platform", EVERYTHING)
    def test_every_platform_takes_profiles(self, admin, auditor, platform):
        name = new_profile(admin, platformId=platform, **material(platform))["profileName"]
        seen = auditor.get_signing_profile(profileName=name)
        pages = auditor.get_paginator("list_signing_profiles").paginate(platformId=platform)
        listed = {entry["profileName"]: entry for page in pages for entry in page["profiles"]}[name]
        for entry in (seen, listed):
            assert entry["platformId"] == platform
            assert entry["platformDisplayName"] == auditor.get_signing_platform(platformId=platform)["displayName"]
            assert entry["signingMaterial"] == (MATERIAL if platform in TAKES_MATERIAL else {})
            assert entry["signatureValidityPeriod"] == {"value": 135, "type": "MONTHS"}
            assert "overrides" not in entry

    @pytest.mark.parametrize("platform", sorted(TAKES_MATERIAL))
    def test_material_is_needed(self, admin, platform):
        with refused("ValidationException", "signing material cannot be null."):
            new_profile(admin, platformId=platform)

    @pytest.mark.parametrize("platform", [LAMBDA, PLATFORM])
    def test_material_is_refused(self, admin, platform):
        with refused("ValidationException") as refusal:
            new_profile(admin, platformId=platform, signingMaterial=MATERIAL)
        assert "signingMaterial" in refusal.message

    @pytest.mark.parametrize("arn", ["", "x", "arn:aws:s3:::bucket", MATERIAL["certificateArn"] + "x" * 2048])
    def test_material_is_a_certificate(self, admin, arn):
        with refused("ValidationException") as refusal:
            new_profile(admin, platformId=IOT, signingMaterial={"certificateArn": arn})
        assert "certificateArn" in refusal.message

    @pytest.mark.parametrize(
        "platform, overrides",
        [
            (FREERTOS, {"signingConfiguration": {"encryptionAlgorithm": "RSA"}}),
            (FREERTOS, {"signingConfiguration": {"encryptionAlgorithm": "ECDSA", "hashAlgorithm": "SHA256"}}),
            (FREERTOS, {"signingImageFormat": "JSONEmbedded"}),
            (CC3220SF, {"signingConfiguration": {"hashAlgorithm": "SHA1"}, "signingImageFormat": "JSONEmbedded"}),
            (LAMBDA, {"signingImageFormat": "JSONDetached"}),
        ],
    )
    def test_overrides_are_echoed(self, admin, auditor, platform, overrides):
        name = new_profile(admin, platformId=platform, overrides=overrides, **material(platform))["profileName"]
        assert auditor.get_signing_profile(profileName=name)["overrides"] == overrides

    @pytest.mark.parametrize(
        "platform, overrides, member",
        [
            (LAMBDA, {"signingConfiguration": {"encryptionAlgorithm": "RSA"}}, "encryptionAlgorithm"),
            (LAMBDA, {"signingConfiguration": {"hashAlgorithm": "SHA256"}}, "hashAlgorithm"),
            (LAMBDA, {"signingConfiguration": {"hashAlgorithm": "MD5"}}, "MD5"),
            (LAMBDA, {"signingImageFormat": "JSONEmbedded"}, "signingImageFormat"),
            (LAMBDA, {"signingImageFormat": "JSON"}, "signingImageFormat"),
            (IOT, {"signingImageFormat": "XML"}, "XML"),
            (CC3220SF, {"signingConfiguration": {"encryptionAlgorithm": "ECDSA"}}, "encryptionAlgorithm"),
            (PLATFORM, {"signingImageFormat": "JSONDetached"}, "signingImageFormat"),
            (PLATFORM, {"signingConfiguration": {"hashAlgorithm": "SHA1"}}, "hashAlgorithm"),
        ],
    )
    def test_overrides_that_the_platform_does_not_allow(self, admin, auditor, platform, overrides, member):
        name = unique()
        with refused("ValidationException") as refusal:
            new_profile(admin, profileName=name, platformId=platform, overrides=overrides, **material(platform))
        assert member in refusal.message
        with refused("ResourceNotFoundException"):
            auditor.get_signing_profile(profileName=name)

    def test_parameters_are_free_elsewhere(self, admin, auditor):
        parameters = {"entrypoint": "main", "any key": "é / \n", "empty": ""}
        name = new_profile(admin, platformId=LAMBDA, signingParameters=parameters)["profileName"]
        assert auditor.get_signing_profile(profileName=name)["signingParameters"] == parameters
        with refused("ValidationException"):
            new_profile(admin, signingParameters=parameters)

    @pytest.mark.parametrize("text", ["a\0b", "\0"])
    def test_what_the_database_cannot_hold_is_refused(self, variables, text):
        for members in ({"signingParameters": {text: "b"}}, {"signingParameters": {"a": text}}, {"tags": {"a": text}}):
            body = json.dumps({"platformId": LAMBDA} | members).encode()
            answer = Sender(variables["admin"]).send("PUT", f"/signing-profiles/{unique()}", body)
            status, exception, message = answer.error()
            assert (status, exception) == (400, "SerializationException")
            assert "NUL" in message

    def test_signing_is_refused_in_words(self, admin, signer):
        name = new_profile(admin, platformId=LAMBDA)["profileName"]
        with refused("ValidationException") as refusal:
            sign(signer, name, payload())
        assert LAMBDA in refusal.message and PLATFORM in refusal.message

    def test_overrides_are_objects(self, variables):
        for overrides in ([], "x", {"signingConfiguration": ["RSA", "SHA256"]}):
            body = json.dumps({"platformId": LAMBDA, "overrides": overrides}).encode()
            answer = Sender(variables["admin"]).send("PUT", f"/signing-profiles/{unique()}", body)
            status, exception, message = answer.error()
            assert (status, exception) == (400, "ValidationException")
            assert "overrides" in message
