//! The lists that are measured.

use crate::history::{Accounts, Stage};
use hallmark_api::account::AccountId;
use hallmark_api::job::JobId;
use hallmark_store::job::JobFilter;
use time::macros::datetime;

/// Whose list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Of an account that signs with its own profiles.
    Own,
    /// Of one that asks another account for all its signatures.
    Invoker,
    /// Of one that signs for another.
    Hub,
}

impl Side {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Own => "owner",
            Self::Invoker => "invoker",
            Self::Hub => "owner, asked by another",
        }
    }

    pub(crate) fn account(self, accounts: &Accounts) -> &AccountId {
        match self {
            Self::Own => &accounts.own,
            Self::Invoker => &accounts.build,
            Self::Hub => &accounts.hub,
        }
    }

    pub(crate) fn middle(self, accounts: &Accounts) -> JobId {
        accounts.middle[self as usize]
    }
}

/// One list.
pub(crate) struct Case {
    pub(crate) side: Side,
    pub(crate) filter_text: &'static str,
    pub(crate) filter: Box<dyn Fn(&Accounts) -> JobFilter>,
}

fn plain(filter: JobFilter) -> Box<dyn Fn(&Accounts) -> JobFilter> {
    Box::new(move |_| filter.clone())
}

/// Every filter by itself, passing all, the oldest few and none, and some together.
fn unrevoked() -> Vec<(&'static str, JobFilter)> {
    let none = JobFilter::default;
    let platform = |id: &str| JobFilter { platform: Some(id.parse().expect("a platform")), ..none() };
    let requester = |name: &str| JobFilter { requested_by: Some(name.to_owned()), ..none() };
    let before = |time| JobFilter { expires_before: Some(time), ..none() };
    let after = |time| JobFilter { expires_after: Some(time), ..none() };
    let artifact = |digit: &str| JobFilter {
        artifact: Some(format!("sha256:{}", digit.repeat(64)).parse().expect("a digest")),
        ..none()
    };
    let (past, near, far) =
        (datetime!(2020-01-01 0:00 UTC), datetime!(2026-06-03 0:00 UTC), datetime!(2060-01-01 0:00 UTC));
    vec![
        ("none", none()),
        ("status: Failed", JobFilter { succeeded: false, ..none() }),
        ("platformId: nearly all", platform("Notation-OCI-SHA384-ECDSA")),
        ("platformId: oldest 3", platform("AWSLambda-SHA384-ECDSA")),
        ("platformId: has no job", platform("AmazonFreeRTOS-Default")),
        ("requestedBy: a tenth", requester("ci-1")),
        ("requestedBy: oldest 3", requester("old")),
        ("requestedBy: never signed", requester("never")),
        ("signatureExpiresBefore: all", before(far)),
        ("signatureExpiresBefore: oldest 3", before(near)),
        ("signatureExpiresBefore: none", before(past)),
        ("signatureExpiresAfter: all", after(past)),
        ("signatureExpiresAfter: none", after(far)),
        ("artifactDigest: 2250 jobs", artifact("1")),
        ("artifactDigest: oldest 3", artifact("0")),
        ("artifactDigest: never signed", artifact("2")),
        ("isRevoked: true", JobFilter { revoked: Some(true), ..none() }),
        ("isRevoked: false", JobFilter { revoked: Some(false), ..none() }),
        (
            "a requester, not expired, revoked",
            JobFilter { revoked: Some(true), expires_after: Some(past), ..requester("ci-1") },
        ),
        (
            "an artifact, a requester, revoked",
            JobFilter { artifact: artifact("1").artifact, revoked: Some(true), ..requester("ci-6") },
        ),
        (
            "a platform, expired, not revoked",
            JobFilter {
                revoked: Some(false),
                expires_before: Some(past),
                ..platform("Notation-OCI-SHA384-ECDSA")
            },
        ),
    ]
}

/// What is measured at a stage.
pub(crate) fn cases(stage: Stage) -> Vec<Case> {
    let mut cases = Vec::new();
    for side in [Side::Own, Side::Invoker] {
        let all = unrevoked().into_iter().filter(|(_, filter)| {
            stage == Stage::NothingRevoked || filter.revoked.is_some() && filter.expires_before.is_none()
        });
        cases.extend(all.map(|(filter_text, filter)| Case { side, filter_text, filter: plain(filter) }));
    }
    if stage == Stage::NothingRevoked {
        let invoker = |side: Side, filter_text, of: fn(&Accounts) -> &AccountId| Case {
            side,
            filter_text,
            filter: Box::new(move |accounts| JobFilter {
                invoker: Some(of(accounts).clone()),
                ..JobFilter::default()
            }),
        };
        cases.extend([
            invoker(Side::Own, "jobInvoker: all, itself", |accounts| &accounts.own),
            invoker(Side::Own, "jobInvoker: none, another", |accounts| &accounts.build),
            invoker(Side::Hub, "jobInvoker: all, another", |accounts| &accounts.build),
            invoker(Side::Hub, "jobInvoker: none, itself", |accounts| &accounts.hub),
            invoker(Side::Invoker, "jobInvoker: all, itself", |accounts| &accounts.build),
        ]);
    }
    cases
}
