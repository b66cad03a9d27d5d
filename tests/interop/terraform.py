"""What Terraform asks, in its order: the requests of terraform-provider-aws (internal/service/signer), replayed.

States have the provider's attribute names and values, the empty string for what an answer leaves out included, so that
the checks of its acceptance tests can be made of them.
"""

import contextlib
import json
import re
import threading
import time
import uuid
from collections import defaultdict

#: What the provider appends to a prefix: a time and a counter, 26 characters.
SUFFIX = re.compile("[0-9]{18}[0-9a-f]{8}")


def generated(prefix: str) -> str:
    return prefix + time.strftime("%Y%m%d%H%M%S", time.gmtime()) + "0000" + uuid.uuid4().hex[:8]


def prefix_of(name: str) -> str:
    """The prefix that a name was generated from, as the provider guesses it on import."""
    return name[:-26] if SUFFIX.fullmatch(name[-26:]) else ""


class Provider:
    """One process of the provider: what it sends to one service, and its mutexes."""

    def __init__(self, signer):
        self.signer = signer
        self.mutexes = defaultdict(threading.Lock)
        self.asked: list[tuple[str, dict]] = []
        signer.meta.events.register("before-call.signer.*", self.record)

    def record(self, model, params, **_):
        """The body as it is sent."""
        self.asked.append((model.name, json.loads(params["body"] or "{}")))

    def names(self) -> list[str]:
        """The operations asked since the last time somebody wanted to know."""
        asked, self.asked = self.asked, []
        return [name for name, _ in asked]

    # aws_signer_signing_profile

    def create_profile(self, platform_id="AWSLambda-SHA384-ECDSA", *, name="", name_prefix="terraform_", tags=None,
                       signature_validity_period=None, signing_material=None) -> dict:  # fmt: skip
        name = name or generated(name_prefix)
        optional = {
            "tags": tags,
            "signatureValidityPeriod": signature_validity_period,
            "signingMaterial": signing_material,
        }
        given = {key: value for key, value in optional.items() if value}
        self.signer.put_signing_profile(platformId=platform_id, profileName=name, **given)
        state = self.read_profile(name)
        assert state is not None, "what was created is there at once"
        return state

    def read_profile(self, name: str) -> dict | None:
        """Also what importing by name does, and planning; `None` is removed from the state."""
        try:
            answer = self.signer.get_signing_profile(profileName=name)
        except self.signer.exceptions.ResourceNotFoundException:
            return None
        return None if answer["status"] == "Canceled" else flat_profile(answer)

    def data_source(self, name: str) -> dict:
        """The data source reads whatever is there, and needs a validity period to be."""
        answer = self.signer.get_signing_profile(profileName=name)
        return flat_profile(answer) | {"signing_parameters": answer.get("signingParameters", {})}

    def update_tags(self, state: dict, tags: dict) -> dict:
        old = state["tags"]
        if removed := sorted(old.keys() - tags.keys()):
            self.signer.untag_resource(resourceArn=state["arn"], tagKeys=removed)
        if updated := {key: value for key, value in tags.items() if old.get(key) != value}:
            self.signer.tag_resource(resourceArn=state["arn"], tags=updated)
        return self.read_profile(state["name"])

    def destroy_profile(self, name: str):
        with contextlib.suppress(self.signer.exceptions.ResourceNotFoundException):
            self.signer.cancel_signing_profile(profileName=name)

    # aws_signer_signing_profile_permission

    def create_permission(self, profile_name, action, principal, *, statement_id="", statement_id_prefix="terraform-",
                          profile_version="") -> dict:  # fmt: skip
        statement_id = statement_id or generated(statement_id_prefix)
        with self.mutexes[profile_name]:
            self.signer.add_profile_permission(
                profileName=profile_name, action=action, principal=principal, statementId=statement_id,
                revisionId=self.revision(profile_name), **({"profileVersion": profile_version} if profile_version else {}),
            )  # fmt: skip
            state = self.read_permission(profile_name, statement_id)
            assert state is not None, "what was added is there at once"
            return state

    def revision(self, profile_name: str) -> str:
        """The empty string while there is no policy; the provider sends it as it is."""
        try:
            return self.signer.list_profile_permissions(profileName=profile_name)["revisionId"]
        except self.signer.exceptions.ResourceNotFoundException:
            return ""

    def read_permission(self, profile_name: str, statement_id: str) -> dict | None:
        members, found = {"profileName": profile_name}, []
        while True:
            try:
                answer = self.signer.list_profile_permissions(**members)
            except self.signer.exceptions.ResourceNotFoundException:
                return None
            found += [entry for entry in answer["permissions"] if entry["statementId"] == statement_id]
            if not answer.get("nextToken"):
                break
            members["nextToken"] = answer["nextToken"]
        if not found:
            return None
        (entry,) = found
        return {
            "profile_name": profile_name,
            "action": entry["action"],
            "principal": entry["principal"],
            "profile_version": entry.get("profileVersion", ""),
            "statement_id": entry["statementId"],
            "statement_id_prefix": prefix_of(entry["statementId"]),
        }

    def import_permission(self, identifier: str) -> dict | None:
        profile_name, statement_id = identifier.split("/")
        return self.read_permission(profile_name, statement_id)

    def destroy_permission(self, profile_name: str, statement_id: str):
        with self.mutexes[profile_name]:
            if not (revision := self.revision(profile_name)):
                return
            try:
                self.signer.remove_profile_permission(
                    profileName=profile_name, revisionId=revision, statementId=statement_id
                )
            except self.signer.exceptions.ResourceNotFoundException:
                return
            assert self.read_permission(profile_name, statement_id) is None, "what was removed is gone at once"


def flat_profile(answer: dict) -> dict:
    record, material = answer.get("revocationRecord"), answer.get("signingMaterial")
    return {
        "arn": answer["arn"],
        "name": answer["profileName"],
        "name_prefix": prefix_of(answer["profileName"]),
        "platform_display_name": answer["platformDisplayName"],
        "platform_id": answer["platformId"],
        "revocation_record": [flat_record(record)] if record else [],
        "signature_validity_period": [answer["signatureValidityPeriod"]],
        "signing_material": [] if material is None else [{"certificate_arn": material.get("certificateArn", "")}],
        "status": answer["status"],
        "tags": answer.get("tags", {}),
        "version": answer["profileVersion"],
        "version_arn": answer["profileVersionArn"],
    }


def flat_record(record: dict) -> dict:
    """Times as RFC 3339, in whole seconds."""
    return {
        "revocation_effective_from": record["revocationEffectiveFrom"].isoformat(timespec="seconds"),
        "revoked_at": record["revokedAt"].isoformat(timespec="seconds"),
        "revoked_by": record["revokedBy"],
    }
