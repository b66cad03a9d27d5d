//! Whether something that is made once had to be made.

/// Whether something was made just now or stood there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// By this very call.
    Now,
    /// By an earlier one.
    Before,
}

impl Made {
    /// Of two things, whether either was made just now.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == Self::Now { self } else { other }
    }
}
