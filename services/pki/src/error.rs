//! What can go wrong with keys and certificates.

use crate::{SigningAlgorithm, Validity};
use time::OffsetDateTime;

/// A fact about a key, a certificate or a chain that keeps it from being used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PkiError {
    /// No key came of it.
    #[error("the key could not be generated")]
    KeyNotGenerated,
    /// The private key is not one for P-384 in PKCS#8, or contradicts itself.
    #[error("the private key was rejected: {reason}")]
    PrivateKeyRejected {
        /// The word of the cryptographic library.
        reason: String,
    },
    /// The public key is of a kind that cannot be used here.
    #[error("the public key is not an uncompressed point on the curve P-384")]
    PublicKeyUnsupported,
    /// The public key is of a kind that nothing here verifies with.
    #[error(
        "keys of {kind} are not supported; ECDSA on P-256, P-384 and P-521 and RSA of 2048 to 8192 bits are"
    )]
    KeyKindUnsupported {
        /// Which kind.
        kind: String,
    },
    /// The public key is of a kind that no envelope is signed with.
    #[error(
        "keys of {kind} sign no envelopes; ECDSA on P-256, P-384 and P-521 and RSA of 2048, 3072 and 4096 bits do"
    )]
    KeySignsNoEnvelopes {
        /// Which kind.
        kind: String,
    },
    /// The key signs with another algorithm than the one that was named.
    #[error("the key signs with {key}, not with {named}")]
    AlgorithmNotOfKey {
        /// The one that the key leaves.
        key: SigningAlgorithm,
        /// The one that was named.
        named: SigningAlgorithm,
    },
    /// No signature came of it.
    #[error("the message could not be signed")]
    NotSigned,
    /// The signature is not this key's over this message.
    #[error("the signature does not belong to this message and public key")]
    SignatureInvalid,

    /// Octets that are no serial number.
    #[error("the serial number {rule}")]
    SerialNumberInvalid {
        /// The rule of RFC 5280 section 4.1.2.2 that it breaks.
        rule: &'static str,
    },
    /// An attribute of a subject that must not stand in a certificate.
    #[error("the subject's {attribute} {rule}")]
    SubjectInvalid {
        /// Which attribute.
        attribute: &'static str,
        /// The rule of RFC 5280 appendix A that it breaks.
        rule: &'static str,
    },
    /// A certificate's subject is not of the form that this service issues.
    #[error("the subject \"{subject}\" lacks C, ST, O or CN, or has what is not issued here")]
    SubjectUnsupported {
        /// The subject, in the form of RFC 4514.
        subject: String,
    },
    /// A validity that ends before it begins.
    #[error("a validity cannot begin at {not_before} and end at {not_after}")]
    ValidityInverted {
        /// Its beginning.
        not_before: OffsetDateTime,
        /// Its end.
        not_after: OffsetDateTime,
    },
    /// A time that X.509 cannot hold.
    #[error("a certificate cannot hold the time {time}: its years are 1950 to 9999")]
    TimeOutOfRange {
        /// The time.
        time: OffsetDateTime,
    },

    /// Not the DER of a certificate.
    #[error("the certificate cannot be read: {reason}")]
    CertificateUnreadable {
        /// What the parser said.
        reason: String,
    },
    /// The certificate breaks a rule for its place in a chain.
    #[error("the certificate of \"{subject}\" {rule}")]
    CertificateUnfit {
        /// Its subject.
        subject: String,
        /// The rule.
        rule: &'static str,
    },
    /// The time lies after the certificate's validity.
    #[error("the certificate of \"{subject}\" expired at {not_after}; it is {now}")]
    CertificateExpired {
        /// Its subject.
        subject: String,
        /// The last second of its validity.
        not_after: OffsetDateTime,
        /// The time that was asked about.
        now: OffsetDateTime,
    },
    /// The time lies before the certificate's validity.
    #[error("the certificate of \"{subject}\" is not valid before {not_before}; it is {now}")]
    CertificateNotYetValid {
        /// Its subject.
        subject: String,
        /// The first second of its validity.
        not_before: OffsetDateTime,
        /// The time that was asked about.
        now: OffsetDateTime,
    },

    /// A chain without certificates.
    #[error("the chain holds no certificate")]
    ChainEmpty,
    /// Two neighbours of a chain do not belong together.
    #[error("the certificate of \"{subject}\" was not issued by \"{issuer}\": {reason}")]
    ChainBroken {
        /// The subject of the certificate.
        subject: String,
        /// The subject of the certificate after it.
        issuer: String,
        /// What does not match.
        reason: &'static str,
    },
    /// The last certificate of a chain is not self-signed, or an earlier one is.
    #[error("the certificate of \"{subject}\" {rule}")]
    RootMisplaced {
        /// Its subject.
        subject: String,
        /// What is expected of it.
        rule: &'static str,
    },

    /// A certificate and a key that do not belong together.
    #[error("the key is not the one in the certificate of \"{subject}\"")]
    KeyMismatch {
        /// The certificate's subject.
        subject: String,
    },
    /// A certificate would be valid when its issuer is not.
    #[error("the validity {validity} exceeds the issuer's, {issuer}")]
    ValidityExceedsIssuer {
        /// The validity that was asked for.
        validity: Validity,
        /// The validity of the issuer's certificate.
        issuer: Validity,
    },
    /// The issuer's path length is used up.
    #[error("the issuer \"{issuer}\" may certify leaves but no further issuer")]
    PathLengthExhausted {
        /// The issuer's subject.
        issuer: String,
    },
    /// The certificate could not be encoded or signed.
    #[error("the certificate could not be issued: {reason}")]
    NotIssued {
        /// What the encoder said.
        reason: String,
    },

    /// Not an address that certificates may name.
    #[error("the URL {rule}")]
    UrlInvalid {
        /// What is wrong with it.
        rule: &'static str,
    },
    /// What was to be signed could not be encoded.
    #[error("the {noun} could not be encoded: {reason}")]
    NotEncoded {
        /// What was to be written.
        noun: &'static str,
        /// What the encoder said.
        reason: String,
    },
    /// Not the DER of what was expected.
    #[error("the {noun} cannot be read: {reason}")]
    Unreadable {
        /// What was expected.
        noun: &'static str,
        /// What the parser said.
        reason: String,
    },
    /// Something breaks a rule of its RFC.
    #[error("the {noun} {rule}")]
    Refused {
        /// What was given.
        noun: &'static str,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// No path leads from a timestamp authority's certificate to a trust anchor.
    #[error("no trust anchor stands above \"{subject}\" at {time}")]
    Untrusted {
        /// The subject of the authority's certificate.
        subject: String,
        /// When the path had to be valid.
        time: OffsetDateTime,
    },
    /// No certificate of a chain is trusted.
    #[error("no certificate of the chain of \"{subject}\" is a trust anchor")]
    NotAnchored {
        /// The subject of the leaf.
        subject: String,
    },
    /// A timestamp authority declined.
    #[error("the timestamp authority declined with status {status}: {reason}")]
    TimestampDeclined {
        /// `PKIStatus` (RFC 3161 section 2.4.2).
        status: u8,
        /// What it said about the reason.
        reason: String,
    },
}
