//! A root whose key is offline: handing the key over, signing CRLs ahead, and certifying what comes in a request.

use super::issuing_ca::{is_common_name, validity};
use crate::addresses::Addresses;
use crate::chance::Chance;
use crate::private_file::{create_new_private_file, read_private_file, require_private_file};
use crate::publish::root_crl::sign;
use anyhow::{Context as _, ensure};
use hallmark_api::account::AccountId;
use hallmark_pki::{Certificate, Issuer, SerialNumber, SigningKey, SigningRequest, Subject};
use hallmark_store::Store;
use hallmark_store::root_crl::{RootCrl, RootCrlPublication};
use std::path::Path;
use time::{Duration, OffsetDateTime};

/// How many lists are signed ahead: a year of them, and the one that is in force when the year ends.
pub const LISTS: i64 = 53;
/// How long after a list the next one begins.
pub const APART: Duration = Duration::weeks(1);
/// For how long verifiers accept a list. It overlaps with the next, for verifiers whose clocks run behind or who fetch
/// late.
pub const KEPT: Duration = Duration::days(10);

/// What was signed ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    /// How many lists.
    pub lists: usize,
    /// How many issuing CAs they list as revoked.
    pub revoked: usize,
    /// Until when the last is accepted.
    pub reach: OffsetDateTime,
}

/// Takes the root's key offline: signs a year of CRLs, puts the key into a file, and only then removes it from the
/// database, together with what publishes the lists. Whatever interrupts this leaves the key in the database, in the
/// file, or in both; the next attempt with the same file completes it.
pub async fn export(
    store: &Store,
    chance: &Chance,
    key_file: &Path,
    now: OffsetDateTime,
) -> anyhow::Result<Ahead> {
    let mut publication = store.root_crl_publication().await?;
    // Behind the turn: whoever had it before may have taken the key.
    let root = store.trust_anchor().await?.issuer.context("the root's key is offline already")?;
    let (crls, ahead) = sign_ahead(&mut publication, &root, chance, now).await?;
    hand_over(key_file, &root)?;
    publication.take_key_offline(root.certificate()).await?;
    publication.publish(&crls, now).await?;
    Ok(ahead)
}

/// Puts the root's key into a file, and reads it back. A file that holds this very key may be there.
fn hand_over(key_file: &Path, root: &Issuer) -> anyhow::Result<()> {
    if read_private_file(key_file)?.is_none() {
        create_new_private_file(key_file, root.key().to_pem()?.as_bytes())?;
    }
    open(key_file, root.certificate())
        .map(drop)
        .context("the key stays in the database, and the file as it is: name one that is not there yet")
}

/// Signs a year of CRLs with the root's key from its file, in the place of those that were signed before and have not
/// begun.
pub async fn renew_crls(
    store: &Store,
    chance: &Chance,
    key_file: &Path,
    now: OffsetDateTime,
) -> anyhow::Result<Ahead> {
    let mut publication = store.root_crl_publication().await?;
    let anchor = store.trust_anchor().await?;
    ensure!(
        anchor.issuer.is_none(),
        "the root's key is in the database, and its CRLs are signed when they are due: \
         `hallmark root export` takes it offline"
    );
    let root = open(key_file, &anchor.certificate)?;
    let (crls, ahead) = sign_ahead(&mut publication, &root, chance, now).await?;
    publication.publish(&crls, now).await?;
    Ok(ahead)
}

/// The root with its key from a file.
pub fn open(key_file: &Path, root: &Certificate) -> anyhow::Result<Issuer> {
    let pem = require_private_file(key_file)?;
    let pem = std::str::from_utf8(&pem).with_context(|| format!("{} is not text", key_file.display()))?;
    let key = SigningKey::from_pem(pem).with_context(|| key_file.display().to_string())?;
    Issuer::new(root.clone(), key).with_context(|| key_file.display().to_string())
}

/// Signs lists of what is revoked now, the first in force at once, with numbers higher than any before.
async fn sign_ahead(
    publication: &mut RootCrlPublication,
    root: &Issuer,
    chance: &Chance,
    now: OffsetDateTime,
) -> anyhow::Result<(Vec<RootCrl>, Ahead)> {
    let revoked = publication.revoked_issuers(root.certificate()).await?;
    let last = publication.in_force(now).await?;
    let mut this_update = last.map_or(now, |last| last.this_update.max(now));
    let mut crls = Vec::new();
    for number in (publication.last_number + 1..).take(usize::try_from(LISTS)?) {
        let times = (this_update, this_update + KEPT);
        crls.push(sign(chance.source(), root, number, times, revoked.clone())?);
        this_update += APART;
    }
    let reach = this_update - APART + KEPT;
    let ahead = Ahead { lists: crls.len(), revoked: revoked.len(), reach };
    Ok((crls, ahead))
}

/// Certifies an issuing CA from a request, for the account that the request or the caller names. C, ST and O are the
/// root's; of the request, its key counts and the name of its generation. Needs nothing but what is handed in.
pub fn certify(
    root: &Issuer,
    addresses: &Addresses,
    chance: &Chance,
    request: &SigningRequest,
    account: Option<&AccountId>,
    now: OffsetDateTime,
) -> anyhow::Result<Certificate> {
    let asked = request.subject()?;
    ensure!(
        is_common_name(&asked.common_name),
        "the request for \"{}\" is not one of `hallmark issuer request`: its common name does not name the \
         generation of an issuing CA",
        request.subject_text()
    );
    let named: Option<AccountId> =
        asked.organizational_unit.map(|unit| unit.parse()).transpose().with_context(|| {
            format!("the request for \"{}\" names no account as its OU", request.subject_text())
        })?;
    if let (Some(named), Some(account)) = (&named, account) {
        ensure!(named == account, "the request is of the account {named}, not of {account}");
    }
    let account =
        named.as_ref().or(account).context("the request names no account: name it with --account")?;
    let subject = Subject {
        organizational_unit: Some(account.to_string()),
        common_name: asked.common_name,
        ..root.certificate().subject()?
    };
    let serial_number = SerialNumber::from_parts(account.number(), chance.octets()?);
    let publication = addresses.of_issuing_ca(root.certificate())?;
    let validity = validity(root.certificate(), now)?;
    Ok(root.publishing(&publication).issue_issuer(request, &subject, &serial_number, &validity)?)
}
