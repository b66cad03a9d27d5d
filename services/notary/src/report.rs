//! Reports: what was checked of an envelope, and what came of it.

use crate::Payload;
use hallmark_pki::{CertificationPath, TimestampInfo};
use std::fmt;

/// What is checked of an envelope, in the order in which the Notary Project's verifiers do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Check {
    /// The signature is the leaf's over header and payload, the certificates are a chain for the signing of code, and
    /// the payload describes an artifact.
    Integrity,
    /// Nothing signed goes unread: what only some verifiers understand, the caller does.
    VerificationPlugin,
    /// A certificate of the chain is trusted for the envelope's scheme.
    Authenticity,
    /// The certificates were valid when somebody trusted says that it was signed, or are now.
    SigningTime,
    /// The signature has not expired.
    Expiry,
    /// It is about the artifact that it should be about.
    Artifact,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It holds.
    Passed,
    /// It does not hold, or there is doubt.
    Failed,
    /// It was not checked: nothing was given to compare with, or what it relies on has failed.
    NotChecked,
}

/// One check, what came of it, and a sentence about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was checked.
    pub check: Check,
    /// What came of it.
    pub outcome: Outcome,
    /// A sentence, without a full stop.
    pub sentence: String,
}

/// What a report comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Every check passed.
    Good,
    /// None failed, but not everything was checked.
    Incomplete,
    /// A check failed.
    Bad,
}

/// What was checked of an envelope. There is one finding for each [`Check`], in their order. Revocation is not among
/// them, nor who the signer is beyond its trust anchor: who verifies asks for both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub(crate) findings: Vec<Finding>,
    pub(crate) path: Option<CertificationPath>,
    pub(crate) payload: Option<Payload>,
    pub(crate) timestamp: Option<TimestampInfo>,
}

impl Check {
    /// Every check, in order.
    pub const ALL: [Self; 6] = [
        Self::Integrity,
        Self::VerificationPlugin,
        Self::Authenticity,
        Self::SigningTime,
        Self::Expiry,
        Self::Artifact,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Integrity => "integrity",
            Self::VerificationPlugin => "verification plugin",
            Self::Authenticity => "authenticity",
            Self::SigningTime => "signing time",
            Self::Expiry => "expiry",
            Self::Artifact => "artifact",
        }
    }
}

impl Outcome {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotChecked => "not checked",
        }
    }
}

impl Verdict {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Incomplete => "incomplete",
            Self::Bad => "bad",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Report {
    /// What was found, in the order of the checks.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What came of one check.
    pub fn outcome(&self, check: Check) -> Outcome {
        let found = self.findings.iter().find(|finding| finding.check == check);
        found.map_or(Outcome::NotChecked, |finding| finding.outcome)
    }

    /// What the findings come to. It is good only if every check passed.
    pub fn verdict(&self) -> Verdict {
        let outcomes = Check::ALL.map(|check| self.outcome(check));
        if outcomes.contains(&Outcome::Failed) {
            Verdict::Bad
        } else if outcomes.contains(&Outcome::NotChecked) {
            Verdict::Incomplete
        } else {
            Verdict::Good
        }
    }

    /// The chain, if it is one and the signature is its leaf's, whoever trusts it; questions about revocation are made of it.
    pub fn path(&self) -> Option<&CertificationPath> {
        self.path.as_ref()
    }

    /// The payload, if the signature is of a chain, whoever trusts the signer.
    pub fn payload(&self) -> Option<&Payload> {
        self.payload.as_ref()
    }

    /// What the timestamp token says, if a trusted authority made it.
    pub fn timestamp(&self) -> Option<&TimestampInfo> {
        self.timestamp.as_ref()
    }
}

impl fmt::Display for Report {
    /// A line for each check.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { check, outcome, sentence } in &self.findings {
            writeln!(f, "{check}: {outcome}: {sentence}")?;
        }
        Ok(())
    }
}
