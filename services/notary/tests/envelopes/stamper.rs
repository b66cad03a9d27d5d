//! A timestamp authority below a root of its own.

use crate::signer::{NOW, Signer, days, key, serial, subject};
use aws_lc_rs::rand::SystemRandom;
use hallmark_notary::{
    Draft, DraftParameters, Envelope, EnvelopeType, SignedDraft, SigningScheme, Timestamp, Unstamped,
};
use hallmark_pki::{
    Certificate, DigestAlgorithm, Imprint, Issuer, Publication, TimestampAuthority, self_signed_root,
};
use time::OffsetDateTime;

pub(crate) struct Stamper {
    pub(crate) root: Certificate,
    authority: TimestampAuthority,
}

impl Stamper {
    pub(crate) fn new() -> Self {
        let root_key = key();
        let root =
            self_signed_root(&root_key, &subject("Timestamp Root"), &serial(0), &days(30, 7300)).unwrap();
        let root = Issuer::new(root, root_key).unwrap();
        let key = key();
        let certificate = root
            .publishing(&Publication::NOWHERE)
            .issue_timestamp_authority(&key, &subject("TSA"), &serial(5), &days(10, 300))
            .unwrap();
        let policy = "1.3.6.1.4.1.99999.1".parse().unwrap();
        let authority = TimestampAuthority::new(vec![certificate], key, policy).unwrap();
        Self { root: root.certificate().clone(), authority }
    }

    /// A token about a message, of a time that the authority vouches for to two seconds.
    pub(crate) fn token(&self, message: &[u8], time: OffsetDateTime) -> Vec<u8> {
        let imprint = Imprint::of(DigestAlgorithm::Sha384, message).unwrap();
        self.authority.stamp(&SystemRandom::new(), &imprint, &serial(7), time).unwrap().der().to_vec()
    }

    /// An envelope of scheme `notary.x509` with a token.
    pub(crate) fn envelope(
        &self,
        signer: &Signer,
        envelope_type: EnvelopeType,
        time: OffsetDateTime,
    ) -> Envelope {
        let unstamped = unstamped(signer, envelope_type);
        let token = self.token(unstamped.signature(), time);
        unstamped.stamp(&token).unwrap()
    }
}

/// A signed envelope of scheme `notary.x509` that waits for its token.
pub(crate) fn unstamped(signer: &Signer, envelope_type: EnvelopeType) -> Unstamped {
    let scheme = SigningScheme::X509(Timestamp::Required);
    let parameters = DraftParameters { scheme, signing_time: NOW, ..signer.parameters() };
    let draft = Draft::new(envelope_type, &parameters).unwrap();
    let signature = signer.key.sign_fixed(&SystemRandom::new(), draft.signing_input()).unwrap();
    match draft.sign(signature) {
        SignedDraft::Unstamped(unstamped) => unstamped,
        SignedDraft::Envelope(envelope) => panic!("{envelope:?} needs no token"),
    }
}
