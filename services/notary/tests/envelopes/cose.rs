//! COSE envelopes.

use crate::cbor::Item;
use crate::forgery::{forgeries, genuine};
use crate::reader::{parts, value, verify};
use crate::signer::{EXPIRY, NOW, Signer, attribute};
use coset::{CborSerializable, CoseSign1, RegisteredLabelWithPrivate, TaggedCborSerializable, iana};
use hallmark_notary::{Draft, DraftParameters, EnvelopeType, SigningScheme, Timestamp};
use p384::ecdsa::signature::Verifier;
use time::Duration;
use time::macros::offset;

/// Protected headers as notation-core-go 1.3.0 wrote them for what [`a_protected_header`] asks for.
pub(crate) const AUTHORITY: &str = "a90138220285781c696f2e636e63662e6e6f746172792e7369676e696e67536368656d657823696f2e636e63662e6e6f746172792e61757468656e7469635369676e696e6754696d6575696f2e636e63662e6e6f746172792e6578706972797821696f2e636e63662e6e6f746172792e766572696669636174696f6e506c7567696e73636f6d2e6578616d706c652e70726f66696c6503782b6170706c69636174696f6e2f766e642e636e63662e6e6f746172792e7061796c6f61642e76312b6a736f6e70636f6d2e6578616d706c652e6e6f746577636f6d2e6578616d706c652e6e6f746520223cc3bc3e2273636f6d2e6578616d706c652e70726f66696c65781a636f6d2e6578616d706c652e70726f66696c6520223cc3bc3e2275696f2e636e63662e6e6f746172792e657870697279c11a7e5403c0781c696f2e636e63662e6e6f746172792e7369676e696e67536368656d65781c6e6f746172792e783530392e7369676e696e67417574686f726974797821696f2e636e63662e6e6f746172792e766572696669636174696f6e506c7567696e676578616d706c657823696f2e636e63662e6e6f746172792e61757468656e7469635369676e696e6754696d65c11a6b0187c0";
pub(crate) const X509: &str = "a90138220284781c696f2e636e63662e6e6f746172792e7369676e696e67536368656d6575696f2e636e63662e6e6f746172792e6578706972797821696f2e636e63662e6e6f746172792e766572696669636174696f6e506c7567696e73636f6d2e6578616d706c652e70726f66696c6503782b6170706c69636174696f6e2f766e642e636e63662e6e6f746172792e7061796c6f61642e76312b6a736f6e70636f6d2e6578616d706c652e6e6f746577636f6d2e6578616d706c652e6e6f746520223cc3bc3e2273636f6d2e6578616d706c652e70726f66696c65781a636f6d2e6578616d706c652e70726f66696c6520223cc3bc3e2275696f2e636e63662e6e6f746172792e657870697279c11a7e5403c0781a696f2e636e63662e6e6f746172792e7369676e696e6754696d65c11a6b0187c0781c696f2e636e63662e6e6f746172792e7369676e696e67536368656d656b6e6f746172792e783530397821696f2e636e63662e6e6f746172792e766572696669636174696f6e506c7567696e676578616d706c65";

const SCHEMES: [SigningScheme; 2] =
    [SigningScheme::X509SigningAuthority, SigningScheme::X509(Timestamp::Absent)];

/// The protected header of an envelope with an expiry, a plugin and two attributes.
fn a_protected_header(signer: &Signer, scheme: SigningScheme) -> Vec<u8> {
    let attributes = [attribute("com.example.profile", true), attribute("com.example.note", false)];
    let parameters = DraftParameters {
        scheme,
        expiry: Some(EXPIRY),
        verification_plugin: Some("example"),
        extended_attributes: &attributes,
        ..signer.parameters()
    };
    let envelope = signer.envelope(EnvelopeType::Cose, &parameters);
    verify(envelope.bytes()).unwrap();
    parts(envelope.bytes()).unwrap().1
}

#[test]
fn protected_headers_are_those_of_the_reference_implementation() {
    let signer = Signer::new();
    for (scheme, expected) in SCHEMES.into_iter().zip([AUTHORITY, X509]) {
        assert_eq!(hex::encode(a_protected_header(&signer, scheme)), expected, "{scheme}");
    }
}

#[test]
fn the_plainest_envelope_of_each_scheme() {
    let signer = Signer::new();
    let time = Item::Tag(1, Box::new(Item::Int(NOW.unix_timestamp())));
    for scheme in SCHEMES {
        let envelope =
            signer.envelope(EnvelopeType::Cose, &DraftParameters { scheme, ..signer.parameters() });
        assert_eq!(envelope.envelope_type(), EnvelopeType::Cose);
        assert_eq!(envelope.bytes()[..2], [0xd2, 0x84]);
        let read = verify(envelope.bytes()).unwrap();
        assert_eq!(read.protected.len(), 5, "{scheme}");
        let time_name = match scheme {
            SigningScheme::X509(_) => "io.cncf.notary.signingTime",
            SigningScheme::X509SigningAuthority => "io.cncf.notary.authenticSigningTime",
        };
        assert_eq!(value(&read.protected, time_name), Some(&time));
        assert_eq!(value(&read.protected, "io.cncf.notary.signingScheme"), Some(&scheme.as_str().into()));

        let chain = signer.chain.certificates().map(|c| Item::Bytes(c.der().to_vec())).collect();
        assert_eq!(read.unprotected, [(Item::Int(33), Item::Array(chain))]);
        assert_eq!(read.payload, Item::Bytes(signer.payload.bytes().to_vec()));
    }
}

#[test]
fn the_agent_is_named_and_not_signed() {
    let signer = Signer::new();
    let agent = "hallmark/1 \"test\" ü";
    let parameters = DraftParameters { signing_agent: Some(agent), ..signer.parameters() };
    let read = verify(signer.envelope(EnvelopeType::Cose, &parameters).bytes()).unwrap();
    assert_eq!(read.unprotected.len(), 2);
    assert_eq!(value(&read.unprotected, "io.cncf.notary.signingAgent"), Some(&agent.into()));
    assert_eq!(value(&read.protected, "io.cncf.notary.signingAgent"), None);
}

#[test]
fn another_implementation_reads_and_verifies_it() {
    let signer = Signer::new();
    let bytes = genuine(&signer);
    let message = CoseSign1::from_tagged_slice(&bytes).unwrap();
    let algorithm = RegisteredLabelWithPrivate::Assigned(iana::Algorithm::ES384);
    assert_eq!(message.protected.header.alg, Some(algorithm));
    assert_eq!(message.protected.header.crit.len(), 4);
    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(signer.chain.leaf().public_key().point()).unwrap();
    let check = |signature: &[u8], message: &[u8]| {
        key.verify(message, &p384::ecdsa::Signature::from_slice(signature).unwrap())
    };
    message.verify_signature(&[], check).unwrap();
    assert!(message.verify_signature(b"more", check).is_err());
    // It writes the same octets, so neither of us chose among several ways.
    assert_eq!(message.clone().to_tagged_vec().unwrap(), bytes);
    assert_eq!(message.protected.header.to_vec().unwrap(), parts(&bytes).unwrap().1);
}

#[test]
fn forgeries_are_refused_each_for_its_reason() {
    let signer = Signer::new();
    verify(&genuine(&signer)).unwrap();
    for (name, envelope, reason) in forgeries(&signer) {
        assert_eq!(verify(&envelope).err(), Some(reason), "{name}");
    }
}

#[test]
fn a_changed_octet_anywhere_is_refused() {
    let signer = Signer::new();
    let genuine = genuine(&signer);
    verify(&genuine).unwrap();
    for place in 0..genuine.len() {
        let mut changed = genuine.clone();
        changed[place] ^= 1;
        // Certificates are signed by their issuers, all else by the leaf.
        assert!(verify(&changed).is_err(), "octet {place} of {}", genuine.len());
    }
}

#[test]
fn times_are_whole_seconds_since_the_epoch() {
    let signer = Signer::new();
    let odd = NOW.to_offset(offset!(+5:30)) + Duration::nanoseconds(999_999_999);
    let parameters =
        DraftParameters { signing_time: odd, expiry: Some(odd + Duration::SECOND), ..signer.parameters() };
    let read = verify(signer.envelope(EnvelopeType::Cose, &parameters).bytes()).unwrap();
    let time = |seconds| Item::Tag(1, Box::new(Item::Int(seconds)));
    let start = NOW.unix_timestamp();
    assert_eq!(value(&read.protected, "io.cncf.notary.authenticSigningTime"), Some(&time(start)));
    assert_eq!(value(&read.protected, "io.cncf.notary.expiry"), Some(&time(start + 1)));
}

#[test]
fn long_values_keep_their_length() {
    let signer = Signer::new();
    let mut attributes = Vec::new();
    for length in [22, 23, 24, 255, 256, 65_535, 65_536] {
        let mut long = attribute(&"k".repeat(length), true);
        long.value = "v".repeat(length);
        attributes.push(long);
    }
    let parameters = DraftParameters { extended_attributes: &attributes, ..signer.parameters() };
    let read = verify(signer.envelope(EnvelopeType::Cose, &parameters).bytes()).unwrap();
    for attribute in &attributes {
        let found = value(&read.protected, attribute.key.as_str());
        assert_eq!(found, Some(&attribute.value.as_str().into()));
    }
}

#[test]
fn drafts_tell_no_content() {
    let signer = Signer::new();
    let draft = Draft::new(EnvelopeType::Cose, &signer.parameters()).unwrap();
    let told = format!("{draft:?}");
    assert!(told.contains("bytes to sign") && !told.contains("sha256"), "{told}");
}
