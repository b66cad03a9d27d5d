//! Operations on signing profiles.

use super::effect::{effective_time, moves_earlier};
use crate::caller::Call;
use crate::context::Context;
use crate::error::{ApiError, Sentence};
use crate::signing::{IssuerChoice, NotationParameters};
use hallmark_api::account::AccountId;
use hallmark_api::arn::{Arn, Resource};
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::platform::{NOTATION, SigningMaterialRule, SigningPlatform};
use hallmark_api::profile::{
    CancelSigningProfile, GetSigningProfile, GetSigningProfileOutput, ListSigningProfiles,
    ListSigningProfilesOutput, ListSigningProfilesQuery, ProfileName, ProfileVersion, PutSigningProfile,
    PutSigningProfileBody, PutSigningProfileOutput, RevokeSigningProfile, SigningParameters, SigningProfile,
    SigningProfileRevocationRecord, SigningProfileStatus,
};
use hallmark_api::tag::PROFILE_LIMIT;
use hallmark_api::timestamp::EpochSeconds;
use hallmark_pki::Issuer;
use hallmark_store::profile::{NewProfile, PROFILE_EXISTS, Profile};
use hallmark_store::revocation::{NewRevocation, Subject};
use hallmark_store::{Change, View};
use std::sync::Arc;

/// A profile that this account does not have.
pub(super) fn no_profile(name: &ProfileName) -> ApiError {
    let sentence = Sentence::from(format!("Signing Profile with name {name} does not exist."));
    ApiError::not_found(sentence.coded("ProfileNotFound"))
}

/// A profile of this account.
pub(super) async fn find(view: &mut View, name: &ProfileName) -> Result<Profile, ApiError> {
    view.profiles(std::slice::from_ref(name)).await?.pop().ok_or_else(|| no_profile(name))
}

/// A version is the one that the profile has.
pub(super) fn check_version(profile: &Profile, version: &ProfileVersion) -> Result<(), ApiError> {
    if profile.version == *version {
        return Ok(());
    }
    let text = format!("Version {version} does not exist for SigningProfile {}.", profile.name);
    Err(ApiError::not_found(Sentence::from(text).coded("ProfileVersionNotFound")))
}

/// `PutSigningProfile`.
pub(super) async fn put(
    context: Arc<Context>,
    call: Call,
    request: Request<PutSigningProfile>,
) -> Result<PutSigningProfileOutput, ApiError> {
    let (name, body) = (request.path.profile_name, request.body);
    check_platform_rules(&body)?;
    let own_issuer = wants_own_issuer(&body);
    // Before the lock: whoever holds it must not wait for another connection.
    let root = if own_issuer { Some(root(&context).await?) } else { None };
    let version = ProfileVersion::from_random(context.chance.octets()?);
    let mut tx = context.lock(&call).await?;
    let inserted = tx
        .insert_profile(&NewProfile {
            name: &name,
            version: &version,
            platform: body.platform_id,
            validity: body.signature_validity_period.unwrap_or_default(),
            signing_material: body.signing_material.as_ref(),
            overrides: body.overrides.as_ref(),
            parameters: &body.signing_parameters.unwrap_or_default(),
            tags: &body.tags.unwrap_or_default(),
            created_by: &call.principal().to_string(),
        })
        .await;
    match inserted {
        Err(error) if error.violates(PROFILE_EXISTS) => {
            let sentence = Sentence::from(format!("Profile with name {name} already exists"));
            return Err(ApiError::validation(sentence.coded("ProfileAlreadyExists")));
        }
        other => other?,
    }
    let account = tx.account().clone();
    if let Some(root) = root {
        let now = context.clock.now();
        let made = context.desks.maker().make(&mut tx, &root, Some(&name), now, now).await;
        made.map_err(ApiError::internal)?;
    }
    tx.commit(Change::Judgement).await?;
    let arn =
        |resource| Arn { region: context.deployment.region.clone(), account: account.clone(), resource };
    Ok(PutSigningProfileOutput {
        arn: arn(Resource::SigningProfile(name.clone())),
        profile_version_arn: arn(Resource::ProfileVersion(name, version.clone())),
        profile_version: version,
    })
}

/// Whether the profile is to have an issuing CA of its own, which it then has from the beginning: whoever pins it need
/// not wait for the first signature.
fn wants_own_issuer(body: &PutSigningProfileBody) -> bool {
    let parameters = body.signing_parameters.as_ref().map(NotationParameters::read);
    let notation = body.platform_id.platform().id == NOTATION.id;
    notation && parameters.is_some_and(|read| read.is_ok_and(|read| read.issuer == IssuerChoice::Profile))
}

/// The root with its key, which certifies issuing CAs.
async fn root(context: &Context) -> Result<Issuer, ApiError> {
    context.store.trust_anchor().await?.issuer.ok_or_else(|| {
        ApiError::validation(
            "signingParameters.issuer: the root's key is offline, so no issuing CA can be made for a profile",
        )
    })
}

fn check_platform_rules(body: &PutSigningProfileBody) -> Result<(), ApiError> {
    let platform = body.platform_id.platform();
    match (platform.signing_material, &body.signing_material) {
        (SigningMaterialRule::Refused, Some(_)) => {
            return Err(ApiError::validation(format!(
                "signingMaterial: the platform {} keeps its own keys and takes no certificate",
                platform.id
            )));
        }
        (SigningMaterialRule::Required, None) => {
            return Err(ApiError::validation("signing material cannot be null."));
        }
        (SigningMaterialRule::Refused, None) | (SigningMaterialRule::Required, Some(_)) => {}
    }
    if let Some(overrides) = &body.overrides {
        overrides.check(platform).map_err(|error| ApiError::validation(error.to_string()))?;
    }
    if body.tags.as_ref().is_some_and(|tags| tags.count() > PROFILE_LIMIT) {
        return Err(too_many_tags());
    }
    check_parameters(platform, body.signing_parameters.as_ref())
}

/// The Notation platform refuses what it would not heed; the others take any map, as AWS Signer does.
fn check_parameters(
    platform: &'static SigningPlatform,
    parameters: Option<&SigningParameters>,
) -> Result<(), ApiError> {
    match parameters {
        Some(parameters) if platform.id == NOTATION.id => NotationParameters::read(parameters)
            .map(drop)
            .map_err(|error| ApiError::validation(error.to_string())),
        _ => Ok(()),
    }
}

/// A profile would have more tags than it may.
pub(super) fn too_many_tags() -> ApiError {
    ApiError::validation(format!("tags: a signing profile has at most {PROFILE_LIMIT} tags"))
}

/// `GetSigningProfile`.
pub(super) async fn show(
    context: Arc<Context>,
    call: Call,
    request: Request<GetSigningProfile>,
) -> Result<GetSigningProfileOutput, ApiError> {
    let mut view = context.view(&call).await?;
    let profile = find(&mut view, &request.path.profile_name).await?;
    let revoked = profile.revoked.as_ref();
    Ok(GetSigningProfileOutput {
        revocation_record: revoked.map(|revoked| SigningProfileRevocationRecord {
            revocation_effective_from: EpochSeconds(revoked.effective_at),
            revoked_at: EpochSeconds(revoked.recorded_at),
            revoked_by: revoked.recorded_by.clone(),
        }),
        status_reason: revoked.map(|revoked| revoked.reason.clone()),
        overrides: profile.overrides.clone(),
        profile: entry(&context, view.account(), profile),
    })
}

fn entry(context: &Context, account: &AccountId, profile: Profile) -> SigningProfile {
    let arn =
        |resource| Arn { region: context.deployment.region.clone(), account: account.clone(), resource };
    SigningProfile {
        status: profile.status(),
        arn: arn(Resource::SigningProfile(profile.name.clone())),
        profile_version_arn: arn(Resource::ProfileVersion(profile.name.clone(), profile.version.clone())),
        profile_name: profile.name,
        profile_version: profile.version,
        platform_id: profile.platform,
        platform_display_name: profile.platform.platform().display_name.into(),
        signature_validity_period: profile.validity,
        signing_material: profile.signing_material.into(),
        signing_parameters: profile.parameters,
        tags: profile.tags,
    }
}

/// `ListSigningProfiles`.
pub(super) async fn list(
    context: Arc<Context>,
    call: Call,
    request: Request<ListSigningProfiles>,
) -> Result<ListSigningProfilesOutput, ApiError> {
    let query = request.query;
    let statuses = listed_statuses(&query);
    let platform = query.platform_id.map_or("", |platform| platform.as_str());
    let scope = format!("ListSigningProfiles {} {statuses:?} {platform}", call.principal());
    let after = context.paging.read(&scope, query.next_token.as_deref())?.unwrap_or_default();
    let count = query.max_results.unwrap_or_default().count();

    let mut view = context.report(&call).await?;
    let mut profiles = view.profiles_after(&after, &statuses, query.platform_id, count + 1).await?;
    let more = profiles.len() > count;
    profiles.truncate(count);
    let last = profiles.last().filter(|_| more);
    let next_token = last.map(|last| context.paging.token(&scope, last.name.as_str())).transpose()?;
    let profiles = profiles.into_iter().map(|profile| entry(&context, view.account(), profile)).collect();
    Ok(ListSigningProfilesOutput { profiles, next_token })
}

/// Active profiles alone, unless canceled ones are asked for too or `statuses` says exactly which.
fn listed_statuses(query: &ListSigningProfilesQuery) -> Vec<SigningProfileStatus> {
    use SigningProfileStatus::{Active, Canceled, Revoked};
    match (query.statuses.as_slice(), query.include_canceled) {
        ([], false) => vec![Active],
        ([], true) => vec![Active, Canceled],
        (statuses, _) => [Active, Canceled, Revoked].into_iter().filter(|s| statuses.contains(s)).collect(),
    }
}

/// `CancelSigningProfile`. Canceling twice is no error.
pub(super) async fn cancel(
    context: Arc<Context>,
    call: Call,
    request: Request<CancelSigningProfile>,
) -> Result<Nothing, ApiError> {
    let name = request.path.profile_name;
    let mut tx = context.lock(&call).await?;
    match find(&mut tx, &name).await?.status() {
        SigningProfileStatus::Canceled => return Ok(Nothing {}),
        SigningProfileStatus::Revoked => {
            return Err(ApiError::validation(format!(
                "Signing Profile {name} cannot be canceled because it has been revoked. \
                 A revoked profile cannot be canceled."
            )));
        }
        SigningProfileStatus::Active => {}
    }
    tx.cancel_profile(&name, &call.principal().to_string()).await?;
    tx.commit(Change::Judgement).await?;
    Ok(Nothing {})
}

/// `RevokeSigningProfile`. A repeat may move the effective time earlier, never later.
pub(super) async fn revoke(
    context: Arc<Context>,
    call: Call,
    request: Request<RevokeSigningProfile>,
) -> Result<Nothing, ApiError> {
    let (name, body) = (request.path.profile_name, request.body);
    let mut tx = context.lock(&call).await?;
    let profile = find(&mut tx, &name).await?;
    check_version(&profile, &body.profile_version)?;
    let effective_at = effective_time(body.effective_time.0, tx.head_time())?;
    let known = profile.revoked.as_ref().map(|revoked| revoked.effective_at);
    if !moves_earlier(&format!("signing profile {name}"), known, effective_at)? {
        return Ok(Nothing {});
    }
    tx.insert_revocation(&NewRevocation {
        id: uuid::Builder::from_random_bytes(context.chance.octets()?).into_uuid(),
        subject: Subject::ProfileVersion(&name, &profile.version),
        effective_at,
        reason: body.reason.as_str(),
        recorded_by: &call.principal().to_string(),
    })
    .await?;
    tx.commit(Change::Revocation).await?;
    Ok(Nothing {})
}
