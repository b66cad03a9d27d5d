//! Profiles that are to be trusted: how their signatures are verified, and who they are to verifiers.

use super::certificates::chain;
use super::context::Service;
use super::exit::{Exit, Failure};
use super::list::List as _;
use crate::trust::Verification;
use hallmark_api::arn::{Arn, Resource};
use hallmark_api::certificate::{ListCertificates, ListCertificatesQuery};
use hallmark_api::issuer::{ListIssuers, ListIssuersQuery};
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::profile::{
    GetSigningProfile, GetSigningProfileOutput, GetSigningProfileQuery, ProfileName, ProfilePath,
};
use hallmark_pki::{Certificate, Subject};

/// How a profile's signatures are verified, and its identity in a trust policy.
pub(crate) async fn trusted(service: &Service, given: &str) -> Result<(Verification, String), Failure> {
    if given == "*" {
        return Err(Failure::unusable("trust is given to profiles by name, never to all of them (*)"));
    }
    let arn = given.parse::<Arn>().ok();
    let (name, owner) = match &arn {
        Some(Arn {
            account,
            resource: Resource::SigningProfile(name) | Resource::ProfileVersion(name, _),
            ..
        }) => (name.clone(), Some(account.clone())),
        Some(_) => return Err(Failure::unusable(format!("{given} is no signing profile"))),
        None => (given.parse::<ProfileName>().map_err(Failure::unusable)?, None),
    };
    let request = Request::<GetSigningProfile> {
        path: ProfilePath { profile_name: name.clone() },
        query: GetSigningProfileQuery { profile_owner: owner },
        body: Nothing {},
    };
    let GetSigningProfileOutput { profile, .. } = service.ask(request).await?;
    let parameters = &profile.signing_parameters;
    let verification = Verification::of(parameters).ok_or_else(|| {
        Failure::unusable(format!(
            "the signing profile {name} has the parameters {parameters:?}, which this version does not know"
        ))
    })?;
    let arn = match arn {
        None => profile.arn,
        Some(arn) if arn == profile.arn || arn == profile.profile_version_arn => arn,
        Some(arn) => {
            return Err(Failure::unusable(format!(
                "{arn} is not there; the service has {}",
                profile.profile_version_arn
            )));
        }
    };
    let identity = match &verification {
        Verification::Plugin(_) => arn.to_string(),
        own => own.identity(&arn, &name, &subject(service, &name).await?),
    };
    Ok((verification, identity))
}

/// A subject that has in common with those of a profile's certificates what these have from their issuing CA: that of the
/// last one, or, before there is one, that of every issuing CA there is.
async fn subject(service: &Service, profile: &ProfileName) -> Result<Subject, Failure> {
    let query =
        ListCertificatesQuery { profile_name: Some(profile.clone()), ..ListCertificatesQuery::default() };
    let (certificates, _) = service.list::<ListCertificates>(query, Some(1), ListCertificates::NOUN).await?;
    if let Some(last) = certificates.into_iter().next() {
        let chain = chain(service, last.serial_number).await?;
        let leaf = chain.certificates.first().map(|leaf| leaf.certificate.as_str());
        return read(leaf.unwrap_or_default());
    }
    let query = ListIssuersQuery::default();
    let (issuers, _) = service.list::<ListIssuers>(query, None, ListIssuers::NOUN).await?;
    let subjects = issuers.iter().map(|issuer| read(&issuer.certificate)).collect::<Result<Vec<_>, _>>()?;
    let no = |sentence: &str| Failure::new(Exit::No, sentence);
    let first = subjects.first().ok_or_else(|| no("the account has no issuing CA"))?;
    let names =
        |subject: &Subject| [subject.country.clone(), subject.state.clone(), subject.organization.clone()];
    if subjects.iter().any(|subject| names(subject) != names(first)) {
        let sentence = format!(
            "the profile {profile} has no certificate yet, and the account's issuing CAs have different names"
        );
        return Err(no(&sentence).next("sign something with the profile first"));
    }
    Ok(first.clone())
}

fn read(pem: &str) -> Result<Subject, Failure> {
    Certificate::from_pem(pem)
        .and_then(|certificate| certificate.subject())
        .map_err(|error| Failure::new(Exit::Unanswered, format!("a certificate on record: {error}")))
}
