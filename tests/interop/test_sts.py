"""STS GetCallerIdentity, which tools ask before anything else."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tools import clean_environment, run

from service import ROLES


def sts(variables, **changes):
    credentials = {
        "aws_access_key_id": variables["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": variables["AWS_SECRET_ACCESS_KEY"],
    } | changes
    config = Config(retries={"max_attempts": 1}, region_name=variables["AWS_REGION"])
    return boto3.client("sts", endpoint_url=variables["AWS_ENDPOINT_URL_STS"], config=config, **credentials)


@pytest.mark.parametrize("role", ROLES)
def test_everybody_may_ask_who_they_are(hallmark, role):
    variables = hallmark.role(role)
    answer = sts(variables).get_caller_identity()
    account = variables["HALLMARK_ACCOUNT"]
    assert answer["Account"] == account
    assert answer["Arn"].startswith(f"arn:aws:iam::{account}:user/")
    assert answer["UserId"] == answer["Arn"].rsplit("/", 1)[1]
    assert answer["ResponseMetadata"]["RequestId"] == answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]


def test_the_aws_cli_asks(hallmark, tmp_path):
    done = run(
        ["aws", "sts", "get-caller-identity", "--query", "Account", "--output", "text"],
        clean_environment(tmp_path) | hallmark.role("verifier"),
    )
    assert done.stdout.strip() == hallmark.role("verifier")["HALLMARK_ACCOUNT"], done.stderr


def test_a_wrong_secret_is_refused(hallmark):
    with pytest.raises(ClientError) as caught:
        sts(hallmark.role("signer"), aws_secret_access_key="x" * 40).get_caller_identity()
    assert caught.value.response["Error"]["Code"] == "InvalidSignatureException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_other_operations_are_refused_in_words(hallmark):
    with pytest.raises(ClientError) as caught:
        sts(hallmark.role("signer")).get_session_token()
    assert caught.value.response["Error"]["Code"] == "InvalidAction"
    assert "GetCallerIdentity" in caught.value.response["Error"]["Message"]
