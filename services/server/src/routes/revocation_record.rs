//! Operations on revocation records.

use super::certificate::{serial_number, serial_number_text};
use super::filter::{check_span, check_version};
use crate::caller::Call;
use crate::context::Context;
use crate::error::ApiError;
use crate::paging::{place_text, read_place};
use hallmark_api::account::{AccountId, Region};
use hallmark_api::arn::{Arn, Resource};
use hallmark_api::operation::Request;
use hallmark_api::revocation_record::{
    GetRevocation, ListRevocations, ListRevocationsOutput, ListRevocationsQuery, RevocationRecord,
    RevocationSubjectType as SubjectType,
};
use hallmark_api::timestamp::EpochSeconds;
use hallmark_store::revocation_record::{self as record, Place, RevocationFilter, Revoked};
use std::sync::Arc;

/// `GetRevocation`.
pub(super) async fn show(
    context: Arc<Context>,
    call: Call,
    request: Request<GetRevocation>,
) -> Result<RevocationRecord, ApiError> {
    let id = request.path.revocation_id;
    let mut view = context.view(&call).await?;
    let found = view.revocation(&id).await?;
    let record = found.ok_or_else(|| ApiError::not_found(format!("Revocation {id} does not exist.")))?;
    entry(&context.deployment.region, view.account(), record)
}

/// `ListRevocations`.
pub(super) async fn list(
    context: Arc<Context>,
    call: Call,
    request: Request<ListRevocations>,
) -> Result<ListRevocationsOutput, ApiError> {
    let query = request.query;
    let filter = filter(&query)?;
    // What a page token of this list is bound to: the caller and every filter.
    let scope = format!("ListRevocations {} {filter:?}", call.principal());
    let before = place(context.paging.read(&scope, query.next_token.as_deref())?.as_deref())?;
    let count = query.max_results.unwrap_or_default().count();

    let mut view = context.report(&call).await?;
    let records = view.revocations_before(before.as_ref(), &filter, count + 1).await?;
    let (records, next_token) =
        context.paging.page(&scope, records, count, |last| place_text(last.recorded_at, &last.id))?;
    let entries = records.into_iter().map(|record| entry(&context.deployment.region, view.account(), record));
    Ok(ListRevocationsOutput { revocations: entries.collect::<Result<_, _>>()?, next_token })
}

fn filter(query: &ListRevocationsQuery) -> Result<RevocationFilter, ApiError> {
    check_version(query.profile_name.as_ref(), query.profile_version.as_ref())?;
    check_span(("revokedAfter", query.revoked_after), ("revokedBefore", query.revoked_before))?;
    check_span(("effectiveAfter", query.effective_after), ("effectiveBefore", query.effective_before))?;
    check_subject(query)?;
    let certificate = query.serial_number.as_ref();
    Ok(RevocationFilter {
        subject: query.subject_type,
        profile_name: query.profile_name.clone(),
        profile_version: query.profile_version.clone(),
        job: query.job_id,
        certificate: certificate.map(|text| serial_number("serialNumber", text)).transpose()?,
        recorded_before: query.revoked_before.map(|time| time.0),
        recorded_after: query.revoked_after.map(|time| time.0),
        effective_before: query.effective_before.map(|time| time.0),
        effective_after: query.effective_after.map(|time| time.0),
        reason_contains: query.reason_contains.as_ref().map(ToString::to_string),
        recorded_by: query.revoked_by.clone(),
    })
}

/// A revocation is of one thing, and its kind is the one asked for.
fn check_subject(query: &ListRevocationsQuery) -> Result<(), ApiError> {
    let named = match (&query.job_id, &query.serial_number) {
        (None, None) => return Ok(()),
        (Some(_), None) => ("jobId", SubjectType::SigningJob),
        (None, Some(_)) => ("serialNumber", SubjectType::Certificate),
        (Some(_), Some(_)) => {
            return Err(ApiError::validation(
                "serialNumber: a revocation is of a certificate or of the job in jobId, never of both",
            ));
        }
    };
    match (named, query.subject_type) {
        ((parameter, kind), Some(asked)) if asked != kind => Err(ApiError::validation(format!(
            "{parameter}: only revocations of subjectType {kind:?} have one"
        ))),
        _ => Ok(()),
    }
}

/// Where the list goes on, from the words of its page token.
fn place(last: Option<&str>) -> Result<Option<Place>, ApiError> {
    let Some((recorded_at, id)) = last.map(read_place).transpose()? else { return Ok(None) };
    Ok(Some(Place { recorded_at, id: id.parse().map_err(ApiError::internal)? }))
}

fn entry(
    region: &Region,
    account: &AccountId,
    record: record::RevocationRecord,
) -> Result<RevocationRecord, ApiError> {
    let arn = |resource| Arn { region: region.clone(), account: account.clone(), resource };
    let (subject_type, subject_arn, job_id, serial_number) = match record.revoked {
        Revoked::ProfileVersion => {
            let version = record.profile_version.clone();
            let arn = version.map(|(name, version)| arn(Resource::ProfileVersion(name, version)));
            (SubjectType::ProfileVersion, arn, None, None)
        }
        Revoked::Job(job) => (SubjectType::SigningJob, Some(arn(Resource::SigningJob(job))), Some(job), None),
        Revoked::Certificate(serial) => {
            (SubjectType::Certificate, None, None, Some(serial_number_text(&serial)?))
        }
    };
    let (profile_name, profile_version) = record.profile_version.unzip();
    Ok(RevocationRecord {
        revocation_id: record.id,
        subject_type,
        subject_arn,
        profile_name,
        profile_version,
        job_id,
        serial_number,
        effective_time: EpochSeconds(record.effective_at),
        revoked_at: EpochSeconds(record.recorded_at),
        revoked_by: record.recorded_by,
        reason: record.reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Result<RevocationFilter, ApiError> {
        let request = hallmark_api::operation::parse::<ListRevocations>(Vec::new(), text, &[])?;
        filter(&request.query)
    }

    const JOB: &str = "jobId=01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn filters_that_contradict_each_other_are_refused() {
        for right in [
            "",
            JOB,
            &format!("{JOB}&subjectType=SigningJob&profileName=profile"),
            "serialNumber=0102&subjectType=Certificate",
            "profileName=profile&profileVersion=aaaaaaaaaa&subjectType=ProfileVersion",
        ] {
            assert!(query(right).is_ok(), "{right}");
        }
        for (wrong, parameter) in [
            ("profileVersion=aaaaaaaaaa", "profileVersion: "),
            (&format!("{JOB}&serialNumber=0102"), "serialNumber: "),
            (&format!("{JOB}&subjectType=Certificate"), "jobId: "),
            ("serialNumber=0102&subjectType=SigningJob", "serialNumber: "),
            ("serialNumber=00", "serialNumber: the serial number is zero"),
            ("revokedAfter=2026-01-01T00:00:00Z&revokedBefore=2026-01-01T00:00:00Z", "revokedAfter: "),
            ("effectiveAfter=2026-01-02T00:00:00Z&effectiveBefore=2026-01-01T00:00:00Z", "effectiveAfter: "),
        ] {
            let error = query(wrong).unwrap_err().to_string();
            assert!(error.contains(parameter), "{wrong}: {error}");
        }
    }
}
