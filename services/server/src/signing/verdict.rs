//! Verdicts: what becomes of a signature that waits to go on record.

use super::order::{Order, Signed};
use crate::error::ApiError;
use axum::body::Bytes;

/// What became of a signature.
pub(super) enum Outcome {
    /// It is on record, and this reply may leave.
    Finished(Bytes),
    /// There is none.
    Refused(ApiError),
    /// The order has to be signed from the beginning.
    Again(Box<Order>),
}

/// A signature that goes on record, or what became of it; one for each that waited, in their order.
pub(super) type Verdict = Result<Signed, Outcome>;
