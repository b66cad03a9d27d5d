"""AWS Signer's service model against the OpenAPI document: every difference is named here with its reason."""

import copy

import pytest

from model import Comparison, document, service_model

#: What every AWS service fails with before an operation is reached (AWS API references, "Common errors").
COMMON = {
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "RequestEntityTooLargeException",
    "RequestTimeoutException",
    "SerializationException",
    "UnrecognizedClientException",
    "UnsupportedMediaTypeException",
}

MALFORMED = "a malformed parameter is refused in words; the model knows no exception for it"
ALREADY_DENIED = "AWS answers it too, as a common error"
ONLY_PROFILES = "only profiles have tags"
EMPTY_OBJECT = "recorded from AWS: an empty object where there is no certificate"
NO_OBJECTS = "comes with StartSigningJob and its object store"
OWN_FORM = "what this service issues has one form, and anything else was not issued by it"
OWN_RECORD = "what was signed and with which certificate; AWS clients ignore it"
PERIOD = "a period has a value and a unit; the developer guide bounds it by 135 months"

#: Facts that differ on purpose, by place.
DIFFERENCES = {
    "Arn.pattern": OWN_FORM,
    "CancelSigningProfile.errors.ValidationException": "recorded from AWS: a revoked profile cannot be canceled",
    "Category.enum": "AWS sends AWS and External, which its model does not know",
    "CertificateArn.max": "the limit of every other ARN",
    "CertificateArn.min": "the limit of every other ARN",
    "CertificateArn.pattern": "it is the ARN of an ACM certificate",
    "CertificateHashes.max": "no verifier accepts a chain of 50",
    "CertificateHashes.min": "a question about no certificate is none",
    "DescribeSigningJob.errors.ValidationException": MALFORMED,
    "DescribeSigningJob.output.artifactDigest": OWN_RECORD,
    "DescribeSigningJob.output.overrides": NO_OBJECTS,
    "DescribeSigningJob.output.payloadDigest": OWN_RECORD,
    "DescribeSigningJob.output.serialNumber": OWN_RECORD,
    "DescribeSigningJob.output.signedObject": NO_OBJECTS,
    "DescribeSigningJob.output.signingMaterial.certificateArn.required": EMPTY_OBJECT,
    "DescribeSigningJob.output.source": NO_OBJECTS,
    "GetRevocationStatus.input.querystring.certificateHashes[].max": "two SHA-384 in hexadecimal digits",
    "GetRevocationStatus.input.querystring.certificateHashes[].min": "two SHA-384 in hexadecimal digits",
    "GetRevocationStatus.input.querystring.certificateHashes[].pattern": "two SHA-384 in hexadecimal digits",
    "GetRevocationStatus.output.unknownEntities": "what this service never issued; AWS clients ignore it",
    "GetSigningPlatform.errors.ValidationException": MALFORMED,
    "GetSigningProfile.errors.ValidationException": MALFORMED,
    "GetSigningProfile.output.signingMaterial.certificateArn.required": EMPTY_OBJECT,
    "HashAlgorithm.enum": "AWS sends SHA384, which its model does not know",
    "JobId.pattern": OWN_FORM,
    "ListProfilePermissions.output.nextToken": "a policy of 2000 bytes is one page",
    "ListSigningJobs.input.querystring.artifactDigest": "finds what was signed; AWS clients never send it",
    "ListSigningJobs.output.jobs[].artifactDigest": OWN_RECORD,
    "ListSigningJobs.output.jobs[].payloadDigest": OWN_RECORD,
    "ListSigningJobs.output.jobs[].serialNumber": OWN_RECORD,
    "ListSigningJobs.output.jobs[].signedObject": NO_OBJECTS,
    "ListSigningJobs.output.jobs[].signingMaterial.certificateArn.required": EMPTY_OBJECT,
    "ListSigningJobs.output.jobs[].source": NO_OBJECTS,
    "ListSigningProfiles.errors.ValidationException": MALFORMED,
    "ListSigningProfiles.output.profiles[].signingMaterial.certificateArn.required": EMPTY_OBJECT,
    "ListTagsForResource.errors.AccessDeniedException": ALREADY_DENIED,
    "ListTagsForResource.input.uri.resourceArn.max": ONLY_PROFILES,
    "ListTagsForResource.input.uri.resourceArn.min": ONLY_PROFILES,
    "ListTagsForResource.input.uri.resourceArn.pattern": ONLY_PROFILES,
    "PlatformId.enum": "the platforms that there are",
    "ProfileName.pattern": "the model's has no end, and AWS refuses a hyphen all the same",
    "PutSigningProfile.errors.ResourceNotFoundException": "a platform that is not there is a ValidationException",
    "PutSigningProfile.input.body.signatureValidityPeriod.type.required": PERIOD,
    "PutSigningProfile.input.body.signatureValidityPeriod.value.max": PERIOD,
    "PutSigningProfile.input.body.signatureValidityPeriod.value.min": PERIOD,
    "PutSigningProfile.input.body.signatureValidityPeriod.value.required": PERIOD,
    "SignPayload.input.header.Idempotency-Key": "recognises a request that is sent again; AWS clients never send it",
    "SignPayload.input.body.expiryDurationInSeconds": "lets a signature expire early; AWS clients never send it",
    "SignPayload.input.body.signatureEnvelopeType": "asks for COSE; AWS clients never send it",
    "StartSigningJob.errors.ThrottlingException": "deprecated in the model for TooManyRequestsException",
    "TagMap.min": "a new profile may have no tags, said as an empty map",
    "TagResource.errors.AccessDeniedException": ALREADY_DENIED,
    "TagResource.input.uri.resourceArn.max": ONLY_PROFILES,
    "TagResource.input.uri.resourceArn.min": ONLY_PROFILES,
    "TagResource.input.uri.resourceArn.pattern": ONLY_PROFILES,
    "UntagResource.errors.AccessDeniedException": ALREADY_DENIED,
    "UntagResource.input.uri.resourceArn.max": ONLY_PROFILES,
    "UntagResource.input.uri.resourceArn.min": ONLY_PROFILES,
    "UntagResource.input.uri.resourceArn.pattern": ONLY_PROFILES,
}


def found(model: dict) -> dict:
    differences = Comparison(model, document()).differences()
    return {d.place: d for d in differences if d.place.rsplit(".", 1)[1] not in COMMON or d.model is not None}


def test_every_difference_is_named():
    unexplained = [d for place, d in sorted(found(service_model()).items()) if place not in DIFFERENCES]
    assert not unexplained, "\n".join(["", *(f"{d.place}: AWS {d.model!r}, here {d.ours!r}" for d in unexplained)])


def test_no_explanation_is_left_over():
    assert sorted(DIFFERENCES.keys() - found(service_model()).keys()) == []


def test_all_nineteen_operations_are_compared():
    assert len(service_model()["operations"]) == 19


SIGN = ("operations", "SignPayload")
PUT = ("shapes", "PutSigningProfileRequest")


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ((*SIGN, "http", "method"), "PUT", "SignPayload.method"),
        ((*SIGN, "http", "requestUri"), "/x", "SignPayload.path"),
        ((*SIGN, "http", "responseCode"), 202, "SignPayload.status"),
        (("shapes", "ConflictException", "error", "httpStatusCode"), 412, "AddProfilePermission.errors.ConflictException"),
        ((*SIGN, "errors"), [{"shape": "ConflictException"}], "SignPayload.errors.ConflictException"),
        ((*PUT, "required"), ["profileName"], "PutSigningProfile.input.body.platformId.required"),
        ((*PUT, "members", "fresh"), {"shape": "String"}, "PutSigningProfile.input.body.fresh"),
        ((*PUT, "members", "tags"), {"shape": "String"}, "PutSigningProfile.input.body.tags.type"),
        ((*PUT, "members", "platformId"), {"shape": "PlatformId", "location": "querystring", "locationName": "platformId"},
         "PutSigningProfile.input.querystring.platformId"),
        (("shapes", "MaxResults", "max"), 50, "MaxResults.max"),
        (("shapes", "Payload", "max"), 8192, "Payload.max"),
        (("shapes", "Payload", "min"), 4, "Payload.min"),
        (("shapes", "AccountId", "pattern"), "^[0-9]{13}$", "AccountId.pattern"),
        (("shapes", "SigningProfileStatus", "enum"), ["Active", "Canceled"], "SigningProfileStatus.enum"),
        (("shapes", "ValidityType", "enum"), ["DAYS"], "ValidityType.enum"),
        (("shapes", "TagKeyList", "max"), 100, "TagKeyList.max"),
        (("shapes", "TagValue", "max"), 128, "TagValue.max"),
        (("shapes", "SigningProfile", "members", "fresh"), {"shape": "String"}, "ListSigningProfiles.output.profiles[].fresh"),
        (("shapes", "SigningJob", "members", "createdAt"), {"shape": "String"}, "ListSigningJobs.output.jobs[].createdAt.type"),
        (("operations", "Fresh"), {"http": {}}, "Fresh.operation"),
    ],
)  # fmt: skip
def test_drift_is_named_field_by_field(path, value, place):
    model = copy.deepcopy(service_model())
    parent = model
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    assert place in found(model).keys() - DIFFERENCES.keys()
