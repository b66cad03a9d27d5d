//! What issues certificates: the issuing CAs of accounts and profiles, and the end entities below them.

mod desk;
pub mod intake;
pub mod issuing_ca;
mod renewing;
pub mod root;
mod standing;

pub use desk::{Desk, Desks, EndEntity, Purpose};
pub use renewing::{Ends, Renewing};
pub use standing::Standing;
