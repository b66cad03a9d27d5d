//! Questions about revocation.

use crate::caller::Call;
use crate::context::Context;
use crate::error::ApiError;
use hallmark_api::account::Region;
use hallmark_api::arn::{Arn, Resource};
use hallmark_api::operation::Request;
use hallmark_api::platform::NOTATION;
use hallmark_api::revocation::{GetRevocationStatus, GetRevocationStatusOutput, GetRevocationStatusQuery};
use hallmark_store::revocation::{Answer, Question, Standing};
use std::sync::Arc;

/// `GetRevocationStatus`.
pub(super) async fn status(
    context: Arc<Context>,
    call: Call,
    request: Request<GetRevocationStatus>,
) -> Result<GetRevocationStatusOutput, ApiError> {
    let query = request.query;
    if query.platform_id != NOTATION.id {
        let given: String = query.platform_id.chars().take(64).flat_map(char::escape_debug).collect();
        return Err(ApiError::validation(format!("Invalid platformId: {given}")));
    }
    let question = question(&query)?;
    let answer = context.status.answer(&call, question).await?;
    Ok(echo(&query, &answer, &context.deployment.region))
}

fn question(query: &GetRevocationStatusQuery) -> Result<Question, ApiError> {
    let Resource::ProfileVersion(profile_name, profile_version) = query.profile_version_arn.resource.clone()
    else {
        return Err(ApiError::validation(
            "profileVersionArn: an ARN of a profile version is needed (…:/signing-profiles/NAME/VERSION)",
        ));
    };
    let Resource::SigningJob(job) = query.job_arn.resource else {
        return Err(ApiError::validation("jobArn: an ARN of a signing job is needed (…:/signing-jobs/ID)"));
    };
    Ok(Question {
        profile_account: query.profile_version_arn.account.clone(),
        profile_name,
        profile_version,
        job_account: query.job_arn.account.clone(),
        job,
        signing_time: query.signature_timestamp.0,
        certificate_hashes: query
            .certificate_hashes
            .iter()
            .map(hex::decode)
            .collect::<Result<_, _>>()
            .map_err(ApiError::internal)?,
    })
}

/// Answers in the caller's own words, and with nothing else.
fn echo(query: &GetRevocationStatusQuery, answer: &Answer, region: &Region) -> GetRevocationStatusOutput {
    let here = |arn: &Arn, standing| if arn.region == *region { standing } else { Standing::Unknown };
    let entities = [
        (query.profile_version_arn.to_string(), here(&query.profile_version_arn, answer.profile_version)),
        (query.job_arn.to_string(), here(&query.job_arn, answer.job)),
    ];
    let hashes = query.certificate_hashes.iter().map(str::to_owned).zip(answer.certificates.iter().copied());
    let mut output = GetRevocationStatusOutput::default();
    for (entity, standing) in entities.into_iter().chain(hashes) {
        match standing {
            Standing::Good => {}
            Standing::Revoked => output.revoked_entities.push(entity),
            Standing::Unknown => output.unknown_entities.push(entity),
        }
    }
    output
}
