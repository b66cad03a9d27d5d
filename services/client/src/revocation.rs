//! Revocation: what the service says of one signature, and what that means.

use crate::connection::Connection;
use crate::error::ClientError;
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::revocation::{GetRevocationStatus, GetRevocationStatusOutput, GetRevocationStatusQuery};

/// Asks whether a signature, its profile version or a certificate of it is revoked. `Err` is for no answer, `Ok(Err)` for
/// one that forbids trust: in a sentence, which calls what the service names as `name` does.
pub(crate) async fn check(
    connection: &Connection,
    query: GetRevocationStatusQuery,
    name: impl Fn(&str) -> String,
) -> Result<Result<(), String>, ClientError> {
    let request = Request::<GetRevocationStatus> { path: Nothing {}, query, body: Nothing {} };
    Ok(judge(&connection.send(&request).await?, name))
}

/// Nothing may be revoked, and nothing unknown: what the service never issued it will never revoke either.
pub(crate) fn judge(status: &GetRevocationStatusOutput, name: impl Fn(&str) -> String) -> Result<(), String> {
    let names = |entities: &[String]| entities.iter().map(|one| name(one)).collect::<Vec<_>>().join(", ");
    if !status.revoked_entities.is_empty() {
        return Err(format!("revoked: {}", names(&status.revoked_entities)));
    }
    if !status.unknown_entities.is_empty() {
        return Err(format!("not issued by this service: {}", names(&status.unknown_entities)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_revoked_and_nothing_unknown_is_trusted() {
        let judged = |revoked: &[&str], unknown: &[&str]| {
            let status = GetRevocationStatusOutput {
                revoked_entities: revoked.iter().map(ToString::to_string).collect(),
                unknown_entities: unknown.iter().map(ToString::to_string).collect(),
            };
            judge(&status, |entity| format!("the {entity}"))
        };
        assert_eq!(judged(&[], &[]), Ok(()));
        assert_eq!(judged(&["job", "root"], &[]).unwrap_err(), "revoked: the job, the root");
        assert_eq!(judged(&[], &["root"]).unwrap_err(), "not issued by this service: the root");
        assert!(judged(&["anything"], &["at all"]).is_err());
    }

    #[test]
    fn an_answer_that_does_not_say_what_it_knows_is_no_answer() {
        assert!(serde_json::from_str::<GetRevocationStatusOutput>(r#"{"revokedEntities":[]}"#).is_err());
        assert!(serde_json::from_str::<GetRevocationStatusOutput>(r#"{"unknownEntities":[]}"#).is_err());
        assert!(serde_json::from_str::<GetRevocationStatusOutput>("{}").is_err());
    }
}
