//! Issuing a CRL, and reading one back.

use super::CrlEntry;
use crate::asn1::{Criticality, SIGNED_WITH, Signed, extension, from_unix, x509_time};
use crate::publication::point_name;
use crate::signature::SignatureAlgorithm;
use crate::{Certificate, HttpUrl, Issuer, PkiError, SerialNumber};
use aws_lc_rs::rand::SecureRandom;
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetString};
use der::{Decode, Encode, Sequence};
use std::fmt;
use time::OffsetDateTime;
use x509_cert::certificate::Version;
use x509_cert::crl::RevokedCert;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::AuthorityKeyIdentifier;
use x509_cert::ext::pkix::crl::CrlNumber;
use x509_cert::ext::pkix::crl::dp::IssuingDistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::spki::AlgorithmIdentifierRef;
use x509_cert::time::Time;

pub(super) const NOUN: &str = "revocation list";

const ID_CE_CRL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");
// The structure of this name in x509-cert carries the identifier of another extension.
const ID_CE_ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
const ID_CE_AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");

/// Entries of a shard: about 800 KiB, below the 1 MiB that a fetch should cost.
const MOST_ENTRIES: usize = 10_000;
/// Octets of a list that is read back.
const LONGEST: usize = 2 * 1024 * 1024;

/// Which certificates of its issuer a CRL is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrlScope {
    /// All of them, as the root's list is. It has no issuingDistributionPoint: OpenSSL's `-crl_check_all`
    /// applies it to the root too, which names no address.
    Complete,
    /// Those of end entities that name this address (a critical issuingDistributionPoint with
    /// onlyContainsUserCerts). It keeps the list of one shard from standing in for another's.
    Shard(HttpUrl),
}

/// What a CRL says besides its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlContents {
    /// Which certificates it is about.
    pub scope: CrlScope,
    /// Grows with each list of an issuer and scope (section 5.2.3).
    pub number: u64,
    /// When it was issued.
    pub this_update: OffsetDateTime,
    /// When the next will have been issued, at the latest. Verifiers keep the list until then.
    pub next_update: OffsetDateTime,
}

/// `TBSCertList`, with what this service always writes.
#[derive(Debug, Sequence)]
struct TbsCertList<'a> {
    version: Version,
    signature: AlgorithmIdentifierRef<'a>,
    issuer: AnyRef<'a>,
    this_update: Time,
    next_update: Time,
    #[asn1(optional = "true")]
    revoked_certificates: Option<Vec<RevokedCert>>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

/// A CRL that was issued here or by another Hallmark.
#[derive(Clone, PartialEq, Eq)]
pub struct Crl {
    der: Vec<u8>,
    contents: CrlContents,
    entries: Vec<CrlEntry>,
}

impl Issuer {
    /// Issues a CRL over certificates of this issuer. Entries may come in any order, at most 10,000;
    /// the list has them by serial number, each once.
    pub fn issue_crl(
        &self,
        rng: &dyn SecureRandom,
        contents: &CrlContents,
        mut entries: Vec<CrlEntry>,
    ) -> Result<Crl, PkiError> {
        let certificate = self.certificate();
        certificate.usage().check_crl_issuer().map_err(|rule| certificate.unfit(rule))?;
        entries.sort_by(|one, other| magnitude(&one.serial_number).cmp(&magnitude(&other.serial_number)));
        check(contents, &entries)?;

        let revoked: Vec<RevokedCert> = entries.iter().map(CrlEntry::encode).collect::<Result<_, _>>()?;
        let tbs = TbsCertList {
            version: Version::V2,
            signature: SIGNED_WITH,
            issuer: AnyRef::from_der(certificate.subject_der()).map_err(not_encoded)?,
            this_update: x509_time(contents.this_update)?,
            next_update: x509_time(contents.next_update)?,
            // An empty list is left out (section 5.1.2.6).
            revoked_certificates: Some(revoked).filter(|revoked| !revoked.is_empty()),
            extensions: extensions(certificate, contents).map_err(not_encoded)?,
        };
        let tbs = tbs.to_der().map_err(not_encoded)?;
        let signature = self.key().sign_der(rng, &tbs)?;
        let der = assemble(&tbs, &signature).map_err(not_encoded)?;
        Crl::from_der(&der)
    }
}

/// What positive INTEGERs are ordered by: length, then octets.
fn magnitude(serial_number: &SerialNumber) -> (usize, &[u8]) {
    let octets = serial_number.as_bytes();
    (octets.len(), octets)
}

fn check(contents: &CrlContents, entries: &[CrlEntry]) -> Result<(), PkiError> {
    let refused = |rule| Err(PkiError::Refused { noun: NOUN, rule });
    if contents.next_update <= contents.this_update {
        return refused("would be superseded no later than it is issued");
    }
    if entries.len() > MOST_ENTRIES {
        return refused("would have more than 10,000 entries");
    }
    if entries.windows(2).any(|pair| pair[0].serial_number == pair[1].serial_number) {
        return refused("would list a serial number twice");
    }
    Ok(())
}

fn extensions(issuer: &Certificate, contents: &CrlContents) -> der::Result<Vec<Extension>> {
    let key_identifier = AuthorityKeyIdentifier {
        key_identifier: Some(OctetString::new(issuer.key_identifier())?),
        ..AuthorityKeyIdentifier::default()
    };
    let mut extensions = vec![
        extension(ID_CE_AUTHORITY_KEY_IDENTIFIER, Criticality::Ignorable, &key_identifier)?,
        extension(ID_CE_CRL_NUMBER, Criticality::Ignorable, &CrlNumber::try_from(contents.number)?)?,
    ];
    if let CrlScope::Shard(url) = &contents.scope {
        let point = IssuingDistributionPoint {
            distribution_point: Some(point_name(url)?),
            only_contains_user_certs: true,
            only_contains_ca_certs: false,
            only_some_reasons: None,
            indirect_crl: false,
            only_contains_attribute_certs: false,
        };
        extensions.push(extension(ID_CE_ISSUING_DISTRIBUTION_POINT, Criticality::Critical, &point)?);
    }
    Ok(extensions)
}

fn assemble(tbs: &[u8], signature: &[u8]) -> der::Result<Vec<u8>> {
    let signature = BitStringRef::from_bytes(signature)?;
    Signed { tbs: AnyRef::from_der(tbs)?, algorithm: SIGNED_WITH, signature }.to_der()
}

impl Crl {
    /// Reads a list of the form that is issued here, at most 2 MiB. Its signature is
    /// [`Crl::check_issued_by`]'s to check.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        if der.len() > LONGEST {
            return Err(unreadable("it is longer than 2 MiB"));
        }
        let read = || -> der::Result<TbsCertList<'_>> { Signed::from_der(der)?.tbs.decode_as() };
        let tbs = read().map_err(|error| unreadable(&error.to_string()))?;
        if tbs.version != Version::V2 {
            return Err(unreadable("it is not of version 2"));
        }
        let contents = read_contents(&tbs)?;
        let revoked = tbs.revoked_certificates.as_deref().unwrap_or_default();
        let entries: Vec<CrlEntry> = revoked.iter().map(CrlEntry::decode).collect::<Result<_, _>>()?;
        check(&contents, &entries)?;
        Ok(Self { der: der.to_vec(), contents, entries })
    }

    /// Whether the list names this issuer and carries a signature of its key, and the certificate allows
    /// it.
    pub fn check_issued_by(&self, issuer: &Certificate) -> Result<(), PkiError> {
        let refused = |rule| PkiError::Refused { noun: NOUN, rule };
        issuer.usage().check_crl_issuer().map_err(|rule| issuer.unfit(rule))?;
        let unreadable = |error: der::Error| unreadable(&error.to_string());
        let signed = Signed::from_der(&self.der).map_err(unreadable)?;
        let tbs: TbsCertList<'_> = signed.tbs.decode_as().map_err(unreadable)?;
        if tbs.issuer.to_der().map_err(unreadable)? != issuer.subject_der() {
            return Err(refused("names another issuer"));
        }
        let algorithm = SignatureAlgorithm::read(&signed.algorithm)
            .filter(|_| signed.algorithm == tbs.signature)
            .ok_or(refused("is signed with an algorithm that is not accepted"))?;
        let signature = signed.signature.as_bytes().ok_or(PkiError::SignatureInvalid)?;
        issuer.public_key().verify(algorithm, &signed.tbs.to_der().map_err(unreadable)?, signature)
    }

    /// The list in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What it says besides its entries.
    pub fn contents(&self) -> &CrlContents {
        &self.contents
    }

    /// The revoked certificates, by serial number.
    pub fn entries(&self) -> &[CrlEntry] {
        &self.entries
    }
}

fn read_contents(tbs: &TbsCertList<'_>) -> Result<CrlContents, PkiError> {
    let time =
        |time: Time| from_unix(time.to_unix_duration()).ok_or(unreadable("its times are out of range"));
    let find = |id| tbs.extensions.iter().find(|extension| extension.extn_id == id);
    let known = [ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_CRL_NUMBER, ID_CE_ISSUING_DISTRIBUTION_POINT];
    if tbs.extensions.iter().any(|extension| extension.critical && !known.contains(&extension.extn_id)) {
        return Err(unreadable("it has a critical extension that is not understood"));
    }
    let number = find(ID_CE_CRL_NUMBER)
        .and_then(|found| u64::from_der(found.extn_value.as_bytes()).ok())
        .ok_or_else(|| unreadable("it has no number below 2^64"))?;
    let scope = match find(ID_CE_ISSUING_DISTRIBUTION_POINT) {
        None => CrlScope::Complete,
        Some(found) => IssuingDistributionPoint::from_der(found.extn_value.as_bytes())
            .ok()
            .filter(|_| found.critical)
            .and_then(|point| read_shard(&point))
            .map(CrlScope::Shard)
            .ok_or_else(|| unreadable("its issuingDistributionPoint is not that of a shard"))?,
    };
    let (this_update, next_update) = (time(tbs.this_update)?, time(tbs.next_update)?);
    Ok(CrlContents { scope, number, this_update, next_update })
}

fn read_shard(point: &IssuingDistributionPoint) -> Option<HttpUrl> {
    let narrowed = point.only_some_reasons.is_some()
        || point.only_contains_ca_certs
        || point.indirect_crl
        || point.only_contains_attribute_certs;
    let Some(DistributionPointName::FullName(names)) = &point.distribution_point else { return None };
    let [GeneralName::UniformResourceIdentifier(url)] = names.as_slice() else { return None };
    let url = HttpUrl::new(url.as_str()).ok()?;
    (point.only_contains_user_certs && !narrowed).then_some(url)
}

fn unreadable(reason: &str) -> PkiError {
    PkiError::Unreadable { noun: NOUN, reason: reason.to_owned() }
}

pub(super) fn not_encoded(error: der::Error) -> PkiError {
    PkiError::NotEncoded { noun: NOUN, reason: error.to_string() }
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crl({:?}, {} entries)", self.contents, self.entries.len())
    }
}
