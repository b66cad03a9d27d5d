//! Reading JWS.

use crate::EnvelopeError;
use crate::header::{ALGORITHM, CONTENT_TYPE, CRITICAL, SIGNING_AGENT, TIMESTAMP_SIGNATURE, in_utc};
use crate::json::Members;
use crate::signed_envelope::{CHAIN, ENVELOPE, Parts, SIGNATURE, TOKEN, UNPROTECTED};
use crate::signed_header::{Field, TIMES, Unchecked};
use crate::signing_input::{PAYLOAD, PROTECTED, SIGNING_INPUT};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hallmark_pki::SigningAlgorithm;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const X5C: &str = "x5c";

/// Reads a JWS Signing Input (RFC 7515 section 5.1): its header, and the octets of its payload.
pub(crate) fn signing_input(octets: &[u8]) -> Result<(Unchecked, Vec<u8>), EnvelopeError> {
    let mut parts = octets.split(|octet| *octet == b'.');
    let (Some(protected), Some(payload), None) = (parts.next(), parts.next(), parts.next()) else {
        return Err(EnvelopeError::malformed(SIGNING_INPUT, "is not two parts with a dot between"));
    };
    let payload = base64url(PAYLOAD, payload)?;
    Ok((protected_header(&base64url(PROTECTED, protected)?)?, payload))
}

fn protected_header(octets: &[u8]) -> Result<Unchecked, EnvelopeError> {
    let members = Members::parse(PROTECTED, octets)?;
    let (mut algorithm, mut content_type, mut critical, mut fields) = (None, None, None, Vec::new());
    for (name, value) in members.0 {
        let value = value.get();
        match name.as_str() {
            ALGORITHM => algorithm = Some(read_algorithm(value)?),
            CONTENT_TYPE => content_type = Some(read(&name, value, "is not a text")?),
            CRITICAL => critical = Some(read(&name, value, "is not an array of texts")?),
            _ => {
                let field = field(&name, value)?;
                fields.push((name, field));
            }
        }
    }
    let missing = |name| EnvelopeError::header(name, "is missing");
    Ok(Unchecked {
        algorithm: algorithm.ok_or_else(|| missing(ALGORITHM))?,
        content_type: content_type.ok_or_else(|| missing(CONTENT_TYPE))?,
        critical: critical.ok_or_else(|| missing(CRITICAL))?,
        fields,
    })
}

fn read_algorithm(value: &str) -> Result<SigningAlgorithm, EnvelopeError> {
    let name: String = read(ALGORITHM, value, "is not a text")?;
    let found = SigningAlgorithm::ALL.into_iter().find(|algorithm| algorithm.as_str() == name);
    found.ok_or_else(|| {
        EnvelopeError::header(ALGORITHM, "is none of ES256, ES384, ES512, PS256, PS384, PS512")
    })
}

fn field(name: &str, value: &str) -> Result<Field, EnvelopeError> {
    let text = serde_json::from_str::<String>(value).ok();
    if TIMES.contains(&name) {
        let time = text.as_deref().and_then(read_time).map(Field::Time);
        return time.ok_or_else(|| EnvelopeError::header(name, "is not a time of RFC 3339 in whole seconds"));
    }
    Ok(text.map_or_else(|| Field::Encoded(value.as_bytes().to_vec()), Field::Text))
}

/// A time of RFC 3339 in UTC. Signers in Go write it with the offset of where they are.
fn read_time(text: &str) -> Option<OffsetDateTime> {
    const FORM: &[u8; 19] = b"0000-00-00T00:00:00";
    let (local, offset) = text.split_at_checked(FORM.len())?;
    let fits = local.bytes().zip(FORM).all(|(octet, form)| match form {
        b'0' => octet.is_ascii_digit(),
        _ => octet == *form,
    });
    let offset_fits = offset == "Z" || (offset.len() == 6 && offset.starts_with(['+', '-']));
    // A leap second would become the last nanosecond of the one before.
    if !fits || !offset_fits || local.ends_with(":60") {
        return None;
    }
    OffsetDateTime::parse(text, &Rfc3339).ok().and_then(in_utc)
}

fn read<'a, T: serde::Deserialize<'a>>(
    name: &str,
    value: &'a str,
    rule: &'static str,
) -> Result<T, EnvelopeError> {
    serde_json::from_str(value).map_err(|_| EnvelopeError::header(name, rule))
}

/// Reads base64url without padding (RFC 7515 section 2), and without spare bits.
fn base64url(part: &'static str, text: impl AsRef<[u8]>) -> Result<Vec<u8>, EnvelopeError> {
    let rule = "is not base64url without padding, as each value has it once";
    URL_SAFE_NO_PAD.decode(text).map_err(|_| EnvelopeError::malformed(part, rule))
}

/// Takes an envelope apart (RFC 7515 section 7.2.2).
pub(crate) fn envelope(octets: &[u8]) -> Result<Parts, EnvelopeError> {
    let members = Members::parse(ENVELOPE, octets)?;
    let names = ["payload", "protected", "header", "signature"];
    let [payload, protected, header, signature] = exactly(ENVELOPE, &members, names)?;
    let (payload, protected) = (text(PAYLOAD, payload)?, text(PROTECTED, protected)?);
    let header =
        Members::read(header).ok_or(EnvelopeError::malformed(UNPROTECTED, "is not a JSON object"))?;
    let [x5c, token, agent] = at_most(UNPROTECTED, &header, [X5C, TIMESTAMP_SIGNATURE, SIGNING_AGENT])?;
    let chain: Option<Vec<String>> = x5c.and_then(|x5c| serde_json::from_str(x5c).ok());
    let chain = chain.filter(|chain| !chain.is_empty());
    let chain = chain.ok_or(EnvelopeError::malformed(CHAIN, "is not an array of texts in x5c"))?;
    Ok(Parts {
        signing_input: [protected, payload].join(".").into_bytes(),
        signature: base64url(SIGNATURE, text(SIGNATURE, signature)?)?,
        certificates: chain.iter().map(|der| base64(CHAIN, der)).collect::<Result<_, _>>()?,
        timestamp_token: token.map(|token| base64(TOKEN, &text(TOKEN, token)?)).transpose()?,
        signing_agent: agent.map(|agent| text(SIGNING_AGENT, agent)).transpose()?,
    })
}

/// The values of these members, which must be there and alone.
fn exactly<'a, const N: usize>(
    part: &'static str,
    members: &Members<'a>,
    names: [&str; N],
) -> Result<[&'a str; N], EnvelopeError> {
    let found = at_most(part, members, names)?;
    let mut values = [""; N];
    for (value, found) in values.iter_mut().zip(found) {
        *value = found.ok_or(EnvelopeError::malformed(part, "lacks a member"))?;
    }
    Ok(values)
}

/// The values of these members, which may be there and must be alone.
fn at_most<'a, const N: usize>(
    part: &'static str,
    members: &Members<'a>,
    names: [&str; N],
) -> Result<[Option<&'a str>; N], EnvelopeError> {
    if members.0.iter().any(|(name, _)| !names.contains(&name.as_str())) {
        return Err(EnvelopeError::malformed(part, "holds a member that does not belong there"));
    }
    let value = |name: &str| members.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.get());
    Ok(names.map(value))
}

/// The text of a JSON string.
fn text(part: &'static str, value: &str) -> Result<String, EnvelopeError> {
    serde_json::from_str(value).map_err(|_| EnvelopeError::malformed(part, "is not a text"))
}

/// Reads base64 with padding (RFC 4648 section 4), and without spare bits.
fn base64(part: &'static str, text: &str) -> Result<Vec<u8>, EnvelopeError> {
    let rule = "is not base64 with padding, as each value has it once";
    STANDARD.decode(text).map_err(|_| EnvelopeError::malformed(part, rule))
}
