//! How long a signature lasts, where whoever asks for it says so.

use serde::{Deserialize, Serialize};
use time::Duration;
use utoipa::ToSchema;

/// How many seconds after its signing time a signature expires: one or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "i64", into = "i64")]
#[schema(value_type = i64, minimum = 1, example = 86400)]
pub struct ExpiryDuration(i64);

impl TryFrom<i64> for ExpiryDuration {
    type Error = &'static str;

    fn try_from(seconds: i64) -> Result<Self, Self::Error> {
        if seconds >= 1 { Ok(Self(seconds)) } else { Err("a signature lasts for one second or more") }
    }
}

impl From<ExpiryDuration> for i64 {
    fn from(duration: ExpiryDuration) -> Self {
        duration.0
    }
}

impl ExpiryDuration {
    /// The time from signing to expiry.
    pub fn duration(self) -> Duration {
        Duration::seconds(self.0)
    }
}
