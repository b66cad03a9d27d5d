//! The trust anchor: the root's certificate, and how anyone knows that it is the one.

use hallmark_pki::Certificate;
use std::fmt;
use std::str::FromStr;

/// SHA-256 of a certificate in DER, as `openssl x509 -fingerprint -sha256` prints it or in bare digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

/// Why a root's certificate is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// No fingerprint.
    #[error("{text:?} is no SHA-256 fingerprint: 64 hexadecimal digits, with or without colons")]
    NoFingerprint {
        /// What was given.
        text: String,
    },
    /// It cannot be read, or is several.
    #[error("the root's certificate cannot be read: {reason}")]
    Unreadable {
        /// What is wrong with it.
        reason: String,
    },
    /// Verifiers could not end a chain in it.
    #[error("the certificate of {subject} is no root: it is not its own issuer's")]
    NotSelfIssued {
        /// Whose it is.
        subject: String,
    },
    /// It is another than the one that is meant.
    #[error(
        "the root's certificate has the fingerprint {found}, not the one you gave; do not trust it before you know why"
    )]
    OtherFingerprint {
        /// The fingerprint of what was found.
        found: Fingerprint,
    },
    /// Anyone on the way could have put it there.
    #[error(
        "the root's certificate came without TLS; compare its fingerprint with what the service's operator tells you, \
         and give it with --root-fingerprint {found}"
    )]
    Unproven {
        /// The fingerprint of what was found.
        found: Fingerprint,
    },
}

impl FromStr for Fingerprint {
    type Err = AnchorError;

    fn from_str(text: &str) -> Result<Self, AnchorError> {
        let mut octets = [0; 32];
        let digits = text.replace(':', "");
        hex::decode_to_slice(digits, &mut octets)
            .map_err(|_| AnchorError::NoFingerprint { text: text.chars().take(100).collect() })?;
        Ok(Self(octets))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Fingerprint {
    /// The fingerprint of a certificate.
    pub fn of(certificate: &Certificate) -> Self {
        Self(certificate.fingerprint_sha256())
    }
}

/// Reads a root's certificate in PEM. `proven` says that it came from a file of the caller's own or over TLS; any other
/// needs its fingerprint, and one that was given must be its.
pub fn check(pem: &str, expected: Option<Fingerprint>, proven: bool) -> Result<Certificate, AnchorError> {
    let unreadable = |error: hallmark_pki::PkiError| AnchorError::Unreadable { reason: error.to_string() };
    let certificates = Certificate::all_from_pem(pem).map_err(unreadable)?;
    let [root] = certificates.as_slice() else {
        let reason = format!("it must be one certificate in PEM, not {}", certificates.len());
        return Err(AnchorError::Unreadable { reason });
    };
    if root.check_issued_by(root).is_err() {
        return Err(AnchorError::NotSelfIssued { subject: root.subject_text().to_owned() });
    }
    let found = Fingerprint::of(root);
    match expected {
        Some(expected) if expected != found => Err(AnchorError::OtherFingerprint { found }),
        None if !proven => Err(AnchorError::Unproven { found }),
        _ => Ok(root.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_have_two_spellings() {
        let bare = "00ff".repeat(16);
        let colons = ["00:ff"; 16].join(":").to_uppercase();
        assert_eq!(bare.parse::<Fingerprint>().unwrap(), colons.parse().unwrap());
        assert_eq!(bare.parse::<Fingerprint>().unwrap().to_string(), bare);
        for wrong in ["", "00", &bare[2..], &format!("{bare}00"), &"zz".repeat(32)] {
            assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_no_root() {
        for pem in ["", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(matches!(check(pem, None, true), Err(AnchorError::Unreadable { .. })), "{pem}");
        }
    }
}
