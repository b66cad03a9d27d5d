//! Reading COSE.

use super::{ALG, CONTENT_TYPE, CONTEXT, COSE_SIGN1, CRIT, EPOCH_TIME, X5CHAIN};
use crate::EnvelopeError;
use crate::cbor::{self, Broken, Label, Reader, Writer};
use crate::header::{self, SIGNING_AGENT, TIMESTAMP_SIGNATURE, in_utc};
use crate::signed_envelope::{CHAIN, ENVELOPE, Parts, TOKEN, UNPROTECTED};
use crate::signed_header::{Field, TIMES, Unchecked};
use crate::signing_input::{PROTECTED, SIGNING_INPUT};
use hallmark_pki::SigningAlgorithm;
use time::OffsetDateTime;

/// Reads a `Sig_structure` (RFC 9052 section 4.4): its header, and the octets of its payload.
pub(crate) fn signing_input(octets: &[u8]) -> Result<(Unchecked, Vec<u8>), EnvelopeError> {
    let read = cbor::read(octets, |structure| {
        if structure.array()? != 4 {
            return Err("is not an array of four");
        }
        if structure.text()? != CONTEXT {
            return Err("is of another context than Signature1");
        }
        let protected = structure.bytes()?;
        if !structure.bytes()?.is_empty() {
            return Err("holds external data");
        }
        Ok((protected, structure.bytes()?))
    });
    let (protected, payload) = read.map_err(|rule| EnvelopeError::malformed(SIGNING_INPUT, rule))?;
    Ok((protected_header(protected)?, payload.to_vec()))
}

fn protected_header(octets: &[u8]) -> Result<Unchecked, EnvelopeError> {
    let pairs = cbor::read(octets, Reader::map).map_err(|rule| EnvelopeError::malformed(PROTECTED, rule))?;
    let (mut algorithm, mut content_type, mut critical, mut fields) = (None, None, None, Vec::new());
    for (label, value) in pairs {
        match label {
            Label::Integer(ALG) => algorithm = Some(read_algorithm(value)?),
            Label::Integer(CONTENT_TYPE) => {
                let text = read(header::CONTENT_TYPE, value, "is not a text", Reader::text)?;
                content_type = Some(text.to_owned());
            }
            Label::Integer(CRIT) => {
                critical = Some(read(header::CRITICAL, value, "is not an array of texts", texts)?);
            }
            Label::Integer(other) => {
                return Err(EnvelopeError::header(
                    &other.to_string(),
                    "has a meaning that is not an attribute's",
                ));
            }
            Label::Text(name) => fields.push((name.to_owned(), field(name, value)?)),
        }
    }
    let missing = |name| EnvelopeError::header(name, "is missing");
    Ok(Unchecked {
        algorithm: algorithm.ok_or_else(|| missing(header::ALGORITHM))?,
        content_type: content_type.ok_or_else(|| missing(header::CONTENT_TYPE))?,
        critical: critical.ok_or_else(|| missing(header::CRITICAL))?,
        fields,
    })
}

fn read_algorithm(value: &[u8]) -> Result<SigningAlgorithm, EnvelopeError> {
    let number = read(header::ALGORITHM, value, "is not an integer", Reader::integer)?;
    // RFC 9053 section 2.1, RFC 8230 section 2.
    Ok(match number {
        -7 => SigningAlgorithm::Es256,
        super::ES384 => SigningAlgorithm::Es384,
        -36 => SigningAlgorithm::Es512,
        -37 => SigningAlgorithm::Ps256,
        -38 => SigningAlgorithm::Ps384,
        -39 => SigningAlgorithm::Ps512,
        _ => return Err(EnvelopeError::header(header::ALGORITHM, "is none of -7 and -35 to -39")),
    })
}

/// What no one may pass over. Integers name headers of COSE itself, which are never critical.
fn texts(reader: &mut Reader<'_>) -> Result<Vec<String>, Broken> {
    (0..reader.array()?).map(|_| reader.text().map(str::to_owned)).collect()
}

fn field(name: &str, value: &[u8]) -> Result<Field, EnvelopeError> {
    if TIMES.contains(&name) {
        let rule = "is not an integer of seconds with tag 1";
        let seconds = read(name, value, rule, |reader| {
            reader.tag(EPOCH_TIME)?;
            reader.integer()
        })?;
        let time = OffsetDateTime::from_unix_timestamp(seconds).ok().and_then(in_utc).map(Field::Time);
        return time.ok_or_else(|| EnvelopeError::header(name, "is out of range: years are 0 to 9999"));
    }
    let text = cbor::read(value, Reader::text);
    Ok(text.map_or_else(|_| Field::Encoded(value.to_vec()), |text| Field::Text(text.to_owned())))
}

fn read<'a, T>(
    name: &str,
    value: &'a [u8],
    rule: &'static str,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, Broken>,
) -> Result<T, EnvelopeError> {
    cbor::read(value, read).map_err(|_| EnvelopeError::header(name, rule))
}

/// Takes an envelope apart (RFC 9052 section 4.2).
pub(crate) fn envelope(octets: &[u8]) -> Result<Parts, EnvelopeError> {
    let read = cbor::read(octets, |envelope| {
        envelope.tag(COSE_SIGN1)?;
        if envelope.array()? != 4 {
            return Err("is not an array of four");
        }
        Ok((envelope.bytes()?, envelope.map()?, envelope.bytes()?, envelope.bytes()?))
    });
    let (protected, unprotected, payload, signature) =
        read.map_err(|rule| EnvelopeError::malformed(ENVELOPE, rule))?;
    let (mut certificates, mut timestamp_token, mut signing_agent) = (None, None, None);
    for (label, value) in unprotected {
        match label {
            Label::Integer(X5CHAIN) => certificates = Some(part(CHAIN, value, byte_strings)?),
            Label::Text(TIMESTAMP_SIGNATURE) => {
                timestamp_token = Some(part(TOKEN, value, Reader::bytes)?.to_vec());
            }
            Label::Text(SIGNING_AGENT) => {
                signing_agent = Some(part(SIGNING_AGENT, value, Reader::text)?.to_owned());
            }
            _ => {
                let rule = "holds a header that does not belong there";
                return Err(EnvelopeError::malformed(UNPROTECTED, rule));
            }
        }
    }
    let chain: Option<Vec<_>> = certificates.filter(|certificates: &Vec<_>| !certificates.is_empty());
    Ok(Parts {
        signing_input: sig_structure(protected, payload),
        signature: signature.to_vec(),
        certificates: chain.ok_or(EnvelopeError::malformed(CHAIN, "is not an array in x5chain"))?,
        timestamp_token,
        signing_agent,
    })
}

/// What is signed (RFC 9052 section 4.4).
fn sig_structure(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut structure = Writer::default();
    structure.array(4);
    structure.text(CONTEXT);
    structure.bytes(protected);
    structure.bytes(&[]);
    structure.bytes(payload);
    structure.finish()
}

fn byte_strings(reader: &mut Reader<'_>) -> Result<Vec<Vec<u8>>, Broken> {
    (0..reader.array()?).map(|_| reader.bytes().map(<[u8]>::to_vec)).collect()
}

fn part<'a, T>(
    part: &'static str,
    value: &'a [u8],
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, Broken>,
) -> Result<T, EnvelopeError> {
    cbor::read(value, read).map_err(|rule| EnvelopeError::malformed(part, rule))
}
