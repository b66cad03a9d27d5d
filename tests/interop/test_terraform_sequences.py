"""The request sequences of Terraform's aws_signer_* resources, with the checks of its acceptance tests."""

import threading
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from clients import PLATFORM, client, new_profile, refused, unique
from terraform import Provider, generated

LAMBDA = "AWSLambda-SHA384-ECDSA"
IOT = "AWSIoTDeviceManagement-SHA256-ECDSA"
FREERTOS = ["AmazonFreeRTOS-TI-CC3220SF", "AmazonFreeRTOS-Default"]
MATERIAL = {"certificateArn": "arn:aws:acm:us-west-2:123456789012:certificate/6a55389b-306b-4e8c-a95c-0123456789ab"}
START = "signer:StartSigningJob"
READ, REVOKE = "signer:GetSigningProfile", "signer:RevokeSignature"


@pytest.fixture
def provider(variables):
    return Provider(client(variables["admin"]))


@pytest.fixture
def account(variables):
    """As `data.aws_caller_identity.current` finds it."""
    return client(variables["admin"], "sts").get_caller_identity()["Account"]


class TestProfile:
    def test_basic(self, provider, variables):
        """Create, read, plan without changes, import, destroy."""
        name = unique("tf_acc_test")
        state = provider.create_profile(name=name)
        assert provider.names() == ["PutSigningProfile", "GetSigningProfile"]
        place = f"{variables['admin']['AWS_REGION']}:{variables['admin']['HALLMARK_ACCOUNT']}"
        arn = f"arn:aws:signer:{place}:/signing-profiles/{name}"
        version = state["version"]
        assert len(version) == 10 and version.isalnum()
        assert state == {
            "arn": arn,
            "name": name,
            "name_prefix": "",
            "platform_display_name": "AWS Lambda",
            "platform_id": LAMBDA,
            "revocation_record": [],
            "signature_validity_period": [{"value": 135, "type": "MONTHS"}],
            "signing_material": [{"certificate_arn": ""}],
            "status": "Active",
            "tags": {},
            "version": version,
            "version_arn": f"{arn}/{version}",
        }
        assert provider.read_profile(name) == state, "a plan finds no changes"
        assert provider.data_source(name) == state | {"signing_parameters": {}}
        provider.names()
        provider.destroy_profile(name)
        assert provider.names() == ["CancelSigningProfile"]
        assert provider.read_profile(name) is None, "a canceled profile counts as gone"

    def test_disappears(self, provider, admin):
        """Canceled behind Terraform's back; its plan is to create it again, which its name forbids for ever."""
        name = provider.create_profile(name=unique("tf_acc_test"))["name"]
        admin.cancel_signing_profile(profileName=name)
        assert provider.read_profile(name) is None
        assert provider.data_source(name)["status"] == "Canceled"
        provider.destroy_profile(name)
        with refused("ValidationException", f"Profile with name {name} already exists"):
            provider.create_profile(name=name)
        assert provider.create_profile(name_prefix="tf_acc_test_")["status"] == "Active"

    def test_never_there(self, provider):
        name = unique("nobody")
        assert provider.read_profile(name) is None
        provider.destroy_profile(name)
        with refused("ResourceNotFoundException"):
            provider.data_source(name)

    @pytest.mark.parametrize("prefix", ["terraform_", "tf_acc_test_prefix_", "x" * 38, ""])
    def test_generated_names(self, provider, prefix):
        state = provider.create_profile(name_prefix=prefix)
        assert state["name"].startswith(prefix) and len(state["name"]) == len(prefix) + 26
        assert state["name_prefix"] == prefix
        assert provider.read_profile(state["name"]) == state

    def test_names_that_the_schema_lets_through(self, provider):
        assert len(name := unique("X_9" * 17)) == 64
        assert provider.create_profile(name=name)["name"] == name
        with refused("ValidationException") as refusal:
            provider.create_profile(name=name + "x")
        assert "profileName" in refusal.message

    def test_tags(self, provider, admin):
        state = provider.create_profile(name=unique("tf_acc_test"), tags={"key1": "value1"})
        assert state["tags"] == {"key1": "value1"}
        assert provider.read_profile(state["name"]) == state
        provider.names()
        steps = [
            ({"key1": "value1updated", "key2": "value2"}, ["TagResource", "GetSigningProfile"]),
            ({"key2": "value2"}, ["UntagResource", "GetSigningProfile"]),
            ({"key2": "changed", "key3": ""}, ["TagResource", "GetSigningProfile"]),
            ({"Owner:team": "a b+c/é"}, ["UntagResource", "TagResource", "GetSigningProfile"]),
            ({"Owner:team": "a b+c/é"}, ["GetSigningProfile"]),
            ({}, ["UntagResource", "GetSigningProfile"]),
        ]
        for tags, asked in steps:
            updated = provider.update_tags(state, tags)
            assert provider.names() == asked
            assert updated == state | {"tags": tags}, "nothing but the tags changes"
            assert admin.list_tags_for_resource(resourceArn=state["arn"])["tags"] == tags
            state = updated

    @pytest.mark.parametrize("value, kind", [(10, "DAYS"), (10, "MONTHS"), (3, "YEARS"), (135, "MONTHS")])
    def test_signature_validity_period(self, provider, value, kind):
        period = {"value": value, "type": kind}
        state = provider.create_profile(name_prefix="tf_acc_test_", signature_validity_period=period)
        assert state["signature_validity_period"] == [period]
        assert provider.data_source(state["name"])["signature_validity_period"] == [period]

    @pytest.mark.parametrize("platform", [LAMBDA, PLATFORM])
    def test_platforms(self, provider, platform):
        state = provider.create_profile(platform, name=unique("tf_acc_test"))
        assert (state["platform_id"], state["signing_material"]) == (platform, [{"certificate_arn": ""}])
        assert state["platform_display_name"]

    @pytest.mark.parametrize("platform", [IOT, *FREERTOS])
    def test_signing_material(self, provider, platform):
        name = unique("tf_acc_test")
        with refused("ValidationException", "signing material cannot be null."):
            provider.create_profile(platform, name=name)
        state = provider.create_profile(platform, name=name, signing_material=MATERIAL)
        assert state["signing_material"] == [{"certificate_arn": MATERIAL["certificateArn"]}]
        assert provider.read_profile(name) == state

    def test_signing_parameters(self, provider, admin):
        """The data source shows them, whatever they are."""
        parameters = {"param1": "value1", "param2": "a b/é"}
        name = new_profile(admin, platformId=LAMBDA, signingParameters=parameters)["profileName"]
        assert provider.data_source(name)["signing_parameters"] == parameters

    def test_revoked(self, provider, admin, variables):
        state = provider.create_profile(name=unique("tf_acc_test"))
        effective = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        admin.revoke_signing_profile(
            profileName=state["name"], profileVersion=state["version"], reason="lost", effectiveTime=effective
        )
        revoked = provider.read_profile(state["name"])
        (record,) = revoked.pop("revocation_record")
        assert revoked == {key: value for key, value in state.items() if key != "revocation_record"} | {"status": "Revoked"}
        assert datetime.fromisoformat(record["revocation_effective_from"]) == effective
        assert effective < datetime.fromisoformat(record["revoked_at"]) <= datetime.now(UTC)
        assert record["revoked_by"] == client(variables["admin"], "sts").get_caller_identity()["Arn"]
        with refused("ValidationException") as refusal:
            provider.destroy_profile(state["name"])
        assert "cannot be canceled because it has been revoked" in refusal.message

    def test_sweep(self, provider, admin):
        """The sweeper cancels what the paginator lists; here only what this test made."""
        made = {new_profile(admin, platformId=LAMBDA)["profileName"] for _ in range(3)}
        pages = admin.get_paginator("list_signing_profiles").paginate()
        listed = [entry["profileName"] for page in pages for entry in page["profiles"]]
        assert made <= set(listed)
        for name in made:
            provider.destroy_profile(name)
        pages = admin.get_paginator("list_signing_profiles").paginate()
        assert made.isdisjoint(entry["profileName"] for page in pages for entry in page["profiles"])


@pytest.fixture
def profile(provider):
    state = provider.create_profile(name=unique("tf_acc_test"))
    provider.names()
    return state


class TestPermission:
    def test_basic(self, provider, profile, account):
        """Create on a profile without a policy: the revision is sent, and is empty."""
        name, statement = profile["name"], unique("tf-acc-test")
        state = provider.create_permission(name, START, account, statement_id=statement)
        (sent,) = [members for operation, members in provider.asked if operation == "AddProfilePermission"]
        assert sent["revisionId"] == "" and "profileVersion" not in sent
        assert provider.names() == ["ListProfilePermissions", "AddProfilePermission", "ListProfilePermissions"]
        assert state == {
            "profile_name": name,
            "action": START,
            "principal": account,
            "profile_version": "",
            "statement_id": statement,
            "statement_id_prefix": "",
        }
        assert provider.read_permission(name, statement) == state, "a plan finds no changes"
        assert provider.import_permission(f"{name}/{statement}") == state
        assert provider.import_permission(f"{name}/another") is None
        provider.names()
        provider.destroy_permission(name, statement)
        assert provider.names() == ["ListProfilePermissions", "RemoveProfilePermission", "ListProfilePermissions"]
        provider.destroy_permission(name, statement)
        assert provider.names() == ["ListProfilePermissions"], "the last one took the policy along"
        provider.destroy_profile(name)
        assert provider.import_permission(f"{name}/{statement}") is None

    def test_generated_statement_ids(self, provider, profile, account):
        for prefix in ("terraform-", "tf-acc-test-prefix-", "x" * 38):
            state = provider.create_permission(profile["name"], START, account, statement_id_prefix=prefix)
            assert state["statement_id_prefix"] == prefix
            assert provider.import_permission(f"{profile['name']}/{state['statement_id']}") == state

    def test_replaced(self, provider, profile, account):
        """Another action under the same statement id is removed, then added."""
        name, statement = profile["name"], unique("tf-acc-test")
        for action in (READ, REVOKE, START):
            state = provider.create_permission(name, action, account, statement_id=statement)
            assert state["action"] == action
            provider.destroy_permission(name, statement)
            assert provider.read_permission(name, statement) is None

    def test_a_pinned_version(self, provider, profile, account):
        state = provider.create_permission(
            profile["name"], READ, account, statement_id="pinned", profile_version=profile["version"]
        )
        assert state["profile_version"] == profile["version"]

    def test_the_actions_of_each_platform(self, provider, account):
        """Of the four actions that the schema allows, each platform knows three."""
        for platform, own, foreign in ((LAMBDA, START, "signer:SignPayload"), (PLATFORM, "signer:SignPayload", START)):
            name = provider.create_profile(platform)["name"]
            for action in (own, READ, REVOKE):
                assert provider.create_permission(name, action, account)["action"] == action
            with refused("ValidationException") as refusal:
                provider.create_permission(name, foreign, account)
            assert f"Action {foreign} not supported for platform {platform}" in refusal.message

    def test_profile_and_permissions_go_together(self, provider, profile, account):
        """A profile that was canceled outside: its statements can be read, and no longer removed."""
        provider.create_permission(profile["name"], START, account, statement_id="one")
        provider.destroy_profile(profile["name"])
        assert provider.read_permission(profile["name"], "one")["statement_id"] == "one"
        with refused("ValidationException"):
            provider.destroy_permission(profile["name"], "one")

    def test_disappears(self, provider, profile, account, admin):
        name = profile["name"]
        provider.create_permission(name, START, account, statement_id="one")
        provider.create_permission(name, READ, account, statement_id="two")
        revision = admin.list_profile_permissions(profileName=name)["revisionId"]
        admin.remove_profile_permission(profileName=name, statementId="one", revisionId=revision)
        assert provider.read_permission(name, "one") is None
        provider.destroy_permission(name, "one")
        assert provider.create_permission(name, START, account, statement_id="one")["action"] == START

    @pytest.mark.parametrize("processes", [1, 4])
    def test_many_at_once(self, variables, profile, account, processes):
        """In one process the provider's mutex puts them in order. Several processes refuse one another, and applying
        again ends it; no statement is lost over it."""
        providers = [Provider(client(variables["admin"])) for _ in range(processes)]
        refusals, statements = [], [f"statementid{number}" for number in range(12)]

        def apply(number: int):
            # Whoever is refused was overtaken, and that happens once for each of the others at the most.
            for _ in statements:
                try:
                    return providers[number % processes].create_permission(
                        profile["name"], READ, account, statement_id=statements[number]
                    )
                except ClientError as error:
                    refusals.append(error.response["Error"])

        threads = [threading.Thread(target=apply, args=(number,)) for number in range(len(statements))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert processes > 1 or not refusals
        for refusal in refusals:
            assert refusal["Code"] == "ConflictException" or "no revisionId was provided" in refusal["Message"]
        listed = providers[0].signer.list_profile_permissions(profileName=profile["name"])["permissions"]
        assert sorted(entry["statementId"] for entry in listed) == sorted(statements)

    def test_a_conflict_lasts_until_the_policy_is_read_again(self, provider, profile, account, admin):
        """The provider repeats a refused request as it was; what it then needs is another apply."""
        stale = provider.revision(profile["name"])
        provider.create_permission(profile["name"], READ, account, statement_id="one")
        known = provider.revision(profile["name"])
        provider.create_permission(profile["name"], REVOKE, account, statement_id="two")
        add = {"profileName": profile["name"], "statementId": generated("t"), "action": START, "principal": account}
        for _ in range(2):
            with refused("ConflictException"):
                admin.add_profile_permission(revisionId=known, **add)
            with refused("ValidationException"):
                admin.add_profile_permission(revisionId=stale, **add)
        admin.add_profile_permission(revisionId=provider.revision(profile["name"]), **add)
