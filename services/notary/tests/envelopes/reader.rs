//! A reader of COSE envelopes that is as strict as any verifier of the Notary Project, and a little stricter.

use crate::cbor::{self, Item};
use p384::ecdsa::signature::Verifier;

const SCHEME: &str = "io.cncf.notary.signingScheme";
const SIGNING_TIME: &str = "io.cncf.notary.signingTime";
const AUTHENTIC_TIME: &str = "io.cncf.notary.authenticSigningTime";
const EXPIRY: &str = "io.cncf.notary.expiry";
const PLUGIN: &str = "io.cncf.notary.verificationPlugin";
const TOKEN: &str = "io.cncf.notary.timestampSignature";

type Map = Vec<(Item, Item)>;

/// The four parts of an envelope, verified or not.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) protected: Map,
    pub(crate) unprotected: Map,
    pub(crate) payload: Item,
    pub(crate) signature: Vec<u8>,
}

/// What stands under a key of a map.
pub(crate) fn value(map: &Map, key: impl Into<Item>) -> Option<&Item> {
    let key = key.into();
    map.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
}

/// The octets that are signed (RFC 9052 section 4.4).
pub(crate) fn to_be_signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let parts = [protected.to_vec(), Vec::new(), payload.to_vec()].map(Item::Bytes);
    cbor::write(&Item::Array([vec![Item::from("Signature1")], parts.to_vec()].concat()))
}

/// Takes an envelope apart, by its structure alone.
pub(crate) fn parts(envelope: &[u8]) -> Result<(Parts, Vec<u8>), &'static str> {
    let Item::Tag(18, message) = cbor::read(envelope)? else { return Err("it is not tagged as COSE_Sign1") };
    let Item::Array(items) = *message else { return Err("it is not an array") };
    let items: [Item; 4] = items.try_into().map_err(|_| "it has not four parts")?;
    let [Item::Bytes(signed_header), Item::Map(unprotected), payload, Item::Bytes(signature)] = items else {
        return Err("a part has another type");
    };
    let Item::Map(protected) = cbor::read(&signed_header)? else { return Err("the header is no map") };
    Ok((Parts { protected, unprotected, payload, signature }, signed_header))
}

/// Verifies an envelope from its own octets alone.
pub(crate) fn verify(envelope: &[u8]) -> Result<Parts, &'static str> {
    let (parts, signed_header) = parts(envelope)?;
    let Item::Bytes(payload) = &parts.payload else { return Err("the payload is not embedded") };
    let chain = chain(&parts.unprotected)?;
    let leaf = hallmark_pki::Certificate::from_der(&chain[0]).map_err(|_| "the leaf is unreadable")?;
    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(leaf.public_key().point());
    let signature =
        p384::ecdsa::Signature::from_slice(&parts.signature).map_err(|_| "the signature is not r‖s")?;
    key.unwrap()
        .verify(&to_be_signed(&signed_header, payload), &signature)
        .map_err(|_| "the signature does not verify")?;
    check_signed(&parts.protected)?;
    check_unsigned(&parts)?;
    Ok(parts)
}

fn chain(unprotected: &Map) -> Result<Vec<Vec<u8>>, &'static str> {
    let Some(Item::Array(certificates)) = value(unprotected, 33) else {
        return Err("x5chain is not an array");
    };
    let chain: Vec<Vec<u8>> = certificates
        .iter()
        .map(|certificate| match certificate {
            Item::Bytes(der) => Ok(der.clone()),
            _ => Err("a certificate is not a byte string"),
        })
        .collect::<Result<_, _>>()?;
    let certificates =
        chain.iter().map(|der| hallmark_pki::Certificate::from_der(der)).collect::<Result<_, _>>();
    hallmark_pki::Chain::new(certificates.map_err(|_| "a certificate is unreadable")?)
        .map_err(|_| "the certificates are not a chain")?;
    Ok(chain)
}

fn check_signed(protected: &Map) -> Result<(), &'static str> {
    if value(protected, 1) != Some(&Item::Int(-35)) {
        return Err("alg is not ES384");
    }
    if value(protected, 3) != Some(&"application/vnd.cncf.notary.payload.v1+json".into()) {
        return Err("the content type is another");
    }
    let (time, other) = match value(protected, SCHEME) {
        Some(Item::Text(name)) if name == "notary.x509" => (SIGNING_TIME, AUTHENTIC_TIME),
        Some(Item::Text(name)) if name == "notary.x509.signingAuthority" => (AUTHENTIC_TIME, SIGNING_TIME),
        _ => return Err("the scheme is unknown"),
    };
    if value(protected, other).is_some() {
        return Err("the time of the other scheme is there");
    }
    let signing_time = seconds(value(protected, time).ok_or("the signing time is missing")?)?;
    if value(protected, EXPIRY).map(seconds).transpose()?.is_some_and(|expiry| expiry <= signing_time) {
        return Err("it expires before it is signed");
    }
    check_critical(protected)
}

fn seconds(time: &Item) -> Result<i64, &'static str> {
    let Item::Tag(1, time) = time else { return Err("a time is not tagged 1") };
    match **time {
        Item::Int(seconds) => Ok(seconds),
        _ => Err("a time is not an integer"),
    }
}

fn check_critical(protected: &Map) -> Result<(), &'static str> {
    let Some(Item::Array(critical)) = value(protected, 2) else { return Err("crit is not an array") };
    for (place, name) in critical.iter().enumerate() {
        if !matches!(name, Item::Text(name) if name != SIGNING_TIME) || critical[..place].contains(name) {
            return Err("crit names what it must not");
        }
        if !protected.iter().any(|(key, _)| key == name) {
            return Err("crit names what is not there");
        }
    }
    let must = [SCHEME, AUTHENTIC_TIME, EXPIRY, PLUGIN];
    let lacks = |name: &&str| value(protected, *name).is_some() && !critical.contains(&Item::from(*name));
    if must.iter().any(lacks) { Err("crit lacks a header") } else { Ok(()) }
}

fn check_unsigned(parts: &Parts) -> Result<(), &'static str> {
    let authority = value(&parts.protected, AUTHENTIC_TIME).is_some();
    match value(&parts.unprotected, TOKEN) {
        Some(_) if authority => Err("a timestamp token stands beside an authentic time"),
        Some(Item::Bytes(_)) | None => Ok(()),
        Some(_) => Err("the timestamp token is not a byte string"),
    }
}
