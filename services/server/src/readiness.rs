//! Whether a replica can do its work on this database: what `/readyz` answers and `hallmark check` prints.

use crate::clock::Clock;
use hallmark_store::deployment::Deployment;
use hallmark_store::{Store, StoreError};
use time::{Duration, OffsetDateTime};

/// By how much this clock and the database's may differ.
const CLOCK_TOLERANCE: Duration = Duration::seconds(2);
/// How near its end a CA certificate may come before the service says so by not being ready.
const LAPSE_MARGIN: Duration = Duration::days(30);

/// How near the end of the root's CRLs that are signed ahead may come.
const CRL_MARGIN: Duration = Duration::days(60);

/// One thing that was looked at.
#[derive(Debug)]
pub struct Finding {
    /// What was looked at.
    pub about: &'static str,
    /// What is wrong with it, if anything is.
    pub outcome: Result<(), Fault>,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A sentence for anyone.
    pub sentence: String,
    /// What was seen; for whoever runs the service.
    pub cause: Option<String>,
}

impl Fault {
    fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), cause: None }
    }

    fn caused(sentence: impl Into<String>, cause: &StoreError) -> Self {
        Self { sentence: sentence.into(), cause: Some(cause.to_string()) }
    }

    fn unanswered(cause: &StoreError) -> Self {
        Self::caused("the database does not answer", cause)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.cause {
            Some(cause) => write!(f, "{} ({cause})", self.sentence),
            None => f.write_str(&self.sentence),
        }
    }
}

/// Looks at everything that a replica relies on. `expected` is the deployment that this replica serves, if
/// it serves one already. Without an answer from the database nothing further is asked.
pub async fn survey(store: &Store, clock: &Clock, expected: Option<&Deployment>) -> Vec<Finding> {
    let before = clock.now();
    let durability = match store.durability().await {
        Ok(durability) => durability,
        Err(error) => return vec![finding("database", Err(Fault::unanswered(&error)))],
    };
    let durable = if durability.durable {
        Ok(())
    } else {
        Err(Fault::new("the database does not make commits durable (fsync, synchronous_commit)"))
    };
    let now = clock.now();
    let mut findings = vec![
        finding("database", Ok(())),
        finding("durability", durable),
        finding("clock", in_step((before, now), durability.clock)),
    ];
    let schema = schema(store).await;
    // What the tables hold cannot be asked of a schema that is not known.
    let known = schema.is_ok();
    findings.push(finding("schema", schema));
    if known {
        let deployment = deployment(store, expected).await;
        let initialised = deployment.is_ok();
        findings.push(finding("key-encryption key", deployment));
        if initialised {
            findings.push(finding("certificates", certificates(store, now).await));
            findings.push(finding("root CRLs", root_crls(store, now).await));
        }
    }
    findings
}

fn finding(about: &'static str, outcome: Result<(), Fault>) -> Finding {
    Finding { about, outcome }
}

/// The database read its clock some time between two readings of this one; a pause there is no difference.
fn in_step((before, after): (OffsetDateTime, OffsetDateTime), there: OffsetDateTime) -> Result<(), Fault> {
    let apart = (before - there).max(there - after).max(Duration::ZERO);
    if apart > CLOCK_TOLERANCE {
        return Err(Fault::new(format!("this clock and the database's are {apart} apart")));
    }
    Ok(())
}

async fn schema(store: &Store) -> Result<(), Fault> {
    store.check_schema().await.map_err(|error| match error {
        StoreError::SchemaOlder | StoreError::SchemaNewer(_) | StoreError::SchemaDiffers(_) => {
            Fault::new(error.to_string())
        }
        error => Fault::unanswered(&error),
    })
}

async fn deployment(store: &Store, expected: Option<&Deployment>) -> Result<(), Fault> {
    match store.deployment().await {
        Ok(Some(known)) if expected.is_none_or(|expected| *expected == known) => Ok(()),
        Ok(Some(_)) => Err(Fault::new("the database is another deployment's")),
        Ok(None) if expected.is_some() => Err(Fault::new("the database is another deployment's")),
        Ok(None) => Err(Fault::new("the database is not initialised: run `hallmark init`")),
        Err(error @ StoreError::Sealed(_)) => {
            Err(Fault::caused("the key-encryption key is not this deployment's", &error))
        }
        Err(error) => Err(Fault::unanswered(&error)),
    }
}

async fn certificates(store: &Store, now: OffsetDateTime) -> Result<(), Fault> {
    let root =
        store.trust_anchor().await.map_err(|error| Fault::caused("the root cannot be read", &error))?;
    if root.certificate.validity().not_after() < now + LAPSE_MARGIN {
        return Err(Fault::new("the root certificate is about to lapse"));
    }
    let first = store.first_issuer_lapse().await.map_err(|error| Fault::unanswered(&error))?;
    if first.is_some_and(|lapse| lapse < now + LAPSE_MARGIN) {
        return Err(Fault::new("an account's issuing certificate is about to lapse"));
    }
    Ok(())
}

/// While the root's key is at hand its CRL is signed when it is due. One that is offline has signed ahead, and the last
/// of those must not come near without anybody knowing.
async fn root_crls(store: &Store, now: OffsetDateTime) -> Result<(), Fault> {
    let root =
        store.trust_anchor().await.map_err(|error| Fault::caused("the root cannot be read", &error))?;
    if root.issuer.is_some() {
        return Ok(());
    }
    match store.root_crls_reach().await.map_err(|error| Fault::unanswered(&error))? {
        Some(reach) if reach >= now + CRL_MARGIN => Ok(()),
        Some(reach) => Err(Fault::new(format!(
            "the root's CRLs that are signed ahead reach until {reach}: sign more with `hallmark root crl`"
        ))),
        None => Err(Fault::new("the root is offline and left no CRL: sign some with `hallmark root crl`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_may_be_two_seconds_apart() {
        let here = OffsetDateTime::UNIX_EPOCH;
        for (apart, fine) in [(0, true), (2000, true), (2001, false), (-2000, true), (-2001, false)] {
            let there = here + Duration::milliseconds(apart);
            assert_eq!(in_step((here, here), there).is_ok(), fine, "{apart} ms");
        }
        let paused = (here, here + Duration::seconds(5));
        assert!(in_step(paused, here + Duration::seconds(3)).is_ok(), "the database's answer took its time");
        assert!(in_step(paused, here + Duration::milliseconds(7001)).is_err());
    }

    #[test]
    fn causes_are_kept_apart_from_sentences() {
        let fault = Fault::unanswered(&StoreError::Sealed("issuers"));
        assert_eq!(fault.sentence, "the database does not answer");
        assert!(fault.to_string().contains("issuers"));
    }
}
