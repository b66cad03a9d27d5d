//! Issuing CAs: making the first, and the next well before the last lapses.

use crate::addresses::Addresses;
use crate::chance::Chance;
use crate::made::Made;
use anyhow::Context as _;
use aws_lc_rs::digest::{SHA256, digest};
use hallmark_api::account::AccountId;
use hallmark_api::profile::ProfileName;
use hallmark_pki::{Certificate, Issuer, SerialNumber, SigningKey, Subject, Validity};
use hallmark_store::deployment::Deployment;
use hallmark_store::issuer::{NewIssuer, StandingIssuer};
use hallmark_store::{Change, Store, Tx};
use time::{Duration, OffsetDateTime};

/// How long an issuing CA is valid.
const LIFETIME: Duration = Duration::days(5 * 365);
/// By how much its validity begins before its making: after the root's, before any leaf's.
const BACKDATED: Duration = Duration::hours(1);
/// How long before the last one lapses the next is made and published.
pub const PUBLISHED_AHEAD: Duration = Duration::days(365);
/// How long before the last one lapses the next is taken into use. In between, whoever pins issuing CAs learns of it.
pub const USED_AHEAD: Duration = Duration::days(180);
/// The most characters of a common name.
const COMMON_NAME_LIMIT: usize = 64;

/// What issuing CAs are made with.
#[derive(Debug, Clone, Copy)]
pub struct Maker<'a> {
    /// What all certificates have in common.
    pub deployment: &'a Deployment,
    /// Where they are published.
    pub addresses: &'a Addresses,
    /// Randomness.
    pub chance: &'a Chance,
}

/// What the common names of issuing CAs begin with; the number of the generation follows.
const COMMON_NAME: &str = "Hallmark Issuing CA G";

/// The common name of an issuing CA. The name of a profile that is too long for it is cut, and told from others by the
/// beginning of its hash.
fn common_name(profile: Option<&ProfileName>, generation: i64) -> String {
    let Some(profile) = profile else { return format!("{COMMON_NAME}{generation}") };
    let whole = format!("{COMMON_NAME}{generation} {profile}");
    if whole.chars().count() <= COMMON_NAME_LIMIT {
        return whole;
    }
    let hash = hex::encode(&digest(&SHA256, profile.as_str().as_bytes()).as_ref()[..4]);
    let kept: String = whole.chars().take(COMMON_NAME_LIMIT - hash.len() - 1).collect();
    format!("{kept}-{hash}")
}

/// Whether a common name is one that issuing CAs are given here.
pub(super) fn is_common_name(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(COMMON_NAME) else { return false };
    let generation = rest.split(' ').next().unwrap_or_default();
    !generation.is_empty() && generation.bytes().all(|octet| octet.is_ascii_digit())
}

/// The subject of an issuing CA. Each generation has a name of its own, because CRLs are found by names.
pub fn subject(
    deployment: &Deployment,
    account: &AccountId,
    profile: Option<&ProfileName>,
    generation: i64,
) -> Subject {
    Subject {
        country: deployment.country.clone(),
        state: deployment.state.clone(),
        organization: deployment.organization.clone(),
        organizational_unit: Some(account.to_string()),
        common_name: common_name(profile, generation),
        serial_number: None,
    }
}

/// How long an issuing CA that is certified now is valid below a root.
pub fn validity(root: &Certificate, now: OffsetDateTime) -> anyhow::Result<Validity> {
    let not_after = (now + LIFETIME).min(root.validity().not_after());
    Ok(Validity::new(now - BACKDATED, not_after)?)
}

impl Maker<'_> {
    /// Makes an issuing CA of the transaction's account, below a root whose key is at hand.
    pub async fn make(
        &self,
        tx: &mut Tx,
        root: &Issuer,
        profile: Option<&ProfileName>,
        now: OffsetDateTime,
        used_from: OffsetDateTime,
    ) -> anyhow::Result<Certificate> {
        let account = tx.account().clone();
        let key = SigningKey::generate(self.chance.source())?;
        let id = SerialNumber::from_parts(account.number(), self.chance.octets()?);
        let generation = tx.issuer_generations(profile).await? + 1;
        let subject = subject(self.deployment, &account, profile, generation);
        let publication = self.addresses.of_issuing_ca(root.certificate())?;
        let validity = validity(root.certificate(), now)?;
        let certificate = root.publishing(&publication).issue_issuer(&key, &subject, &id, &validity)?;
        let above = std::slice::from_ref(root.certificate());
        tx.insert_issuer(&NewIssuer {
            id: &id,
            certificate: &certificate,
            key: &key,
            above,
            profile,
            used_from,
        })
        .await?;
        Ok(certificate)
    }

    /// Gives an account an issuing CA, if it has none that stands.
    pub async fn ensure(
        &self,
        store: &Store,
        account: &AccountId,
        now: OffsetDateTime,
    ) -> anyhow::Result<Made> {
        // Before the lock: whoever holds it must not wait for another connection.
        let anchor = store.trust_anchor().await?;
        let mut tx = store.lock(account).await?;
        if tx.issuer(None, now).await?.is_some() {
            return Ok(Made::Before);
        }
        let root = anchor.issuer.context("the account has no issuing CA, and the root's key is offline")?;
        self.make(&mut tx, &root, None, now, now).await?;
        tx.commit(Change::Record).await?;
        Ok(Made::Now)
    }

    /// Makes the next generation of those of the account's issuing CAs whose last lapses within a year; says how many.
    pub async fn rotate(
        &self,
        store: &Store,
        root: &Issuer,
        account: &AccountId,
        now: OffsetDateTime,
    ) -> anyhow::Result<usize> {
        let mut view = store.view(account).await?;
        let gained = validity(root.certificate(), now)?.not_after();
        if due(&view.standing_issuers(now).await?, now, gained).is_empty() {
            return Ok(0);
        }
        drop(view);
        let mut tx = store.lock(account).await?;
        let due = due(&tx.standing_issuers(now).await?, now, gained);
        for (profile, lapse) in &due {
            self.make(&mut tx, root, profile.as_ref(), now, (*lapse - USED_AHEAD).max(now)).await?;
        }
        tx.commit(Change::Record).await?;
        Ok(due.len())
    }
}

/// The profiles (none: the account) whose last issuing CA lapses soon, and when. One that would last no longer is not
/// made: that is the root's end, and readiness tells of it. Nor does one of ours follow one that was brought, whose
/// verifiers trust another root: the next is for those to bring who brought it.
fn due(
    standing: &[StandingIssuer],
    now: OffsetDateTime,
    gained: OffsetDateTime,
) -> Vec<(Option<ProfileName>, OffsetDateTime)> {
    let mut lapses: Vec<(Option<ProfileName>, OffsetDateTime)> = Vec::new();
    for issuer in standing {
        match lapses.iter_mut().find(|(profile, _)| *profile == issuer.profile) {
            Some((_, lapse)) => *lapse = issuer.not_after.max(*lapse),
            None => lapses.push((issuer.profile.clone(), issuer.not_after)),
        }
    }
    if lapses.iter().all(|(profile, _)| profile.is_some()) {
        lapses.push((None, now));
    }
    let brought = |profile: &Option<ProfileName>| {
        standing.iter().any(|issuer| issuer.brought && issuer.profile == *profile)
    };
    lapses.retain(|(profile, lapse)| *lapse - now < PUBLISHED_AHEAD && *lapse < gained && !brought(profile));
    lapses
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

    fn standing(profile: Option<&str>, days: i64) -> StandingIssuer {
        StandingIssuer {
            profile: profile.map(|name| name.parse().unwrap()),
            not_after: NOW + Duration::days(days),
            used_from: NOW,
            brought: false,
        }
    }

    fn due_days(standing: &[StandingIssuer], gained: i64) -> Vec<(Option<String>, i64)> {
        due(standing, NOW, NOW + Duration::days(gained))
            .into_iter()
            .map(|(profile, lapse)| (profile.map(|name| name.to_string()), (lapse - NOW).whole_days()))
            .collect()
    }

    #[test]
    fn the_next_is_made_within_a_year_of_the_last() {
        assert_eq!(due_days(&[standing(None, 366)], 1825), []);
        assert_eq!(due_days(&[standing(None, 364)], 1825), [(None, 364)]);
        assert_eq!(due_days(&[standing(None, 10), standing(None, 1000)], 1825), []);
        let own = [standing(None, 1000), standing(Some("release"), 100)];
        assert_eq!(due_days(&own, 1825), [(Some("release".to_owned()), 100)]);
    }

    #[test]
    fn an_account_without_one_gets_one_now() {
        assert_eq!(due_days(&[], 1825), [(None, 0)]);
        assert_eq!(due_days(&[standing(Some("release"), 1000)], 1825), [(None, 0)]);
    }

    #[test]
    fn none_is_made_that_would_last_no_longer() {
        assert_eq!(due_days(&[standing(None, 300)], 300), []);
    }

    #[test]
    fn what_was_brought_is_not_followed_by_one_of_ours() {
        let brought = StandingIssuer { brought: true, ..standing(None, 10) };
        assert_eq!(due_days(&[standing(None, 20), brought.clone()], 1825), []);
        let own = standing(Some("release"), 100);
        assert_eq!(due_days(&[brought, own], 1825), [(Some("release".to_owned()), 100)]);
    }

    #[test]
    fn common_names_fit() {
        let deployment = Deployment {
            region: "us-east-1".parse().unwrap(),
            country: "US".into(),
            state: "WA".into(),
            organization: "Tests".into(),
        };
        let account = AccountId::from_number(123_456_789_012).unwrap();
        let long: ProfileName = "p".repeat(64).parse().unwrap();
        let cut = subject(&deployment, &account, Some(&long), 12).common_name;
        assert_eq!(cut.len(), COMMON_NAME_LIMIT);
        assert!(cut.starts_with("Hallmark Issuing CA G12 p"));
        let other: ProfileName = format!("{}q", "p".repeat(63)).parse().unwrap();
        assert_ne!(subject(&deployment, &account, Some(&other), 12).common_name, cut);
        for name in [cut, subject(&deployment, &account, None, 3).common_name] {
            assert!(is_common_name(&name), "{name}");
        }
        for other in
            ["Root", "Hallmark Issuing CA G", "Hallmark Issuing CA Gx", "Hallmark Issuing CA G release"]
        {
            assert!(!is_common_name(other), "{other}");
        }
    }
}
