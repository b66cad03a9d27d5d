//! Timestamp tokens: where they must be, where they must not, and whether they fit.
//!
//! The tokens in `data` are OpenSSL's (`openssl ts -reply -token_out`), about a signature of 96 octets 7.

use crate::cbor::Item;
use crate::reader::{parts, value};
use crate::signer::Signer;
use aws_lc_rs::digest::{SHA384, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallmark_notary::{
    Draft, DraftParameters, Envelope, EnvelopeType, NotaryError, SignedDraft, SigningScheme, Timestamp,
    Unstamped,
};

const SIGNATURE: [u8; 96] = [7; 96];
const TOKEN: &[u8] = include_bytes!("data/token.der");
/// About the SHA-256 of the same signature.
const TOKEN_OF_OTHER_HASH: &[u8] = include_bytes!("data/token-sha256.der");
/// A whole `TimeStampResp` around such a token.
const RESPONSE: &[u8] = include_bytes!("data/response.der");

fn signed(scheme: SigningScheme, envelope_type: EnvelopeType, signature: [u8; 96]) -> SignedDraft {
    let signer = Signer::new();
    let parameters = DraftParameters { scheme, signing_agent: Some("hallmark/1"), ..signer.parameters() };
    Draft::new(envelope_type, &parameters).unwrap().sign(signature)
}

fn unstamped(envelope_type: EnvelopeType, signature: [u8; 96]) -> Unstamped {
    match signed(SigningScheme::X509(Timestamp::Required), envelope_type, signature) {
        SignedDraft::Unstamped(unstamped) => unstamped,
        SignedDraft::Envelope(envelope) => panic!("{envelope:?} needs no token"),
    }
}

fn token(envelope: &Envelope) -> Vec<u8> {
    match envelope.envelope_type() {
        EnvelopeType::Jws => {
            let envelope: serde_json::Value = serde_json::from_slice(envelope.bytes()).unwrap();
            let header = envelope["header"].as_object().unwrap();
            assert_eq!(header.len(), 3);
            STANDARD.decode(header["io.cncf.notary.timestampSignature"].as_str().unwrap()).unwrap()
        }
        EnvelopeType::Cose => {
            let (parts, _) = parts(envelope.bytes()).unwrap();
            assert_eq!(parts.unprotected.len(), 3);
            match value(&parts.unprotected, "io.cncf.notary.timestampSignature") {
                Some(Item::Bytes(token)) => token.clone(),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn a_required_token_completes_the_envelope() {
    for envelope_type in EnvelopeType::ALL {
        let unstamped = unstamped(envelope_type, SIGNATURE);
        assert_eq!(unstamped.signature(), &SIGNATURE);
        assert_eq!(unstamped.message_imprint(), digest(&SHA384, &SIGNATURE).as_ref());
        let envelope = unstamped.stamp(TOKEN).unwrap();
        assert_eq!(envelope.envelope_type(), envelope_type);
        assert_eq!(token(&envelope), TOKEN);
    }
}

#[test]
fn without_the_requirement_the_signature_completes_it() {
    for envelope_type in EnvelopeType::ALL {
        for scheme in [SigningScheme::X509SigningAuthority, SigningScheme::X509(Timestamp::Absent)] {
            let signed = signed(scheme, envelope_type, SIGNATURE);
            let SignedDraft::Envelope(envelope) = signed else { panic!("{scheme} needs a token") };
            let name = b"timestampSignature";
            assert!(!envelope.bytes().windows(name.len()).any(|octets| octets == name));
        }
    }
}

#[test]
fn a_token_about_something_else_is_refused() {
    let mut another = SIGNATURE;
    another[95] ^= 1;
    for envelope_type in EnvelopeType::ALL {
        let refused = unstamped(envelope_type, another).stamp(TOKEN).unwrap_err();
        assert_eq!(refused, NotaryError::TimestampOfOther);
        let refused = unstamped(envelope_type, SIGNATURE).stamp(TOKEN_OF_OTHER_HASH).unwrap_err();
        assert_eq!(refused, NotaryError::TimestampOfOther);
    }
}

#[test]
fn what_is_no_token_is_refused() {
    let longer = [TOKEN, &[0]].concat();
    let base64 = STANDARD.encode(TOKEN);
    // The places of the types in a token: signedData and TSTInfo.
    let [mut other_type, mut other_content] = [TOKEN.to_vec(), TOKEN.to_vec()];
    other_type[14] ^= 1;
    other_content[57] ^= 1;
    let whole: [&[u8]; 8] = [
        b"",
        b"\x30\x00",
        RESPONSE,
        &longer,
        &TOKEN[..TOKEN.len() - 1],
        base64.as_bytes(),
        &other_type,
        &other_content,
    ];
    for octets in whole {
        let refused = unstamped(EnvelopeType::Cose, SIGNATURE).stamp(octets).unwrap_err();
        assert_eq!(refused, NotaryError::TimestampUnreadable, "{octets:02x?}");
    }
}

#[test]
fn an_unstamped_envelope_tells_no_signature() {
    assert_eq!(format!("{:?}", unstamped(EnvelopeType::Jws, SIGNATURE)).find("7, 7"), None);
}
