//! Leaves and issuing CAs over the years: each is replaced before it ends, and nothing waits for that.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "tests look at the database with SQL of their own")]

use hallmark_api::principal::Role;
use hallmark_pki::Certificate;
use hallmark_tests::client::{Client, payload};
use hallmark_tests::deployment::{Deployment, Replica};
use hallmark_tests::moving::MovingTime;
use hallmark_tests::openssl::{Openssl, Signature};
use serde_json::json;
use sqlx::Executor as _;
use sqlx::postgres::PgPool;
use time::Duration;

/// How long an issuing CA is valid.
const FIVE_YEARS: Duration = Duration::days(5 * 365);

/// How often a test looks for what must come.
const LOOKS: usize = 10_000;
/// After how long a test says that something hangs.
const FOR_EVER: std::time::Duration = std::time::Duration::from_mins(1);

async fn sign(signer: &Client, profile: &str) -> Signature {
    let reply = signer.sign_payload(profile, &payload(&"0".repeat(64))).await;
    assert!(reply.is_ok(), "{reply:?}");
    Signature::read(&reply.body)
}

/// Whether a session waits for a lock on this table.
async fn waits_for(owner: &PgPool, table: &str) -> bool {
    sqlx::query_scalar("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = $1::regclass")
        .bind(table)
        .fetch_one(owner)
        .await
        .expect("the database answers")
}

/// While the issuing of a successor hangs in the database, requests are answered with the old leaf. Whether a request
/// waits for an issuance is thus no matter of how long it takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_waits_for_the_next_leaf() {
    let time = MovingTime::new();
    let deployment = Deployment::start_in(&time).await;
    let replica = deployment.replica().await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    let signer = deployment.client(&replica, Role::Signer).await;
    let owner = deployment.owner().await;
    admin.put_profile("leaves", json!({})).await;
    let first = sign(&signer, "leaves").await;
    time.move_to(Duration::hours(47));
    assert_eq!(sign(&signer, "leaves").await.leaf(), first.leaf(), "it lasts for more than a day");

    for hour in [49, 107] {
        let old = sign(&signer, "leaves").await;
        assert_eq!(old.leaf() == first.leaf(), hour == 49);
        time.move_to(Duration::hours(hour));
        let mut blocker = owner.begin().await.expect("a transaction");
        blocker.execute("LOCK TABLE issuers IN ACCESS EXCLUSIVE MODE").await.expect("the lock");
        // The lock is held for as long as it takes: one who waits for an issuance waits for ever.
        let answered = tokio::time::timeout(FOR_EVER, sign(&signer, "leaves")).await;
        assert_eq!(answered.expect("no request waits").leaf(), old.leaf());
        let mut looks = 0;
        while !waits_for(&owner, "issuers").await {
            looks += 1;
            assert!(looks < LOOKS, "no successor is begun");
        }
        for _ in 0..5 {
            assert_eq!(sign(&signer, "leaves").await.leaf(), old.leaf());
        }
        assert!(waits_for(&owner, "issuers").await, "the successor was not made meanwhile");
        blocker.rollback().await.expect("the lock is given up");

        let mut minutes = 0;
        let new = loop {
            let signature = sign(&signer, "leaves").await;
            if signature.leaf() != old.leaf() {
                break signature;
            }
            // Had it given up waiting for the lock, the next one would be begun an hour later.
            minutes += 1;
            assert!(minutes < 600, "no successor comes");
            time.move_to(Duration::hours(hour) + Duration::minutes(minutes));
        };
        let (ends, begins) = (old.leaf().validity().not_after(), new.leaf().validity().not_before());
        assert!(begins < ends && new.leaf().validity().not_after() > ends + Duration::DAY);
        assert!(time.now() < ends, "the old one had not ended");
    }

    // When the old one has ended the new one signs, and nothing is issued for that.
    let last = sign(&signer, "leaves").await;
    time.move_to(Duration::hours(107 + 72 - 25));
    let mut blocker = owner.begin().await.expect("a transaction");
    blocker.execute("LOCK TABLE issuers IN ACCESS EXCLUSIVE MODE").await.expect("the lock");
    assert_eq!(sign(&signer, "leaves").await.leaf(), last.leaf());
    assert!(!waits_for(&owner, "issuers").await);
    blocker.rollback().await.expect("the lock is given up");
    owner.close().await;
    replica.end().await;
    deployment.stop().await;
}

/// The issuing CAs that the API lists, the last made first.
async fn listed(admin: &Client) -> Vec<Certificate> {
    let reply = admin.send("GET", "/hallmark/issuers", None).await;
    assert!(reply.is_ok(), "{reply:?}");
    let issuers = reply.body["issuers"].as_array().expect("a list").iter();
    issuers
        .map(|issuer| {
            Certificate::from_pem(issuer["certificate"].as_str().expect("PEM")).expect("a certificate")
        })
        .collect()
}

async fn assert_published(replica: &Replica, issuer: &Certificate) {
    let (status, pem) = Replica::get(replica.pki, &format!("/chain/{}.pem", issuer.serial_number())).await;
    assert_eq!(status, 200, "{issuer:?}");
    let chain = Certificate::all_from_pem(&pem).expect("certificates");
    assert_eq!(&chain[0], issuer);
    chain[0].check_issued_by(&chain[1]).expect("the root's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn issuing_cas_are_replaced_before_they_lapse() {
    let time = MovingTime::new();
    let deployment = Deployment::start_in(&time).await;
    let replica = deployment.replica().await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    let signer = deployment.client(&replica, Role::Signer).await;
    admin.put_profile("shared", json!({})).await;
    admin.put_profile("single", json!({"verificationPlugin": "none"})).await;
    admin.put_profile("own", json!({"issuer": "profile"})).await;
    let openssl = Openssl::new();
    let (_, root) = Replica::get(replica.pki, "/root.pem").await;
    let check = async |profile: &str| {
        let signature = sign(&signer, profile).await;
        openssl.verifies(&signature, &root, time.now());
        signature
    };
    let (account, own) = (check("shared").await, check("own").await);
    assert_eq!(check("single").await.issuer(), account.issuer());
    assert_ne!(own.issuer(), account.issuer());
    assert_eq!(listed(&admin).await.len(), 2);

    // A year and a day before the end nothing is due.
    time.move_to(FIVE_YEARS - Duration::days(366));
    replica.service().look_after().await.expect("a round");
    assert_eq!(listed(&admin).await.len(), 2);

    // Within a year of the end the next ones are made and published, and not used yet.
    time.move_to(FIVE_YEARS - Duration::days(364));
    for _ in 0..2 {
        replica.service().look_after().await.expect("a round");
        assert_eq!(listed(&admin).await.len(), 4, "each is made once");
    }
    for issuer in listed(&admin).await {
        assert_published(&replica, &issuer).await;
    }
    for when in [363, 181] {
        time.move_to(FIVE_YEARS - Duration::days(when));
        assert_eq!(check("shared").await.issuer(), account.issuer(), "{when}");
        assert_eq!(check("single").await.issuer(), account.issuer(), "{when}");
        assert_eq!(check("own").await.issuer(), own.issuer(), "{when}");
    }

    // Within half a year of the end they are used, and the old ones stay published.
    time.move_to(FIVE_YEARS - Duration::days(176));
    let (next_account, next_own) = (check("shared").await, check("own").await);
    assert_ne!(next_account.issuer(), account.issuer());
    assert_eq!(check("single").await.issuer(), next_account.issuer());
    assert_ne!(next_own.issuer(), own.issuer());
    let subject = next_account.issuer().subject().expect("a subject");
    assert_eq!(subject.common_name, "Hallmark Issuing CA G2");
    assert_eq!(next_own.issuer().subject().expect("a subject").common_name, "Hallmark Issuing CA G2 own");
    let all = listed(&admin).await;
    for issuer in [&account, &own, &next_account, &next_own].map(Signature::issuer) {
        assert!(all.contains(issuer));
        assert_published(&replica, issuer).await;
    }

    // When the old ones have lapsed everything goes on, and the replica is ready.
    time.move_to(FIVE_YEARS + Duration::days(10));
    assert!(account.issuer().valid_at(time.now()).is_err());
    for profile in ["shared", "single"] {
        assert_eq!(check(profile).await.issuer(), next_account.issuer());
    }
    assert_eq!(check("own").await.issuer(), next_own.issuer());
    replica.service().look_after().await.expect("a round");
    assert_eq!(listed(&admin).await.len(), 4, "nothing is due");
    assert_eq!(Replica::get(replica.ops, "/readyz").await, (200, "ready\n".to_owned()));
    replica.end().await;
    deployment.stop().await;
}

/// What nobody looked after is made when it is needed: an account that never had an issuing CA, and one whose only one
/// has lapsed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_without_an_issuing_ca_gets_one() {
    let time = MovingTime::new();
    let deployment = Deployment::start_in(&time).await;
    let replica = deployment.replica().await;
    let store = deployment.store().await;
    let bare = "210987654321".parse().expect("an account id");
    let other = "310987654321".parse().expect("an account id");
    for account in [&bare, &other] {
        store.insert_account(account, "bare", time.now()).await.expect("an account");
    }
    let admin = deployment.client_of(&bare, &replica, Role::SecurityAdmin).await;
    let signer = deployment.client_of(&bare, &replica, Role::Signer).await;
    admin.put_profile("first", json!({})).await;
    let signature = sign(&signer, "first").await;
    assert_eq!(listed(&admin).await, [signature.issuer().clone()]);

    replica.service().look_after().await.expect("a round");
    let others = listed(&deployment.client_of(&other, &replica, Role::SecurityAdmin).await).await;
    assert_eq!(others.len(), 1, "looked after");

    time.move_to(FIVE_YEARS + Duration::DAY);
    let later = sign(&signer, "first").await;
    assert_ne!(later.issuer(), signature.issuer());
    later.issuer().valid_at(time.now()).expect("it is valid");
    store.close().await;
    replica.end().await;
    deployment.stop().await;
}

/// A verifier that pins nothing but one account's issuing CA accepts that account's signatures, and no other's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_trusts_one_accounts_issuing_ca_refuses_the_others() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let stranger = deployment.another_account(210_987_654_321).await;
    let openssl = Openssl::new();
    let mut signatures = Vec::new();
    for account in [&deployment.account, &stranger] {
        let admin = deployment.client_of(account, &replica, Role::SecurityAdmin).await;
        let signer = deployment.client_of(account, &replica, Role::Signer).await;
        // The same name in both, and one with an issuing CA of its own.
        admin.put_profile("release", json!({"verificationPlugin": "none"})).await;
        admin.put_profile("own", json!({"verificationPlugin": "none", "issuer": "profile"})).await;
        signatures.push(sign(&signer, "release").await);
        signatures.push(sign(&signer, "own").await);
    }
    for (trusted, anchor) in signatures.iter().enumerate() {
        openssl.write("anchor.pem", anchor.issuer().to_pem());
        for (number, signature) in signatures.iter().enumerate() {
            openssl.write("leaf.pem", signature.leaf().to_pem());
            let between: String = signature.chain[1..].iter().map(Certificate::to_pem).collect();
            openssl.write("between.pem", between);
            let words =
                "verify -x509_strict -partial_chain -trusted anchor.pem -untrusted between.pem leaf.pem";
            if trusted == number {
                openssl.accepts(words);
            } else {
                let said = openssl.refuses(words);
                assert!(
                    said.contains("unable to get") || said.contains("self-signed certificate in"),
                    "{said}"
                );
            }
        }
    }
    replica.end().await;
    deployment.stop().await;
}
