//! The environment: read here and nowhere else in this crate, but for what AWS's own crates look for.

/// The value of a variable; one that is empty counts as absent, as it does for AWS's tools.
#[expect(clippy::disallowed_methods, reason = "the one place where this crate reads the environment")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
