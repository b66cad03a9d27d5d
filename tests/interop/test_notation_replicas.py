"""notation with Hallmark's plugin and two replicas behind one address: each knows at once what the other did.

The matrix is that of one service; each connection goes to the other replica than the one before.
"""

import pytest

from clients import client
from test_notation_hallmark_plugin import (
    artifact,
    cluster,
    form,
    pipeline,
    profile,
    short,
    test_a_key_may_be_one_version,
    test_another_root_is_not_trusted,
    test_canceled_profile_keeps_what_it_signed,
    test_each_artifact,
    test_everybody_is_not_trusted,
    test_expiry_beyond_the_profiles_own_is_refused,
    test_expiry_is_honoured,
    test_other_identities_are_not_trusted,
    test_revoked_certificate,
    test_revoked_profile_fails_from_its_effective_time_on,
    test_revoked_signature_is_the_only_one_to_fail,
    test_signature_moved_to_another_image,
    test_tampered_cose,
    test_tampered_jws,
)


@pytest.fixture(scope="module")
def hallmark(replicas):
    yield replicas
    assert set(replicas.relay.handed_on) == set(replicas.ports)


@pytest.fixture(scope="module")
def variables(hallmark):
    return {role: hallmark.role(role) for role in ("admin", "signer", "verifier", "auditor")}


@pytest.fixture(scope="module")
def admin(variables):
    return client(variables["admin"])


@pytest.fixture(scope="module")
def auditor(variables):
    return client(variables["auditor"])
