//! OCSP questions that OpenSSL asks, and answers as it judges them.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use aws_lc_rs::rand::SystemRandom;
use hallmark_pki::{
    CertificateStatus, OcspAnswer, OcspError, OcspRequest, OcspResponder, Revocation, RevocationReason,
};
use support::{Hierarchy, NOW, copy, days, key, serial, subject};
use time::Duration;

const ASK: &str = "ocsp -issuer issuer.pem -cert leaf.pem -reqout question";

impl Hierarchy {
    fn responder(&self) -> OcspResponder {
        let key = key();
        let certificate =
            self.issuer.issue_ocsp_responder(&key, &subject("OCSP"), &serial(9), &days(1, 2)).unwrap();
        self.folder.write("responder.pem", certificate.to_pem());
        OcspResponder::new(certificate, key, self.issuer.certificate()).unwrap()
    }

    /// OpenSSL asks, this service answers.
    fn answer(&self, ask: &str, status: CertificateStatus) -> OcspRequest {
        self.folder.openssl(ask);
        let question = OcspRequest::from_der(&self.folder.read("question")).unwrap();
        let answers: Vec<OcspAnswer<'_>> = question
            .cert_ids()
            .iter()
            .map(|cert_id| OcspAnswer {
                cert_id,
                status,
                this_update: NOW,
                next_update: NOW + Duration::HOUR,
            })
            .collect();
        let signed = self.responder().sign(&SystemRandom::new(), &answers, NOW, question.nonce()).unwrap();
        self.folder.write("answer", signed);
        question
    }

    fn judge(&self) -> String {
        self.judge_by("sha1")
    }

    /// What OpenSSL says of the answer about the leaf, named with a digest.
    fn judge_by(&self, digest: &str) -> String {
        let time = NOW.unix_timestamp();
        self.folder.openssl(&format!(
            "ocsp -no_nonce -validity_period 3000000000 -reqin question -respin answer -issuer issuer.pem \
             -{digest} -cert leaf.pem -CAfile root.pem -attime {time} \
             -resp_text"
        ))
    }
}

#[test]
fn a_good_certificate_is_good() {
    let hierarchy = Hierarchy::new("ocsp-good");
    for (options, nonce) in [("", true), (" -no_nonce", false)] {
        let question = hierarchy.answer(&format!("{ASK}{options}"), CertificateStatus::Good);
        let [cert_id] = question.cert_ids() else { panic!() };
        assert!(
            cert_id.matches(hierarchy.issuer.certificate()) && !cert_id.matches(hierarchy.root.certificate())
        );
        assert_eq!(cert_id.serial_number(), hierarchy.leaf.serial_number());
        assert_eq!((question.nonce().is_some(), question.cacheable().is_none()), (nonce, nonce));
        let said = hierarchy.judge();
        for expected in [
            "Response verify OK",
            "leaf.pem: good",
            "Responder Id: ",
            "Produced At: Nov 21 12:00:00 2026 GMT",
            "Next Update: Nov 21 13:00:00 2026 GMT",
            "Signature Algorithm: ecdsa-with-SHA384",
        ] {
            assert!(said.contains(expected), "{expected} in {said}");
        }
        assert!(!said.contains("Nonce Verify error") && !said.contains("no nonce in response"), "{said}");
    }
}

#[test]
fn a_question_with_sha_256_is_understood() {
    let hierarchy = Hierarchy::new("ocsp-sha256");
    let ask = "ocsp -issuer issuer.pem -sha256 -cert leaf.pem -reqout question";
    let question = hierarchy.answer(ask, CertificateStatus::Good);
    assert!(question.cert_ids()[0].matches(hierarchy.issuer.certificate()));
    assert!(hierarchy.judge_by("sha256").contains("leaf.pem: good"));
    let ask = "ocsp -issuer issuer.pem -sha384 -cert leaf.pem -reqout question";
    let question = hierarchy.answer(ask, CertificateStatus::Unknown);
    assert!(!question.cert_ids()[0].matches(hierarchy.issuer.certificate()));
}

#[test]
fn a_revoked_certificate_is_revoked_since_its_effective_time() {
    let hierarchy = Hierarchy::new("ocsp-revoked");
    let effective_at = NOW - Duration::days(3);
    let revocation = Revocation::new(effective_at, Some(RevocationReason::KeyCompromise)).unwrap();
    hierarchy.answer(ASK, CertificateStatus::Revoked(revocation));
    let said = hierarchy.judge();
    for expected in [
        "Response verify OK",
        "leaf.pem: revoked",
        "Reason: keyCompromise",
        "Revocation Time: Nov 18 12:00:00 2026 GMT",
        "Invalidity Date: \n                Nov 18 12:00:00 2026 GMT",
    ] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
    let unspecified = Revocation::new(effective_at, None).unwrap();
    hierarchy.answer(ASK, CertificateStatus::Revoked(unspecified));
    let said = hierarchy.judge();
    assert!(said.contains("leaf.pem: revoked") && !said.contains("Reason:"), "{said}");
}

#[test]
fn an_unknown_certificate_is_unknown() {
    let hierarchy = Hierarchy::new("ocsp-unknown");
    hierarchy.answer(ASK, CertificateStatus::Unknown);
    assert!(hierarchy.judge().contains("leaf.pem: unknown"));
}

#[test]
fn several_certificates_are_answered_at_once() {
    let hierarchy = Hierarchy::new("ocsp-several");
    let ask = format!("{ASK} -serial 0x123456 -serial 77");
    let question = hierarchy.answer(&ask, CertificateStatus::Good);
    assert_eq!(question.cert_ids().len(), 3);
    assert!(hierarchy.judge().contains("leaf.pem: good"));
}

#[test]
fn a_signed_question_is_a_question() {
    let hierarchy = Hierarchy::new("ocsp-signed");
    let pkcs8 = copy(&hierarchy.leaf_key).to_pkcs8().unwrap();
    hierarchy.folder.write("leaf.key", &*pkcs8);
    hierarchy.folder.openssl("pkcs8 -inform DER -in leaf.key -nocrypt -out leaf-key.pem");
    let question =
        hierarchy.answer(&format!("{ASK} -signer leaf.pem -signkey leaf-key.pem"), CertificateStatus::Good);
    assert_eq!(question.cert_ids().len(), 1);
    assert!(hierarchy.judge().contains("leaf.pem: good"));
}

#[test]
fn an_altered_answer_does_not_verify() {
    let hierarchy = Hierarchy::new("ocsp-altered");
    hierarchy.answer(ASK, CertificateStatus::Unknown);
    let mut answer = hierarchy.folder.read("answer");
    // unknown [2] becomes good [0].
    let place = answer.windows(4).position(|part| part == [0x82, 0x00, 0x18, 0x0f]).unwrap();
    answer[place] = 0x80;
    hierarchy.folder.write("answer", answer);
    let time = NOW.unix_timestamp();
    let said = hierarchy.folder.openssl_refuses(&format!(
        "ocsp -no_nonce -validity_period 3000000000 -reqin question -respin answer -issuer issuer.pem -cert leaf.pem -CAfile root.pem -attime {time}"
    ));
    assert!(said.contains("Response Verify Failure"), "{said}");
}

#[test]
fn errors_are_read_as_errors() {
    let hierarchy = Hierarchy::new("ocsp-errors");
    for (error, expected) in [
        (OcspError::MalformedRequest, "malformedrequest (1)"),
        (OcspError::InternalError, "internalerror (2)"),
        (OcspError::TryLater, "trylater (3)"),
        (OcspError::Unauthorized, "unauthorized (6)"),
    ] {
        hierarchy.folder.write("error", error.to_der());
        let said = hierarchy.folder.openssl_refuses("ocsp -respin error -noverify -resp_text");
        assert!(said.contains(expected), "{said}");
    }
}
