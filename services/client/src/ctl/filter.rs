//! Filters and times that several commands take.

use crate::clock;
use clap::Args;
use hallmark_api::timestamp::{DateTime, EpochSeconds};
use std::str::FromStr;

/// Whether revoked things are wanted, or the others, or all.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct RevokedFilter {
    /// Only those that are revoked.
    #[arg(long, conflicts_with = "not_revoked")]
    revoked: bool,
    /// Only those that are not revoked.
    #[arg(long)]
    not_revoked: bool,
}

impl RevokedFilter {
    /// As queries say it.
    pub(crate) fn wanted(self) -> Option<bool> {
        (self.revoked || self.not_revoked).then_some(self.revoked)
    }
}

/// A time, or this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// This moment.
    Now,
    /// The time.
    At(DateTime),
}

/// A text that is no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write 'now', or a time as 2026-11-21T12:00:00Z")]
pub(crate) struct NoTime;

impl FromStr for When {
    type Err = NoTime;

    fn from_str(text: &str) -> Result<Self, NoTime> {
        match text {
            "now" => Ok(Self::Now),
            text => text.parse().map(Self::At).map_err(|_| NoTime),
        }
    }
}

impl When {
    /// The time that is meant: asked for once, so that what is shown is what is done.
    pub(crate) fn time(self) -> EpochSeconds {
        match self {
            Self::Now => EpochSeconds(clock::now()),
            Self::At(time) => EpochSeconds(time.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn times_are_whole() {
        assert_eq!("now".parse(), Ok(When::Now));
        assert_eq!(
            "2026-11-21T13:00:00+01:00".parse(),
            Ok(When::At(DateTime(datetime!(2026-11-21 12:00 UTC))))
        );
        for wrong in ["", "Now", "2026-11-21", "yesterday", "1763726400"] {
            assert_eq!(wrong.parse::<When>(), Err(NoTime), "{wrong}");
        }
    }
}
