//! Keys of issuing CAs that wait for the certificates which a root that is offline issues for them.

use crate::error::{noun, pki};
use crate::seal::Location;
use crate::{StoreError, Tx, View};
use hallmark_api::profile::ProfileName;
use hallmark_pki::{Certificate, SigningKey, SigningRequest};
use std::fmt::Write as _;
use time::OffsetDateTime;

fn key_place(key_sha256: &str) -> Location<'_> {
    Location { table: "issuer_requests", row: key_sha256, column: "sealed_key" }
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        let _infallible = write!(text, "{octet:02x}");
        text
    })
}

/// A key that waits, without the key.
#[derive(Debug)]
pub struct WaitingRequest {
    /// What was asked for.
    pub request: SigningRequest,
    /// The one profile that it is for; none for the whole account.
    pub profile: Option<ProfileName>,
    /// Since when it waits.
    pub created_at: OffsetDateTime,
}

impl View {
    /// The requests of the account whose certificates have not come, the last made first.
    pub async fn issuer_requests(&mut self) -> Result<Vec<WaitingRequest>, StoreError> {
        let account = self.account().clone();
        sqlx::query!(
            "SELECT request, profile_name, created_at FROM issuer_requests
             WHERE account_id = $1 ORDER BY created_at DESC, key_sha256",
            account.as_str()
        )
        .fetch_all(&mut *self.transaction)
        .await?
        .into_iter()
        .map(|row| {
            let profile = row.profile_name.map(|name| noun("issuer_requests.profile_name", &name));
            Ok(WaitingRequest {
                request: SigningRequest::from_der(&row.request).map_err(pki("issuer_requests.request"))?,
                profile: profile.transpose()?,
                created_at: row.created_at,
            })
        })
        .collect()
    }

    /// The key that waits for a certificate of this public key, with the profile that it is for.
    pub async fn issuer_request(
        &mut self,
        certificate: &Certificate,
    ) -> Result<Option<(SigningKey, Option<ProfileName>)>, StoreError> {
        let account = self.account().clone();
        let key_sha256 = certificate.public_key().sha256();
        let row = sqlx::query!(
            "SELECT profile_name, sealed_key FROM issuer_requests WHERE account_id = $1 AND key_sha256 = $2",
            account.as_str(),
            key_sha256
        )
        .fetch_optional(&mut *self.transaction)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let key = self.kek.open(key_place(&hexadecimal(&key_sha256)), &row.sealed_key)?;
        let key = SigningKey::from_pkcs8(&key).map_err(pki("issuer_requests.sealed_key"))?;
        let profile = row.profile_name.map(|name| noun("issuer_requests.profile_name", &name)).transpose()?;
        Ok(Some((key, profile)))
    }
}

impl Tx {
    /// Keeps a key until a certificate for it comes.
    pub async fn insert_issuer_request(
        &mut self,
        key: &SigningKey,
        request: &SigningRequest,
        profile: Option<&ProfileName>,
    ) -> Result<(), StoreError> {
        let (account, now) = (self.account().clone(), self.head_time());
        let key_sha256 = key.public_key().sha256();
        let key = key.to_pkcs8().map_err(pki("issuer_requests.sealed_key"))?;
        let sealed_key = self.kek.seal(key_place(&hexadecimal(&key_sha256)), &key)?;
        sqlx::query!(
            "INSERT INTO issuer_requests (account_id, key_sha256, profile_name, request, sealed_key, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            account.as_str(),
            key_sha256,
            profile.map(ProfileName::as_str),
            request.der(),
            sealed_key,
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Forgets a key that waited: its certificate is on record, or will not come.
    pub async fn remove_issuer_request(&mut self, certificate: &Certificate) -> Result<(), StoreError> {
        let account = self.account().clone();
        sqlx::query!(
            "DELETE FROM issuer_requests WHERE account_id = $1 AND key_sha256 = $2",
            account.as_str(),
            certificate.public_key().sha256()
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}
