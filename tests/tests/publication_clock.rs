//! What is published years later, by an offline root, and by a clock that is wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aws_lc_rs::rand::SystemRandom;
use hallmark_pki::{CrlContents, CrlScope, Issuer};
use hallmark_server::clock::Clock;
use hallmark_store::Store;
use hallmark_store::root_crl::RootCrl;
use hallmark_tests::deployment::Replica;
use hallmark_tests::ocsp::{Hash, Said, question, said};
use hallmark_tests::public::Public;
use hallmark_tests::publication::{Published, list, lists, settings};
use hallmark_tests::timestamp::{SHA256, stamp_request};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use time::{Duration, OffsetDateTime};

/// A third replica, whose clock is set by hand.
async fn replica_at(service: &Published, at: OffsetDateTime) -> (Replica, Arc<Clock>) {
    let clock = Arc::new(Clock::Fixed(AtomicI64::new(0)));
    set(&clock, at);
    (service.deployment.replica_with(settings, clock.clone()).await, clock)
}

fn set(clock: &Clock, at: OffsetDateTime) {
    let Clock::Fixed(nanos) = clock else { unreachable!("it is set by hand") };
    nanos.store(i64::try_from(at.unix_timestamp_nanos()).unwrap(), Ordering::SeqCst);
}

/// A list of the root's, signed ahead.
fn signed_ahead(root: &Issuer, number: i64, this_update: OffsetDateTime) -> RootCrl {
    let next_update = this_update + Duration::days(10);
    let contents = CrlContents {
        scope: CrlScope::Complete,
        number: u64::try_from(number).unwrap(),
        this_update,
        next_update,
    };
    let crl = root.issue_crl(&SystemRandom::new(), &contents, vec![]).unwrap();
    RootCrl { number, this_update, next_update, der: crl.der().to_vec() }
}

/// Takes the root's key away, with two lists for the two weeks that begin with a time.
async fn take_root_offline(store: &Store, from: OffsetDateTime) {
    let root = store.trust_anchor().await.unwrap().issuer.unwrap();
    let mut publication = store.root_crl_publication().await.unwrap();
    let number = publication.last_number + 1;
    let ahead =
        [signed_ahead(&root, number, from), signed_ahead(&root, number + 1, from + Duration::days(7))];
    publication.take_key_offline(root.certificate()).await.unwrap();
    publication.publish(&ahead, from).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offline_roots_lists_follow_each_other_and_end() {
    let service = Published::start().await;
    let root = service.sign("single").await.chain[2].serial_number().clone();
    let path = format!("/crl/{root}/0.crl");
    let first = list(&service.public[0], &path).await;
    let store = service.deployment.store().await;
    let now = Clock::System.now();
    take_root_offline(&store, now).await;
    store.close().await;

    let (replica, clock) = replica_at(&service, now).await;
    let public = Public::at(replica.pki);
    let mut last = first.contents().number;
    // By turns of a day: the first week's, the second week's until it is over, and none.
    for day in 0..20 {
        set(&clock, now + Duration::days(day));
        let answer = public.get(&path).await;
        if day < 17 {
            let number = list(&public, &path).await.contents().number;
            assert_eq!(number, first.contents().number + if day < 7 { 1 } else { 2 }, "day {day}");
            assert!(number >= last);
            last = number;
        } else {
            assert_eq!(answer.status, 503, "day {day}: an old list is no list");
        }
    }
    replica.end().await;
    service.end().await;
}

/// The certificates of a leaf, its issuing CA and the responder end one after the other; questions go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_go_on_when_certificates_have_ended() {
    let service = Published::start().await;
    let (revoked, good) = (service.sign("single").await, service.sign("single").await);
    service.revoke(&revoked, 0, &service.replicas[0]).await;
    let now = Clock::System.now();
    let (replica, clock) = replica_at(&service, now).await;
    let public = Public::at(replica.pki);
    let lapse = good.issuer().validity().not_after();
    for at in [
        now,
        now + Duration::days(4),
        now + Duration::days(400),
        lapse - Duration::hours(3),
        lapse - Duration::minutes(30),
        lapse + Duration::days(100),
    ] {
        set(&clock, at);
        for (signed, expected) in [(&revoked, Said::Revoked), (&good, Said::Good)] {
            let name = signed.named(Hash::Sha1);
            for nonce in [None, Some(&[7; 16][..])] {
                let answer = public.ask(&question(&[&name], nonce)).await;
                assert_eq!(said(&answer, &name), Some(expected), "{at}: {answer:02x?}");
            }
        }
        // Both were to be valid for 135 months.
        let crl = list(&public, &revoked.crl_path()).await;
        assert!(crl.contents().this_update + Duration::hours(1) > at, "{at}");
        assert!(lists(&crl, revoked.serial_number()) && !lists(&crl, good.serial_number()), "{at}");
    }
    replica.end().await;
    service.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_not_the_databases_stamps_nothing() {
    let service = Published::start().await;
    for seconds in [3, -3, 3600, -3600] {
        let clock = Arc::new(Clock::Shifted(AtomicI64::new(seconds * 1_000_000_000)));
        let replica = service.deployment.replica_with(settings, clock).await;
        let public = Public::at(replica.pki);
        let answer = public.post("/tsa", "application/timestamp-query", stamp_request(SHA256, 32, &[])).await;
        // Rejection, timeNotAvailable.
        assert_eq!((answer.status, answer.media_type.as_str()), (200, "application/timestamp-reply"));
        assert!(answer.body.ends_with(&[3, 3, 1, 0, 2]), "{seconds}: {:02x?}", answer.body);
        replica.end().await;
    }
    let granted =
        service.public[0].post("/tsa", "application/timestamp-query", stamp_request(SHA256, 32, &[])).await;
    assert!(granted.body.len() > 300, "the others stamp: {:02x?}", granted.body);
    service.end().await;
}
