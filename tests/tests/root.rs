//! A root whose key is offline: handing the key over, CRLs signed ahead, and issuing CAs certified from requests.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "tests look at the database with SQL of their own")]

use hallmark_api::principal::Role;
use hallmark_pki::{Certificate, Crl, Issuer, SigningKey, SigningRequest};
use hallmark_server::clock::Clock;
use hallmark_server::issuing::intake::{self, Turn};
use hallmark_server::issuing::root::{self, APART, KEPT, LISTS};
use hallmark_server::readiness::survey;
use hallmark_store::Store;
use hallmark_tests::client::{Client, payload};
use hallmark_tests::deployment::{Deployment, Replica};
use hallmark_tests::openssl::{Openssl, Signature};
use serde_json::json;
use sqlx::Executor as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::AtomicI64;
use time::{Duration, OffsetDateTime};

async fn export(deployment: &Deployment, file: &Path) -> anyhow::Result<root::Ahead> {
    let store = deployment.store().await;
    let outcome = root::export(&store, deployment.chance(), file, Clock::System.now()).await;
    store.close().await;
    outcome
}

/// Whether the root's key is in the database.
async fn online(store: &Store) -> bool {
    store.trust_anchor().await.expect("a root").issuer.is_some()
}

fn key_in(file: &Path) -> SigningKey {
    SigningKey::from_pem(&fs::read_to_string(file).expect("a key file")).expect("a key")
}

fn sentence<T: std::fmt::Debug>(outcome: anyhow::Result<T>) -> String {
    format!("{:#}", outcome.expect_err("it is refused"))
}

async fn revoke(admin: &Client, issuer: &Certificate) {
    let path = format!("/hallmark/certificates/{}/revoke", issuer.serial_number());
    let body = json!({"reason": "test", "reasonCode": "CaCompromise"});
    let reply = admin.send("PUT", &path, Some(body)).await;
    assert!(reply.is_ok(), "{reply:?}");
}

async fn sign(signer: &Client, profile: &str) -> Signature {
    let reply = signer.sign_payload(profile, &payload(&"0".repeat(64))).await;
    assert!(reply.is_ok(), "{reply:?}");
    Signature::read(&reply.body)
}

/// The key is never nowhere: what fails on the way leaves it in the database, and what was cut short is completed.
#[tokio::test]
async fn the_key_is_handed_over_and_never_lost() {
    let deployment = Deployment::start().await;
    let (store, owner, openssl) = (deployment.store().await, deployment.owner().await, Openssl::new());
    let root = store.trust_anchor().await.expect("a root").certificate;
    let file = openssl.path("root.key");
    let another = SigningKey::generate(deployment.chance().source()).expect("a key").to_pem().expect("PEM");
    for (name, content, mode, expected) in [
        ("other", "not a key", 0o600, "the private key was rejected"),
        ("another", another.as_str(), 0o600, "the key is not the one in the certificate"),
        ("open", "", 0o644, "can be read by others"),
    ] {
        let other = openssl.path(name);
        fs::write(&other, content).expect("a file");
        fs::set_permissions(&other, fs::Permissions::from_mode(mode)).expect("its mode");
        let said = sentence(export(&deployment, &other).await);
        assert!(said.contains(expected), "{said}");
        assert_eq!(fs::read_to_string(&other).expect("the file"), content, "it is as it was");
        assert!(online(&store).await);
    }
    let nowhere = openssl.path("none/root.key");
    sentence(export(&deployment, &nowhere).await);
    assert!(online(&store).await);

    // The database fails after the file was written.
    let sabotage = "ALTER TABLE root_crls ADD CONSTRAINT sabotage CHECK (false) NOT VALID";
    owner.execute(sabotage).await.expect("sabotaged");
    let said = sentence(export(&deployment, &file).await);
    assert!(said.contains("sabotage"), "{said}");
    assert!(online(&store).await, "the key is in the database still");
    assert_eq!(key_in(&file).public_key(), root.public_key(), "and in the file");
    owner.execute("ALTER TABLE root_crls DROP CONSTRAINT sabotage").await.expect("repaired");

    let written = fs::read(&file).expect("the key");
    let ahead = export(&deployment, &file).await.expect("completed");
    assert_eq!(ahead.lists, 53);
    assert_eq!(fs::read(&file).expect("the key"), written, "the file of before");
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    assert!(!online(&store).await);
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM trust_anchors WHERE sealed_key IS NOT NULL")
        .fetch_one(&owner)
        .await
        .expect("a number");
    assert_eq!(kept, 0);
    openssl.write("root.pem", root.to_pem());
    let public = openssl.accepts("pkey -in root.key -pubout");
    assert_eq!(openssl.accepts("x509 -in root.pem -noout -pubkey"), public, "OpenSSL reads the key");

    let again = openssl.path("again.key");
    let said = sentence(export(&deployment, &again).await);
    assert!(said.contains("offline already"), "{said}");
    assert!(!again.exists());
    store.close().await;
    owner.close().await;
    deployment.stop().await;
}

/// Two at the same time, into two files: one hands the key over, and the other says that it is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_is_handed_over_once() {
    let deployment = Deployment::start().await;
    let openssl = Openssl::new();
    let (one, two) = (openssl.path("one.key"), openssl.path("two.key"));
    let outcomes = tokio::join!(export(&deployment, &one), export(&deployment, &two));
    let failed = [(outcomes.0, &one), (outcomes.1, &two)];
    assert_eq!(failed.iter().filter(|(outcome, _)| outcome.is_ok()).count(), 1, "{failed:?}");
    for (outcome, file) in failed {
        assert_eq!(outcome.is_ok(), file.exists());
    }
    deployment.stop().await;
}

/// What is wrong with the root's CRLs at a time, if anything is.
async fn fault(store: &Store, now: OffsetDateTime) -> Option<String> {
    let nanos = i64::try_from(now.unix_timestamp_nanos()).expect("in range");
    let findings = survey(store, &Clock::Fixed(AtomicI64::new(nanos)), None).await;
    let finding = findings.into_iter().find(|finding| finding.about == "root CRLs").expect("it is looked at");
    finding.outcome.err().map(|fault| fault.sentence)
}

/// OpenSSL's opinion, week by week, on whether an issuing CA is revoked by the list that is in force.
struct Judge<'a> {
    openssl: &'a Openssl,
    store: &'a Store,
}

impl Judge<'_> {
    async fn in_force(&self, now: OffsetDateTime) -> Crl {
        let crl = self.store.root_crl(now).await.expect("the database answers").expect("a list");
        self.openssl.write("root.crl", &crl.der);
        Crl::from_der(&crl.der).expect("a list")
    }

    async fn accepts(&self, now: OffsetDateTime) -> Crl {
        let crl = self.in_force(now).await;
        self.openssl.accepts(&words(now));
        crl
    }

    async fn revokes(&self, now: OffsetDateTime) -> Crl {
        let crl = self.in_force(now).await;
        let said = self.openssl.refuses(&words(now));
        assert!(said.contains("certificate revoked"), "{said}");
        crl
    }
}

fn words(now: OffsetDateTime) -> String {
    format!(
        "verify -x509_strict -crl_check -attime {} -CAfile root.pem -CRLfile root.crl issuer.pem",
        now.unix_timestamp()
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_are_in_force_one_after_the_other() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    let signer = deployment.client(&replica, Role::Signer).await;
    let (store, openssl) = (deployment.store().await, Openssl::new());
    let file = openssl.path("root.key");
    admin.put_profile("release", json!({})).await;
    let signature = sign(&signer, "release").await;
    openssl.write("root.pem", signature.root().to_pem());
    openssl.write("issuer.pem", signature.issuer().to_pem());
    let judge = Judge { openssl: &openssl, store: &store };

    let begun = Clock::System.now();
    let said = sentence(root::renew_crls(&store, deployment.chance(), &file, begun).await);
    assert!(said.contains("hallmark root export"), "{said}");
    let ahead = export(&deployment, &file).await.expect("exported");
    // A round afterwards adds nothing, whatever is revoked.
    replica.service().look_after().await.expect("a round");
    let mut last = 0;
    for week in 0..LISTS {
        for into in [Duration::MINUTE, APART - Duration::MINUTE] {
            let now = begun + APART * i32::try_from(week).expect("few") + into;
            let contents = judge.accepts(now).await.contents().clone();
            assert!(contents.number > last || into > Duration::MINUTE, "numbers go on");
            assert!(contents.this_update <= now && now < contents.next_update);
            assert!(contents.next_update - now > Duration::DAY * 2, "and overlap");
            last = contents.number;
        }
    }
    assert!(ahead.reach >= begun + APART * 52 + KEPT);

    // Readiness speaks up 60 days before the last of them ends.
    assert_eq!(fault(&store, ahead.reach - Duration::days(60) - Duration::MINUTE).await, None);
    for late in [Duration::days(60) - Duration::MINUTE, Duration::ZERO, -Duration::days(9)] {
        let said = fault(&store, ahead.reach - late).await.expect("a fault");
        assert!(said.contains("hallmark root crl"), "{said}");
    }

    // Revoked in between: the next lists say so, and take the place of those that have not begun.
    let (stranger, other) =
        (openssl.path("stranger.key"), SigningKey::generate(deployment.chance().source()));
    fs::write(&stranger, other.expect("a key").to_pem().expect("PEM").as_bytes()).expect("a file");
    fs::set_permissions(&stranger, fs::Permissions::from_mode(0o600)).expect("its mode");
    let said = sentence(root::renew_crls(&store, deployment.chance(), &stranger, begun).await);
    assert!(said.contains("the key is not the one in the certificate"), "{said}");
    revoke(&admin, signature.issuer()).await;
    let now = Clock::System.now();
    judge.accepts(now).await;
    let ahead = root::renew_crls(&store, deployment.chance(), &file, now).await.expect("signed");
    assert_eq!(ahead.revoked, 1);
    for week in [0, 1, 20, 52] {
        let crl = judge.revokes(now + APART * week + Duration::MINUTE).await;
        assert!(crl.contents().number > last);
    }
    assert_eq!(fault(&store, now).await, None);
    store.close().await;
    replica.end().await;
    deployment.stop().await;
}

/// A replica that was about to sign the root's CRL when the key went offline signs none: its list, good for hours,
/// would have a higher number than all that were signed ahead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_list_is_signed_after_the_key_went_offline() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    let (store, owner) = (deployment.store().await, deployment.owner().await);
    replica.service().look_after().await.expect("a round");
    let root = store.trust_anchor().await.expect("a root");
    let before = store.root_crl(Clock::System.now()).await.expect("readable").expect("a list");

    let mut turn = store.root_crl_publication().await.expect("the turn");
    let going_offline = async {
        let waiting = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype = 'advisory'";
        let mut looks = 0;
        while !sqlx::query_scalar::<_, bool>(waiting).fetch_one(&owner).await.expect("an answer") {
            looks += 1;
            assert!(looks < 10_000, "the round does not wait for its turn");
        }
        // Something that a new list would have to name.
        let issuers = admin.send("GET", "/hallmark/issuers", None).await.body;
        let issuer = issuers["issuers"][0]["certificate"].as_str().expect("PEM");
        revoke(&admin, &Certificate::from_pem(issuer).expect("a certificate")).await;
        turn.take_key_offline(&root.certificate).await.expect("offline");
        turn.publish(&[], Clock::System.now()).await.expect("committed");
    };
    let (round, ()) = tokio::join!(replica.service().look_after(), going_offline);
    round.expect("a round");
    let after = store.root_crl(Clock::System.now()).await.expect("readable").expect("a list");
    assert_eq!(after.number, before.number);
    store.close().await;
    owner.close().await;
    replica.end().await;
    deployment.stop().await;
}

/// Without an issuing CA that stands, and without the root's key, nothing is signed; a request brings it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_root_offline_a_request_makes_the_next_issuing_ca() {
    let deployment = Deployment::start().await;
    let (one, two) = (deployment.replica().await, deployment.replica().await);
    let admin = deployment.client(&one, Role::SecurityAdmin).await;
    let signer = deployment.client(&one, Role::Signer).await;
    let (store, openssl) = (deployment.store().await, Openssl::new());
    let (account, chance) = (&deployment.account, deployment.chance());
    admin.put_profile("release", json!({})).await;
    admin.put_profile("single", json!({"verificationPlugin": "none"})).await;
    let first = sign(&signer, "release").await;
    sign(&signer.at(two.api), "release").await;
    sign(&signer.at(two.api), "single").await;
    let file = openssl.path("root.key");
    export(&deployment, &file).await.expect("exported");
    assert_eq!(sign(&signer, "release").await.leaf(), first.leaf(), "what is there goes on");

    let root = root::open(&file, first.root()).expect("the root");
    let answer = |request: &SigningRequest, root: &Issuer| {
        root::certify(root, deployment.addresses(), chance, request, None, Clock::System.now())
    };
    let ask = async || {
        let mut kept = None;
        let row = store.deployment().await.expect("readable").expect("initialised");
        intake::request(&store, &row, chance, (account, None), |request| {
            kept = Some(request.clone());
            Ok(())
        })
        .await
        .expect("a request");
        kept.expect("it was kept")
    };

    // The next generation, well before it is needed: it waits until half a year before the first one lapses.
    let request = ask().await;
    let certificate = answer(&request, &root).expect("certified");
    let certified = certificate.subject().expect("a subject");
    assert_eq!(certified.common_name, "Hallmark Issuing CA G2");
    assert_eq!(certified.organizational_unit.as_deref(), Some(account.as_str()));
    assert_eq!(certificate.serial_number().account(), Some(account.number()));
    let now = Clock::System.now();
    let install = async |certificate: &Certificate, turn| {
        intake::install(&store, chance, account, vec![certificate.clone()], turn, now).await
    };
    let taken = install(&certificate, Turn::Next).await.expect("installed");
    let lapse = first.issuer().validity().not_after();
    assert_eq!(lapse - taken.used_from, Duration::days(180));
    assert_eq!(sign(&signer, "release").await.issuer(), first.issuer());
    let said = sentence(install(&certificate, Turn::Next).await);
    assert!(said.contains("no key of the account"), "{said}");

    // Both are revoked: nothing is signed on any replica, and the cause is told to whoever runs it.
    revoke(&admin, first.issuer()).await;
    revoke(&admin, &certificate).await;
    for replica in [&one, &two] {
        for profile in ["release", "single"] {
            let reply = signer.at(replica.api).sign_payload(profile, &payload(&"1".repeat(64))).await;
            assert_eq!((reply.status, reply.error.as_str()), (500, "InternalServiceErrorException"));
        }
        let context = replica.service().context();
        let refused = context.desks.desk(account, None, Clock::System.now()).await.expect_err("none stands");
        let said = refused.to_string();
        assert!(said.contains("no issuing CA that stands, and the root's key is offline"), "{said}");
    }

    // A third one, used at once.
    let request = ask().await;
    let stranger = Deployment::start().await;
    let other = stranger.store().await.trust_anchor().await.expect("a root").issuer.expect("its key");
    let said = sentence(install(&answer(&request, &other).expect("certified"), Turn::Next).await);
    assert!(said.contains("was not issued by"), "{said}");
    stranger.stop().await;
    let certificate = answer(&request, &root).expect("certified");
    install(&certificate, Turn::Next).await.expect("installed");
    for replica in [&one, &two] {
        for profile in ["release", "single"] {
            let signature = sign(&signer.at(replica.api), profile).await;
            assert_eq!(signature.issuer(), &certificate);
            openssl.verifies(&signature, &first.root().to_pem(), Clock::System.now());
        }
    }
    let crls = root::renew_crls(&store, chance, &file, Clock::System.now()).await.expect("signed");
    assert_eq!(crls.revoked, 2);
    let (status, _) = Replica::get(one.pki, &format!("/chain/{}.pem", certificate.serial_number())).await;
    assert_eq!(status, 200);
    store.close().await;
    one.end().await;
    two.end().await;
    deployment.stop().await;
}
