//! Tokens: read, and verified against a trust anchor.

use super::signed_data::SignedData;
use super::{Fault, Imprint, NOUN, TimestampInfo, TimestampNonce, TimestampTrust};
use crate::asn1::{content, only, within};
use crate::{Certificate, PkiError};
use der::{Decode, Reader, Tag};
use std::fmt;

/// Octets of a token; real ones have 2 to 10 thousand.
const LONGEST: usize = 256 * 1024;

/// `TimeStampToken` (RFC 3161 section 2.4.2): the `ContentInfo` that an envelope carries.
#[derive(Clone, PartialEq, Eq)]
pub struct TimestampToken {
    der: Vec<u8>,
    info: TimestampInfo,
}

impl TimestampToken {
    /// Reads a token in DER, at most 256 KiB. That it holds is [`TimestampToken::verify`]'s to say.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        if der.len() > LONGEST {
            return Err(Fault::Rule("is longer than 256 KiB").into());
        }
        let info = SignedData::read(der).and_then(|signed| TimestampInfo::from_der(signed.info))?;
        Ok(Self { der: der.to_vec(), info })
    }

    /// Reads an authority's `TimeStampResp` in DER; an error with its words if it declined.
    pub fn from_response(der: &[u8]) -> Result<Self, PkiError> {
        if der.len() > LONGEST {
            return Err(Fault::Rule("is longer than 256 KiB").into());
        }
        let parts = within(only(der, Tag::Sequence).map_err(Fault::Der)?, |response| {
            let status = content(response, Tag::Sequence)?;
            let token = if response.is_finished() { None } else { Some(response.tlv_bytes()?) };
            Ok::<_, Fault>((status, token))
        });
        let (status, token) = parts?;
        let (status, reason) = read_status(status).map_err(Fault::Der)?;
        match (status, token) {
            (0 | 1, Some(token)) => Self::from_der(token),
            _ => Err(PkiError::TimestampDeclined { status, reason }),
        }
    }

    /// The token in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What the token says. It is worth nothing before [`TimestampToken::verify`].
    pub fn info(&self) -> &TimestampInfo {
        &self.info
    }

    /// Verifies the token: that it is about this imprint, echoes this nonce (if one was sent), is signed by
    /// a timestamp authority, and that a path leads from the authority's certificate to a trust anchor, all
    /// of it valid at the token's time. Every check is made of the one certificate that the signed
    /// attributes mean. Returns that certificate.
    pub fn verify(
        &self,
        imprint: &Imprint,
        nonce: Option<&TimestampNonce>,
        trust: &TimestampTrust<'_>,
    ) -> Result<Certificate, PkiError> {
        let refused = |rule| PkiError::Refused { noun: NOUN, rule };
        if self.info.imprint() != imprint {
            return Err(refused("is about something else"));
        }
        if nonce.is_some() && self.info.nonce() != nonce {
            return Err(refused("does not echo the nonce"));
        }
        let signed = SignedData::read(&self.der)?;
        let brought: Vec<Certificate> =
            signed.certificates.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
        let meant = signed.signer.signing_certificate(signed.info)?;
        let authority = brought
            .iter()
            .chain(trust.others)
            .chain(trust.anchors)
            .find(|certificate| meant.algorithm.digest(certificate.der()) == meant.hash)
            .ok_or(refused("means a signing certificate that is not at hand"))?;
        let named = authority.issuer_der() == signed.signer.issuer
            && authority.serial_number().as_bytes() == signed.signer.serial_number;
        if !named {
            return Err(refused("names two different signing certificates"));
        }
        let octets = signed.signer.signed_octets().map_err(Fault::Der)?;
        authority.public_key().verify(signed.signer.algorithm, &octets, signed.signer.signature)?;
        trust.check(authority, &brought, self.info.time())?;
        Ok(authority.clone())
    }
}

/// The status and what was said about it.
fn read_status(info: &[u8]) -> der::Result<(u8, String)> {
    within(info, |reader| {
        let status = u8::decode(reader)?;
        let mut reason = String::new();
        if !reader.is_finished() && Tag::peek(reader)? == Tag::Sequence {
            let texts = content(reader, Tag::Sequence)?;
            crate::asn1::each(texts, |text: String| {
                reason.push_str(&text);
                der::Result::Ok(())
            })?;
        }
        crate::asn1::drain(reader)?;
        Ok((status, reason))
    })
}

impl fmt::Debug for TimestampToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TimestampToken").field(&self.info).finish()
    }
}
