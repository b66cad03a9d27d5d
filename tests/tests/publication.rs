//! What is published about certificates, on two replicas: a revocation that one acknowledged is in the first OCSP
//! answer of the other, and soon in its CRLs, whose numbers and times only move forward.

use aws_lc_rs::rand::SystemRandom;
use hallmark_pki::{Crl, SerialNumber, SigningKey};
use hallmark_tests::ocsp::{Hash, Said, cert_id, error, question, said};
use hallmark_tests::publication::{Published, list, lists};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// A guard against a test that never ends.
const FOR_EVER: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_is_in_the_first_answer_of_every_replica() {
    let service = Published::start().await;
    for round in 0..60 {
        let signed = service.sign("single").await;
        let hash = if round % 3 == 0 { Hash::Sha256 } else { Hash::Sha1 };
        let name = signed.named(hash);
        let question = question(&[&name], None);
        // Asked often enough before that a replica which keeps what it said would know the answer.
        for public in service.public.iter().cycle().take(4) {
            assert_eq!(said(&public.ask(&question).await, &name), Some(Said::Good), "{round}");
        }
        let [one, two] = &service.replicas;
        let (here, there) = if round % 4 < 2 { (one, &service.public[1]) } else { (two, &service.public[0]) };
        service.revoke(&signed, round, here).await;
        assert_eq!(said(&there.ask(&question).await, &name), Some(Said::Revoked), "{round}");
        for public in &service.public {
            assert_eq!(said(&public.ask(&question).await, &name), Some(Said::Revoked), "{round}");
        }
    }
    service.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_revocation_of_a_profile_is_in_the_first_answer_of_every_replica() {
    let service = Published::start().await;
    for round in 0..10 {
        let profile = format!("stopped_{round}");
        let version = service.admin.put_profile(&profile, json!({})).await;
        let signed = service.sign(&profile).await;
        let name = signed.named(Hash::Sha1);
        let question = question(&[&name], None);
        for public in &service.public {
            assert_eq!(said(&public.ask(&question).await, &name), Some(Said::Good), "{round}");
        }
        let body = json!({"profileVersion": version, "reason": "test", "effectiveTime": 1_700_000_000});
        let path = format!("/signing-profiles/{profile}/revoke");
        assert!(service.admin.send("PUT", &path, Some(body)).await.is_ok());
        assert_eq!(said(&service.public[1].ask(&question).await, &name), Some(Said::Revoked), "{round}");
    }
    service.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_never_issued_is_unknown() {
    let service = Published::start().await;
    let signed = service.sign("single").await;
    let account = service.deployment.account.number();
    let mut askers = JoinSet::new();
    for asker in 0..8 {
        let (public, issuer) = (service.public[asker % 2].clone(), signed.issuer().clone());
        askers.spawn(async move {
            for round in 0..1250 {
                let serial_number = SerialNumber::from_parts(account, rand::random());
                let hash = if round % 2 == 0 { Hash::Sha1 } else { Hash::Sha256 };
                let name = cert_id(hash, &issuer, &serial_number);
                let answer = public.ask(&question(&[&name], None)).await;
                assert_eq!(said(&answer, &name), Some(Said::Unknown), "{serial_number}");
            }
        });
    }
    askers.join_all().await;
    // And nobody's certificates are not answered for at all.
    let stranger = SigningKey::generate(&SystemRandom::new()).unwrap();
    let mut foreign = cert_id(Hash::Sha1, signed.issuer(), signed.serial_number());
    let key = stranger.public_key().key_identifier();
    let place =
        foreign.windows(20).position(|part| part == signed.issuer().public_key().key_identifier()).unwrap();
    foreign[place..place + 20].copy_from_slice(&key);
    assert_eq!(service.public[0].ask(&question(&[&foreign], None)).await, error(6));
    let root = cert_id(Hash::Sha1, &signed.chain[2], signed.issuer().serial_number());
    assert_eq!(service.public[0].ask(&question(&[&root], None)).await, error(6), "the root has a CRL alone");
    let both = question(&[&signed.named(Hash::Sha1), &root], None);
    assert_eq!(service.public[0].ask(&both).await, error(6), "of two issuers");
    service.end().await;
}

/// The next list of either replica has it; that there is a next one within seconds is measured, not tested
/// (`docs/performance.md`).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_is_in_the_next_list_of_every_replica() {
    let service = Published::start().await;
    let mut slowest = Duration::ZERO;
    for round in 0..6 {
        let signed = service.sign("single").await;
        let path = signed.crl_path();
        let mut last = 0;
        for public in &service.public {
            let before = list(public, &path).await;
            assert!(!lists(&before, signed.serial_number()));
            last = before.contents().number.max(last);
        }
        service.revoke(&signed, round, &service.replicas[round % 2]).await;
        let acknowledged = Instant::now();
        for public in service.public.iter().rev() {
            loop {
                let next = list(public, &path).await;
                if next.contents().number > last {
                    assert!(lists(&next, signed.serial_number()), "round {round}");
                    break;
                }
                assert!(acknowledged.elapsed() < FOR_EVER, "there is no next list");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        slowest = slowest.max(acknowledged.elapsed());
    }
    println!("a revocation was in both replicas' lists after at most {slowest:?}");
    service.end().await;
}

/// Two replicas make the same list, asked by many at once, while one revocation follows the other; no list follows
/// another within two seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_and_times_only_move_forward() {
    let service = Published::start().await;
    let first = service.sign("single").await;
    let path = first.crl_path();
    let began = Instant::now();
    let until = began + Duration::from_secs(12);
    let mut readers = JoinSet::new();
    for reader in 0..4 {
        let (public, path) = (service.public[reader % 2].clone(), path.clone());
        readers.spawn(async move {
            let mut seen: Vec<(u64, time::OffsetDateTime, Vec<u8>)> = Vec::new();
            while Instant::now() < until {
                let answer = public.get(&path).await;
                let crl = Crl::from_der(&answer.body).unwrap();
                let (number, at) = (crl.contents().number, crl.contents().this_update);
                if let Some((last, last_at, _)) = seen.last() {
                    assert!(number >= *last && at >= *last_at, "{number} at {at} after {last} at {last_at}");
                }
                if seen.last().is_none_or(|(last, ..)| *last < number) {
                    seen.push((number, at, answer.body));
                }
            }
            seen
        });
    }
    let mut revoked = 0;
    while Instant::now() < until {
        let signed = service.sign("single").await;
        service.revoke(&signed, revoked, &service.replicas[revoked % 2]).await;
        revoked += 1;
    }
    let mut known = BTreeMap::new();
    for (number, at, der) in readers.join_all().await.into_iter().flatten() {
        let (_, same) = known.entry(number).or_insert_with(|| (at, der.clone()));
        assert_eq!(*same, der, "one number, one list");
    }
    let times: Vec<_> = known.values().map(|(at, _)| *at).collect();
    assert!(times.is_sorted(), "{times:?}");
    println!("{revoked} revocations, {} lists", known.len());
    let most = began.elapsed().as_secs() / 2 + 2;
    assert!(revoked > known.len() && known.len() > 1 && known.len() as u64 <= most, "{} lists", known.len());
    service.end().await;
}

/// A revocation that takes effect after a certificate expired is in neither; one at its very end is in both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(
    clippy::disallowed_methods,
    reason = "a revocation that takes effect in days is made with SQL of its own"
)]
async fn lists_and_answers_say_the_same() {
    let service = Published::start().await;
    let owner = service.deployment.owner().await;
    for (after, expected) in [(1, Said::Good), (0, Said::Revoked)] {
        let signed = service.sign("single").await;
        sqlx::query(
            "INSERT INTO revocations (account_id, revocation_id, subject, serial_number, effective_at, recorded_at,
                                      reason, recorded_by)
             SELECT account_id, gen_random_uuid(), 'certificate', serial_number, not_after + $2 * interval '1 second',
                    now(), 'test', 'test'
             FROM certificates WHERE serial_number = $1",
        )
        .bind(signed.serial_number().as_bytes())
        .bind(after)
        .execute(&owner)
        .await
        .expect("a revocation");
        let name = signed.named(Hash::Sha1);
        let answer = service.public[0].ask(&question(&[&name], None)).await;
        assert_eq!(said(&answer, &name), Some(expected));
        // The first list of all, and the next one after another revocation.
        let path = signed.crl_path();
        let other = service.sign("single").await;
        service.revoke(&other, 0, &service.replicas[0]).await;
        let crl = loop {
            let crl = list(&service.public[0], &path).await;
            if lists(&crl, other.serial_number()) {
                break crl;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert_eq!(lists(&crl, signed.serial_number()), expected == Said::Revoked);
    }
    owner.close().await;
    service.end().await;
}

#[tokio::test]
async fn lists_are_found_where_certificates_say_and_nowhere_else() {
    let service = Published::start().await;
    let signed = service.sign("single").await;
    let (issuer, root) = (signed.issuer().serial_number(), signed.chain[2].serial_number());
    let public = &service.public[0];
    for path in [format!("/crl/{issuer}/0.crl"), format!("/crl/{root}/0.crl")] {
        let answer = public.get(&path).await;
        assert_eq!((answer.status, answer.media_type.as_str()), (200, "application/pkix-crl"), "{path}");
        let again = public.get_unless(&path, &answer.tag).await;
        assert_eq!((again.status, again.body.len(), again.tag), (304, 0, answer.tag), "{path}");
        assert_eq!(public.get_unless(&path, "\"another\"").await.body, answer.body, "{path}");
        // The other replica serves the very same.
        assert_eq!(service.public[1].get(&path).await.body, answer.body, "{path}");
    }
    let nobodys = SerialNumber::from_parts(service.deployment.account.number(), [7; 12]);
    let stranger = SerialNumber::from_parts(1, [7; 12]);
    for path in [
        format!("/crl/{issuer}/1.crl"),
        format!("/crl/{issuer}/-1.crl"),
        format!("/crl/{issuer}/00.crl"),
        format!("/crl/{issuer}/0"),
        format!("/crl/{root}/1.crl"),
        format!("/crl/{nobodys}/0.crl"),
        format!("/crl/{stranger}/0.crl"),
        format!("/crl/{}/0.crl", signed.serial_number()),
        "/crl/zz/0.crl".to_owned(),
    ] {
        assert_eq!(public.get(&path).await.status, 404, "{path}");
    }
    service.end().await;
}
