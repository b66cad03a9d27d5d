//! When a request is sent again: after throttling and connection errors, later each time, within a deadline.

use crate::error::ClientError;
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use std::time::Duration;

/// The first pause, before jitter.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause, before jitter.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Which failures a request may be sent again after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// Throttling, and any failure of the connection: being carried out twice is the same as once.
    Safe,
    /// Throttling, and connections that were never made: it must not be carried out twice.
    Unsent,
}

/// Why one attempt failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: ClientError,
    pub(crate) kind: FailureKind,
}

/// What a failure says of the request's fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// The service refused to look at it for now.
    Throttled,
    /// It never reached the service.
    Unsent,
    /// It may have reached the service.
    Unanswered,
    /// Nothing changes by asking again.
    Final,
}

impl Again {
    /// Whether a request may be sent again after such a failure.
    pub(crate) fn after(self, kind: FailureKind) -> bool {
        match kind {
            FailureKind::Throttled | FailureKind::Unsent => true,
            FailureKind::Unanswered => self == Self::Safe,
            FailureKind::Final => false,
        }
    }
}

/// The pauses between attempts: doubled each time, with jitter, without end; the deadline ends them.
pub(crate) fn pauses() -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .with_jitter()
        .without_max_times()
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_not_happen_twice_is_not_sent_twice() {
        use FailureKind::{Final, Throttled, Unanswered, Unsent};
        let allowed = |again: Again| [Throttled, Unsent, Unanswered, Final].map(|kind| again.after(kind));
        assert_eq!(allowed(Again::Safe), [true, true, true, false]);
        assert_eq!(allowed(Again::Unsent), [true, true, false, false]);
    }

    #[test]
    fn pauses_grow_and_differ() {
        let (one, other): (Vec<_>, Vec<_>) = (pauses().take(12).collect(), pauses().take(12).collect());
        assert_ne!(one, other, "no jitter");
        assert!(one.iter().all(|pause| (FIRST_PAUSE..=LONGEST_PAUSE * 2).contains(pause)), "{one:?}");
        assert!(one[6] > one[0] && one[11] >= LONGEST_PAUSE, "{one:?}");
    }
}
