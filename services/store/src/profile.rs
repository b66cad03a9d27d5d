//! Signing profiles and their versions, as the database keeps them.

use crate::error::noun;
use crate::{StoreError, Tx, View};
use hallmark_api::overrides::SigningPlatformOverrides;
use hallmark_api::permission::Permission;
use hallmark_api::platform::PlatformId;
use hallmark_api::profile::{ProfileName, ProfileVersion, SigningParameters, SigningProfileStatus};
use hallmark_api::signing_material::SigningMaterial;
use hallmark_api::tag::{TagKey, TagValue, Tags};
use hallmark_api::validity::{SignatureValidityPeriod, ValidityType};
use sqlx::types::Json;
use time::OffsetDateTime;

/// A profile with its version, its revocation and its tags.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its name.
    pub name: ProfileName,
    /// Its version.
    pub version: ProfileVersion,
    /// Its platform.
    pub platform: PlatformId,
    /// How long its signatures are valid.
    pub validity: SignatureValidityPeriod,
    /// The certificate it signs with, where the platform takes one.
    pub signing_material: Option<SigningMaterial>,
    /// What it sets otherwise than its platform.
    pub overrides: Option<SigningPlatformOverrides>,
    /// What the platform leaves to the profile.
    pub parameters: SigningParameters,
    /// When and by whom it was canceled.
    pub canceled: Option<Canceled>,
    /// When and by whom it was revoked.
    pub revoked: Option<Revoked>,
    /// Its tags.
    pub tags: Tags,
    /// What its owner permits other accounts.
    pub permissions: Vec<Permission>,
}

/// When and by whom a profile was canceled.
#[derive(Debug, Clone)]
pub struct Canceled {
    /// When the cancellation was recorded.
    pub at: OffsetDateTime,
    /// ARN of the principal.
    pub by: String,
}

/// A profile version's revocation, over all its repeats.
#[derive(Debug, Clone)]
pub struct Revoked {
    /// From when on: the earliest effective time there is.
    pub effective_at: OffsetDateTime,
    /// When that effective time was recorded.
    pub recorded_at: OffsetDateTime,
    /// ARN of the principal that recorded it.
    pub recorded_by: String,
    /// Why.
    pub reason: String,
}

impl Profile {
    /// Its state; a revoked profile is revoked, whether or not it was canceled before.
    pub fn status(&self) -> SigningProfileStatus {
        match (&self.revoked, &self.canceled) {
            (Some(_), _) => SigningProfileStatus::Revoked,
            (None, Some(_)) => SigningProfileStatus::Canceled,
            (None, None) => SigningProfileStatus::Active,
        }
    }
}

/// A profile to be added.
#[derive(Debug)]
pub struct NewProfile<'a> {
    /// Its name.
    pub name: &'a ProfileName,
    /// Its version.
    pub version: &'a ProfileVersion,
    /// Its platform.
    pub platform: PlatformId,
    /// How long its signatures are valid.
    pub validity: SignatureValidityPeriod,
    /// The certificate it signs with, where the platform takes one.
    pub signing_material: Option<&'a SigningMaterial>,
    /// What it sets otherwise than its platform.
    pub overrides: Option<&'a SigningPlatformOverrides>,
    /// What the platform leaves to the profile.
    pub parameters: &'a SigningParameters,
    /// Its tags.
    pub tags: &'a Tags,
    /// ARN of the principal that adds it.
    pub created_by: &'a str,
}

/// The constraint that a second profile of one name violates.
pub const PROFILE_EXISTS: &str = "profiles_pkey";

struct Row {
    profile_name: String,
    profile_version: String,
    platform_id: String,
    validity_value: i32,
    validity_unit: String,
    signing_parameters: serde_json::Value,
    signing_certificate_arn: Option<String>,
    overrides: Option<serde_json::Value>,
    canceled_at: Option<OffsetDateTime>,
    canceled_by: Option<String>,
    effective_at: Option<OffsetDateTime>,
    recorded_at: Option<OffsetDateTime>,
    recorded_by: Option<String>,
    reason: Option<String>,
    tag_keys: Vec<String>,
    tag_values: Vec<String>,
    permissions: Json<Vec<Permission>>,
}

impl TryFrom<Row> for Profile {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let unit: ValidityType = noun("profiles.validity_unit", &row.validity_unit)?;
        let tags = row.tag_keys.iter().zip(&row.tag_values).map(|(key, value)| {
            Ok((noun::<TagKey>("tags.tag_key", key)?, noun::<TagValue>("tags.tag_value", value)?))
        });
        Ok(Self {
            name: noun("profiles.profile_name", &row.profile_name)?,
            version: noun("profile_versions.profile_version", &row.profile_version)?,
            platform: noun("profiles.platform_id", &row.platform_id)?,
            validity: SignatureValidityPeriod::new(i64::from(row.validity_value), unit)
                .map_err(|error| StoreError::unreadable("profiles.validity_value")(&error))?,
            signing_material: row
                .signing_certificate_arn
                .map(|arn| noun("profiles.signing_certificate_arn", &arn))
                .transpose()?
                .map(|certificate_arn| SigningMaterial { certificate_arn }),
            overrides: row
                .overrides
                .map(serde_json::from_value)
                .transpose()
                .map_err(|error| StoreError::unreadable("profiles.overrides")(&error))?,
            parameters: serde_json::from_value(row.signing_parameters)
                .map_err(|error| StoreError::unreadable("profiles.signing_parameters")(&error))?,
            canceled: row.canceled_at.zip(row.canceled_by).map(|(at, by)| Canceled { at, by }),
            revoked: match (row.effective_at, row.recorded_at, row.recorded_by, row.reason) {
                (Some(effective_at), Some(recorded_at), Some(recorded_by), Some(reason)) => {
                    Some(Revoked { effective_at, recorded_at, recorded_by, reason })
                }
                _ => None,
            },
            tags: tags.collect::<Result<Tags, StoreError>>()?,
            permissions: row.permissions.0,
        })
    }
}

/// Which profiles of an account are read.
struct Selection {
    names: Option<Vec<String>>,
    after: String,
    statuses: Option<Vec<String>>,
    platform: Option<&'static str>,
    limit: i64,
}

impl Default for Selection {
    fn default() -> Self {
        Self { names: None, after: String::new(), statuses: None, platform: None, limit: i64::MAX }
    }
}

impl View {
    /// The named profiles of this account; names that do not exist are left out.
    pub async fn profiles(&mut self, names: &[ProfileName]) -> Result<Vec<Profile>, StoreError> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        self.select_profiles(&Selection { names: Some(names), ..Selection::default() }).await
    }

    /// Up to `limit` profiles in one of these states (and of this platform) whose names come after
    /// `after`, in the order of their names.
    pub async fn profiles_after(
        &mut self,
        after: &str,
        statuses: &[SigningProfileStatus],
        platform: Option<PlatformId>,
        limit: usize,
    ) -> Result<Vec<Profile>, StoreError> {
        self.select_profiles(&Selection {
            names: None,
            after: after.to_owned(),
            statuses: Some(statuses.iter().map(|status| status.as_str().to_owned()).collect()),
            platform: platform.map(PlatformId::as_str),
            limit: i64::try_from(limit).unwrap_or(i64::MAX),
        })
        .await
    }

    async fn select_profiles(&mut self, selection: &Selection) -> Result<Vec<Profile>, StoreError> {
        let account = self.account().clone();
        sqlx::query_as!(
            Row,
            r#"SELECT p.profile_name, v.profile_version, p.platform_id, p.validity_value, p.validity_unit,
                      p.signing_parameters, p.signing_certificate_arn, p.overrides, p.canceled_at, p.canceled_by,
                      r.effective_at AS "effective_at?", r.recorded_at AS "recorded_at?",
                      r.recorded_by AS "recorded_by?", r.reason AS "reason?",
                      t.keys AS "tag_keys!", t.values AS "tag_values!",
                      m.permissions AS "permissions!: Json<Vec<Permission>>"
               FROM profiles p
               JOIN profile_versions v USING (account_id, profile_name)
               LEFT JOIN LATERAL (
                   SELECT effective_at, recorded_at, recorded_by, reason FROM revocations
                   WHERE account_id = p.account_id AND profile_name = p.profile_name
                     AND profile_version = v.profile_version AND subject = 'profile_version'
                   ORDER BY effective_at, recorded_at LIMIT 1) r ON true
               CROSS JOIN LATERAL (
                   SELECT coalesce(array_agg(tag_key ORDER BY tag_key), '{}') AS keys,
                          coalesce(array_agg(tag_value ORDER BY tag_key), '{}') AS values
                   FROM tags WHERE account_id = p.account_id AND profile_name = p.profile_name) t
               CROSS JOIN LATERAL (
                   SELECT coalesce(jsonb_agg(jsonb_build_object(
                              'action', action, 'principal', principal, 'statementId', statement_id,
                              'profileVersion', profile_version)), '[]') AS permissions
                   FROM profile_permissions
                   WHERE account_id = p.account_id AND profile_name = p.profile_name) m
               WHERE p.account_id = $1 AND ($2::text[] IS NULL OR p.profile_name = ANY ($2))
                 AND p.profile_name COLLATE "C" > $3
                 AND ($4::text IS NULL OR p.platform_id = $4)
                 AND ($5::text[] IS NULL OR CASE WHEN r.effective_at IS NOT NULL THEN 'Revoked'
                          WHEN p.canceled_at IS NOT NULL THEN 'Canceled' ELSE 'Active' END = ANY ($5))
               ORDER BY p.profile_name COLLATE "C" LIMIT $6"#,
            account.as_str(),
            selection.names.as_deref() as Option<&[String]>,
            selection.after,
            selection.platform,
            selection.statuses.as_deref() as Option<&[String]>,
            selection.limit
        )
        .fetch_all(&mut *self.transaction)
        .await?
        .into_iter()
        .map(Profile::try_from)
        .collect()
    }
}

impl Tx {
    /// Adds a profile with its one version and its tags. A name that is taken violates [`PROFILE_EXISTS`].
    pub async fn insert_profile(&mut self, profile: &NewProfile<'_>) -> Result<(), StoreError> {
        let (account, now) = (self.account().clone(), self.head_time());
        let value = i32::try_from(profile.validity.value())
            .map_err(|error| StoreError::unreadable("profiles.validity_value")(&error))?;
        let parameters = serde_json::to_value(profile.parameters)
            .map_err(|error| StoreError::unreadable("profiles.signing_parameters")(&error))?;
        let overrides = profile
            .overrides
            .map(serde_json::to_value)
            .transpose()
            .map_err(|error| StoreError::unreadable("profiles.overrides")(&error))?;
        sqlx::query!(
            "INSERT INTO profiles (account_id, profile_name, platform_id, validity_value, validity_unit,
                                   signing_parameters, signing_certificate_arn, overrides, created_at, created_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            account.as_str(),
            profile.name.as_str(),
            profile.platform.as_str(),
            value,
            profile.validity.unit().as_str(),
            parameters,
            profile.signing_material.map(|material| material.certificate_arn.as_str()),
            overrides,
            now,
            profile.created_by
        )
        .execute(&mut *self.transaction)
        .await?;
        sqlx::query!(
            "INSERT INTO profile_versions (account_id, profile_name, profile_version, created_at)
             VALUES ($1, $2, $3, $4)",
            account.as_str(),
            profile.name.as_str(),
            profile.version.as_str(),
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        self.put_tags(profile.name, profile.tags).await
    }

    /// Cancels a profile that is not canceled yet.
    pub async fn cancel_profile(&mut self, name: &ProfileName, by: &str) -> Result<(), StoreError> {
        let (account, now) = (self.account().clone(), self.head_time());
        sqlx::query!(
            "UPDATE profiles SET canceled_at = $3, canceled_by = $4
             WHERE account_id = $1 AND profile_name = $2 AND canceled_at IS NULL",
            account.as_str(),
            name.as_str(),
            now,
            by
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}
