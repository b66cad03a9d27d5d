//! Envelopes that are wrong in one thing each, signed anew with the right key where that is not the thing.

use crate::cbor::{Item, write};
use crate::reader::{Parts, parts, to_be_signed};
use crate::signer::{EXPIRY, Signer};
use aws_lc_rs::rand::SystemRandom;
use hallmark_notary::{DraftParameters, EnvelopeType};

/// A forged envelope: what is wrong with it, its octets, and what a reader must say.
pub(crate) type Forgery = (&'static str, Vec<u8>, &'static str);

const AUTHENTIC_TIME: &str = "io.cncf.notary.authenticSigningTime";
const SIGNING_TIME: &str = "io.cncf.notary.signingTime";
const SCHEME: &str = "io.cncf.notary.signingScheme";
const EXPIRY_NAME: &str = "io.cncf.notary.expiry";

/// An envelope in order, with an expiry and a plugin.
pub(crate) fn genuine(signer: &Signer) -> Vec<u8> {
    let parameters =
        DraftParameters { expiry: Some(EXPIRY), verification_plugin: Some("example"), ..signer.parameters() };
    signer.envelope(EnvelopeType::Cose, &parameters).into_bytes()
}

/// Forges envelopes whose signature holds.
struct Forge<'a> {
    signer: &'a Signer,
    parts: &'a Parts,
}

impl Forge<'_> {
    /// Changes the genuine parts, signs them and puts them together.
    fn with(&self, change: impl FnOnce(&mut Parts)) -> Vec<u8> {
        let mut parts = self.parts.clone();
        change(&mut parts);
        let header = write(&Item::Map(parts.protected.clone()));
        let Item::Bytes(payload) = &parts.payload else { unreachable!() };
        let message = to_be_signed(&header, payload);
        let signature = self.signer.key.sign_fixed(&SystemRandom::new(), &message).unwrap();
        joined(&parts, header, signature.to_vec())
    }
}

fn joined(parts: &Parts, header: Vec<u8>, signature: Vec<u8>) -> Vec<u8> {
    let unprotected = Item::Map(parts.unprotected.clone());
    let message = vec![Item::Bytes(header), unprotected, parts.payload.clone(), Item::Bytes(signature)];
    write(&Item::Tag(18, Box::new(Item::Array(message))))
}

fn set(map: &mut [(Item, Item)], key: impl Into<Item>, value: impl Into<Item>) {
    let key = key.into();
    map.iter_mut().find(|(name, _)| *name == key).unwrap().1 = value.into();
}

fn remove(map: &mut Vec<(Item, Item)>, key: impl Into<Item>) -> Item {
    let key = key.into();
    let place = map.iter().position(|(name, _)| *name == key).unwrap();
    map.remove(place).1
}

/// Puts a pair where core deterministic encoding wants it.
fn insert(map: &mut Vec<(Item, Item)>, key: impl Into<Item>, value: impl Into<Item>) {
    map.push((key.into(), value.into()));
    map.sort_by_key(|(key, _)| write(key));
}

fn critical(parts: &mut Parts) -> &mut Vec<Item> {
    let crit = parts.protected.iter_mut().find(|(name, _)| *name == Item::Int(2)).unwrap();
    if let Item::Array(names) = &mut crit.1 { names } else { unreachable!() }
}

/// All of them.
pub(crate) fn forgeries(signer: &Signer) -> Vec<Forgery> {
    let genuine = genuine(signer);
    let (parts, header) = parts(&genuine).unwrap();
    let forge = Forge { signer, parts: &parts };
    [
        of_structure(&genuine, &parts, &header),
        of_signature(signer, &parts, &header),
        of_critical(&forge),
        of_times(&forge),
        of_headers(&forge),
        of_chain(&forge),
    ]
    .concat()
}

fn of_structure(genuine: &[u8], parts: &Parts, header: &[u8]) -> Vec<Forgery> {
    let indefinite = [&[0xd2, 0x9f], &genuine[2..], &[0xff]].concat();
    let in_the_open = {
        let message = joined(parts, header.to_vec(), parts.signature.clone());
        let bare = write(&Item::Bytes(header.to_vec()));
        [&message[..2], header, &message[2 + bare.len()..]].concat()
    };
    let detached =
        joined(&Parts { payload: Item::Raw(vec![0xf6]), ..parts.clone() }, header.to_vec(), vec![7; 96]);
    let three = Item::Array(vec![Item::Bytes(header.to_vec()), Item::Map(vec![]), parts.payload.clone()]);
    vec![
        ("untagged", genuine[1..].to_vec(), "it is not tagged as COSE_Sign1"),
        ("tagged-as-sign", [&[0xd8, 0x62], &genuine[1..]].concat(), "it is not tagged as COSE_Sign1"),
        ("indefinite-length", indefinite, "a length is indefinite"),
        ("octets-follow", [genuine, &[0]].concat(), "octets follow"),
        ("cut-off", genuine[..genuine.len() - 1].to_vec(), "it ends too early"),
        ("header-not-wrapped", in_the_open, "a part has another type"),
        ("payload-detached", detached, "a value is a float or simple"),
        ("three-parts", write(&Item::Tag(18, Box::new(three))), "it has not four parts"),
    ]
}

fn of_signature(signer: &Signer, parts: &Parts, header: &[u8]) -> Vec<Forgery> {
    let Item::Bytes(payload) = &parts.payload else { unreachable!() };
    let der = signer.key.sign_der(&SystemRandom::new(), &to_be_signed(header, payload)).unwrap();
    let bare = signer.key.sign_fixed(&SystemRandom::new(), payload).unwrap().to_vec();
    let other = Parts { payload: Item::Bytes([payload.as_slice(), b" "].concat()), ..parts.clone() };
    let with = |signature: Vec<u8>| joined(parts, header.to_vec(), signature);
    let wrong = "the signature does not verify";
    vec![
        ("signature-in-der", with(der), "the signature is not r‖s"),
        ("signature-short", with(parts.signature[..95].to_vec()), "the signature is not r‖s"),
        ("signature-empty", with(Vec::new()), "the signature is not r‖s"),
        ("signature-of-payload-alone", with(bare), wrong),
        ("payload-changed", joined(&other, header.to_vec(), parts.signature.clone()), wrong),
    ]
}

fn of_critical(forge: &Forge<'_>) -> Vec<Forgery> {
    let without =
        |name: &'static str| forge.with(|parts| critical(parts).retain(|other| *other != name.into()));
    let with = |name: Item| forge.with(|parts| critical(parts).push(name.clone()));
    let (lacks, absent, never) =
        ("crit lacks a header", "crit names what is not there", "crit names what it must not");
    vec![
        ("crit-missing", forge.with(|parts| drop(remove(&mut parts.protected, 2))), "crit is not an array"),
        ("crit-empty", forge.with(|parts| critical(parts).clear()), lacks),
        ("crit-without-scheme", without(SCHEME), lacks),
        ("crit-without-time", without(AUTHENTIC_TIME), lacks),
        ("crit-without-expiry", without(EXPIRY_NAME), lacks),
        ("crit-without-plugin", without("io.cncf.notary.verificationPlugin"), lacks),
        ("crit-names-the-absent", with("com.example.absent".into()), absent),
        ("crit-repeats", with(SCHEME.into()), never),
        ("crit-names-alg", with(1.into()), never),
        ("crit-a-text", forge.with(|parts| set(&mut parts.protected, 2, SCHEME)), "crit is not an array"),
    ]
}

fn of_times(forge: &Forge<'_>) -> Vec<Forgery> {
    let at = |time: Item| forge.with(|parts| set(&mut parts.protected, AUTHENTIC_TIME, time.clone()));
    let tagged = |number, time: Item| at(Item::Tag(number, Box::new(time)));
    let past = Item::Tag(1, Box::new(Item::Int(0)));
    let missing = forge.with(|parts| {
        remove(&mut parts.protected, AUTHENTIC_TIME);
        critical(parts).retain(|name| *name != AUTHENTIC_TIME.into());
    });
    let both = forge.with(|parts| {
        insert(&mut parts.protected, SIGNING_TIME, Item::Tag(1, Box::new(Item::Int(1_700_000_000))));
    });
    vec![
        (
            "time-float",
            tagged(1, Item::Raw([&[0xfb], 1.7e9_f64.to_be_bytes().as_slice()].concat())),
            "a value is a float or simple",
        ),
        ("time-untagged", at(Item::Int(1_700_000_000)), "a time is not tagged 1"),
        ("time-as-text", tagged(0, "2026-11-21T12:00:00Z".into()), "a time is not tagged 1"),
        ("time-tagged-text", tagged(1, "2026-11-21T12:00:00Z".into()), "a time is not an integer"),
        ("time-missing", missing, "the signing time is missing"),
        ("times-of-both-schemes", both, "the time of the other scheme is there"),
        (
            "expiry-past",
            forge.with(|parts| set(&mut parts.protected, EXPIRY_NAME, past.clone())),
            "it expires before it is signed",
        ),
    ]
}

fn of_headers(forge: &Forge<'_>) -> Vec<Forgery> {
    let (twice, other) = ("a map holds a key twice", "the content type is another");
    let token = "io.cncf.notary.timestampSignature";
    vec![
        ("alg-es256", forge.with(|parts| set(&mut parts.protected, 1, -7)), "alg is not ES384"),
        ("alg-as-text", forge.with(|parts| set(&mut parts.protected, 1, "ES384")), "alg is not ES384"),
        ("alg-missing", forge.with(|parts| drop(remove(&mut parts.protected, 1))), "alg is not ES384"),
        ("content-type-a-number", forge.with(|parts| set(&mut parts.protected, 3, 50)), other),
        ("content-type-missing", forge.with(|parts| drop(remove(&mut parts.protected, 3))), other),
        (
            "scheme-unknown",
            forge.with(|parts| set(&mut parts.protected, SCHEME, "notary.x509.other")),
            "the scheme is unknown",
        ),
        (
            "scheme-of-other-time",
            forge.with(|parts| set(&mut parts.protected, SCHEME, "notary.x509")),
            "the time of the other scheme is there",
        ),
        ("signed-key-twice", forge.with(|parts| insert(&mut parts.protected, SCHEME, "notary.x509")), twice),
        (
            "unsigned-key-twice",
            forge.with(|parts| insert(&mut parts.unprotected, 33, Item::Array(vec![]))),
            twice,
        ),
        ("signed-out-of-order", forge.with(|parts| parts.protected.reverse()), "a map is out of order"),
        (
            "token-under-authority",
            forge.with(|parts| insert(&mut parts.unprotected, token, Item::Bytes(vec![0x30, 0]))),
            "a timestamp token stands beside an authentic time",
        ),
    ]
}

fn of_chain(forge: &Forge<'_>) -> Vec<Forgery> {
    let chain = |change: &dyn Fn(&mut Vec<Item>)| {
        forge.with(|parts| {
            let Item::Array(mut certificates) = remove(&mut parts.unprotected, 33) else { unreachable!() };
            change(&mut certificates);
            insert(&mut parts.unprotected, 33, Item::Array(certificates));
        })
    };
    let bare = forge.with(|parts| {
        let Item::Array(certificates) = remove(&mut parts.unprotected, 33) else { unreachable!() };
        insert(&mut parts.unprotected, 33, certificates[0].clone());
    });
    let moved = forge.with(|parts| {
        let chain = remove(&mut parts.unprotected, 33);
        insert(&mut parts.protected, 33, chain);
    });
    let (no_array, no_chain) = ("x5chain is not an array", "the certificates are not a chain");
    vec![
        ("chain-bare", bare, no_array),
        ("chain-signed", moved, no_array),
        ("chain-missing", forge.with(|parts| drop(remove(&mut parts.unprotected, 33))), no_array),
        ("chain-empty", chain(&Vec::clear), no_chain),
        ("chain-without-root", chain(&|certificates| drop(certificates.pop())), no_chain),
        (
            "chain-with-root-twice",
            chain(&|certificates| certificates.push(certificates[2].clone())),
            no_chain,
        ),
        ("chain-reversed", chain(&|certificates| certificates.reverse()), no_chain),
        (
            "chain-of-texts",
            chain(&|certificates| certificates[1] = "MII".into()),
            "a certificate is not a byte string",
        ),
    ]
}
