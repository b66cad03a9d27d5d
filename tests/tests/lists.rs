//! Lists of certificates and revocations: when a certificate is revoked, and that a list which grows while it is read
//! neither repeats nor skips.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "tests look at the database with SQL of their own")]

use hallmark_api::certificate::CertificatePurpose;
use hallmark_api::principal::Role;
use hallmark_pki::{CertificateHash, SerialNumber, SigningKey, Validity};
use hallmark_server::chance::Chance;
use hallmark_server::clock::Clock;
use hallmark_store::certificate::NewCertificate;
use hallmark_store::{Change, Store};
use hallmark_tests::client::{Client, payload};
use hallmark_tests::deployment::Deployment;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

/// Puts a leaf of a profile on record that ends at this time; answers with its serial number.
async fn issue(
    store: &Store,
    deployment: &Deployment,
    profile: (&str, &str),
    not_after: OffsetDateTime,
) -> String {
    let chance = Chance::default();
    let mut tx = store.lock(&deployment.account).await.unwrap();
    let issuer = tx.issuer(None, OffsetDateTime::UNIX_EPOCH).await.unwrap().unwrap().issuer;
    let key = SigningKey::generate(chance.source()).unwrap();
    let serial_number = SerialNumber::from_parts(deployment.account.number(), chance.octets().unwrap());
    let validity = Validity::new(not_after - Duration::minutes(5), not_after).unwrap();
    let subject = issuer.certificate().subject().unwrap();
    let leaf = issuer.issue_leaf(&key, &subject, &serial_number, &validity).unwrap();
    let (name, version) = (profile.0.parse().unwrap(), profile.1.parse().unwrap());
    let certificate = NewCertificate {
        hash: CertificateHash::new(&leaf, issuer.certificate()),
        purpose: CertificatePurpose::CodeSigning,
        profile_version: Some((&name, &version)),
        ..NewCertificate::of(&leaf)
    };
    tx.insert_certificates(&[certificate]).await.unwrap();
    tx.commit(Change::Record).await.unwrap();
    serial_number.to_string()
}

/// Every entry of a list, page by page; `between` runs after each page.
async fn read(client: &Client, path: &str, member: &str, mut between: impl AsyncFnMut()) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut token = String::new();
    for _ in 0..100 {
        let page = client.send("GET", &format!("/hallmark/{path}{token}"), None).await;
        assert!(page.is_ok(), "{}: {}", page.error, page.body);
        entries.extend(page.body[member].as_array().unwrap().iter().cloned());
        let Some(next) = page.body["nextToken"].as_str() else { return entries };
        token = format!("&nextToken={next}");
        between().await;
    }
    panic!("a list of a few entries never ends")
}

async fn serial_numbers(client: &Client, query: &str) -> Vec<String> {
    let path = format!("certificates?maxResults=2{query}");
    let listed = read(client, &path, "certificates", async || ()).await;
    listed.iter().map(|entry| entry["serialNumber"].as_str().unwrap().to_owned()).collect()
}

/// By its own revocation, or by its profile version's unless it expired before the effective time.
#[tokio::test]
async fn when_a_certificate_is_revoked() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let (store, owner) = (deployment.store().await, deployment.owner().await);
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    let version = admin.put_profile("stopped", json!({})).await;
    let stopped = ("stopped", version.as_str());
    let version = admin.put_profile("running", json!({})).await;
    let running = ("running", version.as_str());
    let effective = Clock::System.now().replace_nanosecond(0).unwrap() - Duration::minutes(10);
    let later = effective + Duration::hours(1);
    let earlier = issue(&store, &deployment, stopped, effective - Duration::SECOND).await;
    let at_the_end = issue(&store, &deployment, stopped, effective).await;
    let own = issue(&store, &deployment, running, effective - Duration::minutes(1)).await;
    let neither = issue(&store, &deployment, running, later).await;
    let both = issue(&store, &deployment, stopped, later).await;
    let profiles = issue(&store, &deployment, stopped, later).await;
    let expected = |revoked: &[&String]| revoked.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(serial_numbers(&admin, "&isRevoked=true").await, expected(&[]));

    for (at, reason) in [(effective + Duration::minutes(1), "late"), (effective, "in time")] {
        let body =
            json!({"profileVersion": stopped.1, "reason": reason, "effectiveTime": at.unix_timestamp()});
        assert!(admin.send("PUT", "/signing-profiles/stopped/revoke", Some(body)).await.is_ok());
    }
    for (serial_number, since) in [(&own, later), (&both, effective - Duration::HOUR), (&both, later)] {
        sqlx::query(
            "INSERT INTO revocations (account_id, revocation_id, subject, serial_number, effective_at, recorded_at,
                                      reason, recorded_by)
             SELECT account_id, gen_random_uuid(), 'certificate', serial_number, $2, clock_timestamp(), 'test', 'test'
             FROM certificates WHERE encode(serial_number, 'hex') = $1",
        )
        .bind(serial_number)
        .bind(since)
        .execute(&owner)
        .await
        .unwrap();
    }
    let revoked = serial_numbers(&admin, "&isRevoked=true").await;
    assert_eq!(revoked, expected(&[&profiles, &both, &own, &at_the_end]));
    let good = serial_numbers(&admin, "&isRevoked=false").await;
    assert_eq!(good[..2], expected(&[&neither, &earlier]));
    assert_eq!(good.len(), 3, "and the issuing CA");

    let listed = read(&admin, "certificates?maxResults=25", "certificates", async || ()).await;
    let since = |serial_number: &str| {
        let entry = listed.iter().find(|entry| entry["serialNumber"] == serial_number).unwrap();
        assert_eq!(entry["isRevoked"], json!(!entry["revocationEffectiveFrom"].is_null()));
        entry["revocationEffectiveFrom"].as_i64()
    };
    assert_eq!(since(&profiles), Some(effective.unix_timestamp()));
    assert_eq!(since(&both), Some((effective - Duration::HOUR).unix_timestamp()));
    assert_eq!(since(&own), Some(later.unix_timestamp()));
    assert_eq!(since(&at_the_end), Some(effective.unix_timestamp()));
    assert_eq!((since(&earlier), since(&neither)), (None, None));
    owner.close().await;
    store.close().await;
    replica.end().await;
    deployment.stop().await;
}

#[tokio::test]
async fn a_list_that_grows_neither_repeats_nor_skips() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let store = deployment.store().await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    let signer = deployment.client(&replica, Role::Signer).await;
    let version = admin.put_profile("growing", json!({})).await;
    let profile = ("growing", version.as_str());
    let end = Clock::System.now() + Duration::HOUR;
    let revoke = async || {
        let reply = signer.sign_payload("growing", &payload(&"0".repeat(64))).await;
        let path = format!("/signing-jobs/{}/revoke", reply.body["jobId"].as_str().unwrap());
        assert!(admin.send("PUT", &path, Some(json!({"reason": "test"}))).await.is_ok());
    };
    for _ in 0..7 {
        issue(&store, &deployment, profile, end).await;
        revoke().await;
    }
    for (member, key) in [("certificates", "serialNumber"), ("revocations", "revocationId")] {
        let whole = read(&admin, &format!("{member}?maxResults=25"), member, async || ()).await;
        let path = format!("{member}?maxResults=2&profileName=growing");
        let paged = read(&admin, &path, member, async || {
            issue(&store, &deployment, profile, end).await;
            revoke().await;
        })
        .await;
        let whole: Vec<&Value> = whole.iter().filter(|entry| !entry["profileName"].is_null()).collect();
        assert!(whole.len() >= 7);
        assert_eq!(paged.iter().collect::<Vec<_>>(), whole, "{member}");
        let times = |name: &str| paged.iter().map(|entry| entry[name].as_f64()).collect::<Vec<_>>();
        let time = if key == "serialNumber" { "issuedAt" } else { "revokedAt" };
        assert!(times(time).is_sorted_by(|earlier, later| earlier >= later), "{member}: newest first");
    }
    store.close().await;
    replica.end().await;
    deployment.stop().await;
}

/// Many entries of one time keep their order from page to page.
#[tokio::test]
async fn entries_of_one_time_are_told_apart() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let owner = deployment.owner().await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    let version = admin.put_profile("at_once", json!({})).await;
    sqlx::query(
        "INSERT INTO revocations (account_id, revocation_id, subject, profile_name, profile_version, effective_at,
                                  recorded_at, reason, recorded_by)
         SELECT $1, gen_random_uuid(), 'profile_version', 'at_once', $2, now(), now(), 'test', 'test'
         FROM generate_series(1, 9)",
    )
    .bind(deployment.account.as_str())
    .bind(&version)
    .execute(&owner)
    .await
    .unwrap();
    let mut seen: Vec<String> = Vec::new();
    for entry in read(&admin, "revocations?maxResults=2", "revocations", async || ()).await {
        seen.push(entry["revocationId"].as_str().unwrap().to_owned());
    }
    assert!(seen.is_sorted_by(|one, next| one > next), "each once, the order that of the ids: {seen:?}");
    assert_eq!(seen.len(), 9);
    owner.close().await;
    replica.end().await;
    deployment.stop().await;
}
