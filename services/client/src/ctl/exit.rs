//! How a command ends: its exit code, and for whatever did not succeed a sentence and the step that mends it.

use super::text::visible;
use crate::error::{ClientError, Exception};
use hallmark_api::operation::{Effect, Operation};
use std::process::ExitCode;

/// Exit codes. They are part of what scripts rely on: none changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// What was asked for is done.
    Done = 0,
    /// The answer is no.
    No = 1,
    /// The command line, a setting or a file cannot be right.
    Usage = 2,
    /// The credentials are missing, wrong or not enough.
    Forbidden = 3,
    /// The service does not answer, or not as it should.
    Unanswered = 4,
    /// What destroys trust was not confirmed.
    Unconfirmed = 5,
    /// The service refuses what it was asked to do.
    Refused = 6,
    /// Part of it is done.
    Partly = 7,
    /// This machine failed.
    Machine = 8,
}

/// What each exit code means, for people.
pub(crate) const HELP: &str = "\
What each exit code means:

  0  It is done.
  1  The answer is no: what was asked about does not exist, is revoked, or is not to be trusted.
  2  The command line, a setting or a file that was given cannot be right; nothing was changed.
  3  The credentials are missing, wrong, or not allowed to do this.
  4  The service does not answer in time, not at all, or not as it should.
  5  Something that destroys trust was not confirmed; nothing was changed.
  6  The service refuses it: a value is out of bounds, or the state of things does not allow it.
  7  Part of it is done; what failed is listed. The same command again does the rest.
  8  This machine failed: a file could not be written, or a random number not be drawn.

A reader that goes away (hallmarkctl jobs list | head -1) is no failure: the command ends with 0.
";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// What happened; empty when there is nobody left to be told.
    pub(crate) sentence: String,
    /// What to do about it.
    pub(crate) next: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, sentence: impl Into<String>) -> Self {
        Self { exit, sentence: sentence.into(), next: None }
    }

    /// What was given cannot be right.
    pub(crate) fn unusable(error: impl std::fmt::Display) -> Self {
        Self::new(Exit::Usage, error.to_string())
    }

    /// The same, with the next step.
    pub(crate) fn next(self, step: impl Into<String>) -> Self {
        Self { next: Some(step.into()), ..self }
    }

    /// The end of a command whose reader went away.
    pub(crate) fn unread() -> Self {
        Self::new(Exit::Done, "")
    }

    /// As people read it; what others wrote into it moves no cursor.
    pub(crate) fn text(&self) -> String {
        match (&*self.sentence, &self.next) {
            ("", _) => String::new(),
            (sentence, None) => format!("hallmarkctl: {}\n", visible(sentence)),
            (sentence, Some(next)) => {
                format!("hallmarkctl: {}\n  next: {}\n", visible(sentence), visible(next))
            }
        }
    }

    /// What came of sending `O`.
    pub(crate) fn of<O: Operation>(error: &ClientError) -> Self {
        let failure = Self::from(error);
        match error {
            ClientError::Service(exception) => match next_step::<O>(exception) {
                Some(step) => failure.next(step),
                None => failure,
            },
            _ => failure,
        }
    }
}

impl From<&ClientError> for Failure {
    fn from(error: &ClientError) -> Self {
        let exit = match error {
            ClientError::Setting(_) => Exit::Usage,
            ClientError::NoCredentials | ClientError::Credentials(_) => Exit::Forbidden,
            ClientError::Untrusted { .. }
            | ClientError::Unreachable { .. }
            | ClientError::Deadline { .. }
            | ClientError::Unreadable { .. } => Exit::Unanswered,
            ClientError::Service(exception) => of_exception(exception),
            ClientError::Chance(_) => Exit::Machine,
        };
        Self::new(exit, error.to_string())
    }
}

fn of_exception(exception: &Exception) -> Exit {
    match exception.name.as_str() {
        "ResourceNotFoundException" | "NotFoundException" => Exit::No,
        _ if is_about_credentials(exception) || exception.name == "AccessDeniedException" => Exit::Forbidden,
        _ if exception.status >= 500 || exception.is_throttling() => Exit::Unanswered,
        _ => Exit::Refused,
    }
}

fn is_about_credentials(exception: &Exception) -> bool {
    matches!(
        exception.name.as_str(),
        "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "IncompleteSignatureException"
            | "MissingAuthenticationTokenException"
            | "ExpiredTokenException"
    )
}

/// Whether other requests of the same caller would end in the same way, whatever they ask.
pub(crate) fn stops_all(error: &ClientError) -> bool {
    match error {
        ClientError::Service(exception) => is_about_credentials(exception),
        _ => true,
    }
}

fn next_step<O: Operation>(exception: &Exception) -> Option<String> {
    match exception.name.as_str() {
        "AccessDeniedException" if exception.message.contains("the account ") => Some(
            "the account that owns the profile permits it with: hallmarkctl permissions add PROFILE --principal \
             YOUR_ACCOUNT --statement-id ID --action ACTION"
                .to_owned(),
        ),
        "AccessDeniedException" => Some(match O::EFFECT {
            Effect::Write => "use credentials of a principal with the role SecurityAdmin".to_owned(),
            Effect::Read => {
                "use credentials of a principal with the role SecurityAdmin or Auditor".to_owned()
            }
        }),
        "ResourceNotFoundException" | "NotFoundException" => {
            Some(format!("hallmarkctl {} shows what there is", whereabouts(O::PATH)?))
        }
        "ValidationException" if exception.message.contains("not in the future") => Some(
            "this machine's clock may be ahead of the service's: give a time a little earlier".to_owned(),
        ),
        "ConflictException" => Some("somebody changed it in the meantime: look again, then repeat".to_owned()),
        "UnknownOperationException" => {
            Some("the service is older than this command: bring it to the same version".to_owned())
        }
        _ => None,
    }
}

/// The list in which whatever an operation names stands.
fn whereabouts(path: &str) -> Option<&'static str> {
    let lists = [
        ("/permissions/", "permissions list PROFILE"),
        ("/signing-profiles/", "profiles list --all"),
        ("/tags/", "profiles list --all"),
        ("/signing-jobs/", "jobs list"),
        ("/certificates/", "certificates list"),
        ("/revocations/", "revocations list"),
    ];
    // A profile without permissions is there all the same.
    let named = !path.ends_with("/permissions");
    lists.into_iter().find(|(part, _)| named && path.contains(part)).map(|(_, list)| list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hallmark_api::certificate::GetCertificateChain;
    use hallmark_api::profile::{CancelSigningProfile, GetSigningProfile};
    use hallmark_api::tag::TagResource;

    fn exception(status: u16, name: &str, message: &str) -> ClientError {
        Exception { status, name: name.to_owned(), message: message.to_owned(), request_id: None }.into()
    }

    #[test]
    fn the_help_names_every_code() {
        use Exit::{Done, Forbidden, Machine, No, Partly, Refused, Unanswered, Unconfirmed, Usage};
        let all = [Done, No, Usage, Forbidden, Unanswered, Unconfirmed, Refused, Partly, Machine];
        for (code, exit) in all.into_iter().enumerate() {
            assert_eq!(code, exit as usize);
            assert!(HELP.contains(&format!("\n  {code}  ")), "{code}");
        }
    }

    #[test]
    fn exceptions_have_their_codes() {
        for (status, name, exit) in [
            (404, "ResourceNotFoundException", Exit::No),
            (404, "NotFoundException", Exit::No),
            (403, "AccessDeniedException", Exit::Forbidden),
            (403, "UnrecognizedClientException", Exit::Forbidden),
            (400, "ExpiredTokenException", Exit::Forbidden),
            (400, "ValidationException", Exit::Refused),
            (409, "ConflictException", Exit::Refused),
            (402, "ServiceLimitExceededException", Exit::Refused),
            (404, "UnknownOperationException", Exit::Refused),
            (429, "TooManyRequestsException", Exit::Unanswered),
            (500, "InternalServiceErrorException", Exit::Unanswered),
        ] {
            assert_eq!(Failure::from(&exception(status, name, "m")).exit, exit, "{name}");
        }
        let deadline =
            ClientError::Unreachable { endpoint: "http://x".into(), reason: "connection refused".into() };
        assert_eq!(Failure::from(&deadline).exit, Exit::Unanswered);
        assert_eq!(Failure::from(&ClientError::NoCredentials).exit, Exit::Forbidden);
        assert_eq!(Failure::from(&ClientError::Setting("s".into())).exit, Exit::Usage);
    }

    #[test]
    fn one_refusal_does_not_stop_others() {
        assert!(!stops_all(&exception(403, "AccessDeniedException", "m")));
        assert!(!stops_all(&exception(404, "ResourceNotFoundException", "m")));
        assert!(stops_all(&exception(403, "InvalidSignatureException", "m")));
        assert!(stops_all(&ClientError::NoCredentials));
    }

    #[test]
    fn the_next_step_is_named() {
        let denied = exception(403, "AccessDeniedException", "its role, Signer, does not allow it");
        let step = |failure: Failure| failure.next.unwrap();
        assert!(step(Failure::of::<CancelSigningProfile>(&denied)).ends_with("SecurityAdmin"));
        assert!(step(Failure::of::<GetSigningProfile>(&denied)).ends_with("Auditor"));
        let foreign = exception(403, "AccessDeniedException", "the account 210987654321 does not permit it");
        assert!(step(Failure::of::<GetSigningProfile>(&foreign)).contains("permissions add"));
        let absent = exception(404, "ResourceNotFoundException", "no");
        assert!(step(Failure::of::<GetSigningProfile>(&absent)).contains("profiles list --all"));
        assert!(step(Failure::of::<GetCertificateChain>(&absent)).contains("certificates list"));
        let absent = exception(404, "NotFoundException", "no");
        assert!(step(Failure::of::<TagResource>(&absent)).contains("profiles list --all"));
    }

    #[test]
    fn what_others_wrote_moves_no_cursor() {
        let failure = Failure::new(Exit::Refused, "a\u{1b}[2Jb\nc").next("d\u{202e}e");
        assert_eq!(failure.text(), "hallmarkctl: a\\u{1b}[2Jb\\nc\n  next: d\\u{202e}e\n");
        assert_eq!(Failure::unread().text(), "");
    }
}
