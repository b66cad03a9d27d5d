//! What jobs tell of what they signed, the list of an artifact's jobs, and the use of a profile; by requests alone.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aws_lc_rs::digest::{SHA256, digest};
use hallmark_api::account::AccountId;
use hallmark_api::principal::Role;
use hallmark_tests::client::{Client, Reply, payload};
use hallmark_tests::deployment::{Deployment, Replica};
use hallmark_tests::openssl::Signature;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        write!(text, "{octet:02x}").unwrap();
        text
    })
}

/// The digest of an artifact, without its algorithm.
fn artifact(digit: char) -> String {
    digit.to_string().repeat(64)
}

struct Side {
    account: AccountId,
    admin: Client,
    signer: Client,
    auditor: Client,
}

impl Side {
    async fn of(deployment: &Deployment, account: AccountId, replica: &Replica) -> Self {
        let client = async |role| deployment.client_of(&account, replica, role).await;
        Self {
            admin: client(Role::SecurityAdmin).await,
            signer: client(Role::Signer).await,
            auditor: client(Role::Auditor).await,
            account,
        }
    }

    /// Signs with a profile of this account or another's; the job.
    async fn sign(&self, owner: &AccountId, profile: &str, digit: char) -> String {
        let signed = self.signer.sign_payload_of(owner.as_str(), profile, &payload(&artifact(digit))).await;
        assert!(signed.is_ok(), "{signed:?}");
        signed.body["jobId"].as_str().unwrap().to_owned()
    }

    /// Lets another account sign with a profile of this one.
    async fn permit(&self, other: &Self, profile: &str) {
        let body = json!({
            "action": "signer:SignPayload", "principal": other.account.as_str(), "statementId": "test",
        });
        let path = format!("/signing-profiles/{profile}/permissions");
        let added = self.admin.send("POST", &path, Some(body)).await;
        assert!(added.is_ok(), "{added:?}");
    }

    fn signer_arn(&self) -> String {
        format!("arn:aws:iam::{}:user/Signer", self.account)
    }

    async fn revoke(&self, job: &str) {
        let body = json!({"reason": "test"});
        assert!(self.admin.send("PUT", &format!("/signing-jobs/{job}/revoke"), Some(body)).await.is_ok());
    }

    async fn list(&self, query: &str) -> Reply {
        self.auditor.send("GET", &format!("/signing-jobs?{query}"), None).await
    }

    /// The ids of the jobs on all pages of a list.
    async fn jobs(&self, query: &str) -> Vec<String> {
        let (mut jobs, mut token) = (Vec::new(), String::new());
        loop {
            let page = self.list(&format!("{query}{token}")).await;
            assert!(page.is_ok(), "{query}: {page:?}");
            jobs.extend(ids(&page.body["jobs"]));
            match page.body["nextToken"].as_str() {
                Some(next) => token = format!("&nextToken={next}"),
                None => return jobs,
            }
        }
    }

    async fn used(&self, profile: &str, query: &str) -> Reply {
        let path = format!("/hallmark/signing-profiles/{profile}/use?{query}");
        self.auditor.send("GET", &path, None).await
    }

    /// Signatures, artifacts and requesters of a profile.
    async fn counts(&self, profile: &str) -> [u64; 3] {
        counts(&self.used(profile, "").await)
    }
}

fn counts(reply: &Reply) -> [u64; 3] {
    assert!(reply.is_ok() && reply.body.get("countedSince").is_none(), "{reply:?}");
    ["signatureCount", "artifactCount", "requesterCount"].map(|count| reply.body[count].as_u64().unwrap())
}

fn ids(jobs: &Value) -> Vec<String> {
    jobs.as_array().unwrap().iter().map(|job| job["jobId"].as_str().unwrap().to_owned()).collect()
}

/// Ids in the order of lists, which is theirs: what is signed in the same millisecond comes in any order.
fn latest_first<T: Ord>(mut ids: Vec<T>) -> Vec<T> {
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids
}

/// Two accounts; the first lets the second sign with its profile `used`, and each has one of that name.
async fn two_sides(deployment: &Deployment, replica: &Replica) -> (Side, Side) {
    let other = deployment.another_account(210_987_654_321).await;
    let us = Side::of(deployment, deployment.account.clone(), replica).await;
    let them = Side::of(deployment, other, replica).await;
    us.admin.put_profile("used", json!({})).await;
    us.admin.put_profile("other", json!({})).await;
    them.admin.put_profile("used", json!({})).await;
    us.permit(&them, "used").await;
    (us, them)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_of_one_second_are_listed_in_their_order() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let (us, _) = two_sides(&deployment, &replica).await;
    let mut signed = Vec::new();
    for _ in 0..20 {
        signed.push(us.sign(&us.account, "used", 'a').await);
        // An id is as fine as a millisecond.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    signed.reverse();
    assert_eq!(us.jobs("").await, signed);
    replica.end().await;
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_tells_what_it_signed_and_with_which_certificate() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let (us, them) = two_sides(&deployment, &replica).await;
    let content = payload(&artifact('a'));
    let signed = them.signer.sign_payload_of(us.account.as_str(), "used", &content).await;
    let job = signed.body["jobId"].as_str().unwrap();
    let serial_number = Signature::read(&signed.body).leaf().serial_number().to_string();
    for side in [&us, &them] {
        let described = side.auditor.send("GET", &format!("/signing-jobs/{job}"), None).await.body;
        for told in [&described, &side.list("").await.body["jobs"][0]] {
            assert_eq!(told["artifactDigest"], format!("sha256:{}", artifact('a')));
            let payload_digest = hex(digest(&SHA256, &content).as_ref());
            assert_eq!(told["payloadDigest"], format!("sha256:{payload_digest}"));
            assert_eq!(told["serialNumber"], serial_number);
        }
    }
    let certificates = us.auditor.send("GET", "/hallmark/certificates?profileName=used", None).await;
    assert_eq!(certificates.body["certificates"][0]["serialNumber"], serial_number);
    replica.end().await;
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_artifacts_jobs_are_found_with_every_other_filter() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let (us, them) = two_sides(&deployment, &replica).await;
    let stranger = Side::of(&deployment, deployment.another_account(111_111_111_111).await, &replica).await;
    let first = us.sign(&us.account, "used", 'a').await;
    let second = us.sign(&us.account, "other", 'a').await;
    us.sign(&us.account, "used", 'b').await;
    let asked = them.sign(&us.account, "used", 'a').await;
    let theirs = them.sign(&them.account, "used", 'a').await;
    // A job between two others is no business of the first account's, whoever it says asked.
    stranger.admin.put_profile("used", json!({})).await;
    stranger.permit(&them, "used").await;
    let elsewhere = them.sign(&stranger.account, "used", 'a').await;
    us.revoke(&first).await;

    let query = format!("artifactDigest=sha256:{}", artifact('a'));
    let (ours, requester) = (format!("&jobInvoker={}", us.account), us.signer_arn());
    let of_them = format!("&jobInvoker={}", them.account);
    for (side, filter, expected) in [
        (&us, "", vec![&asked, &second, &first]),
        (&them, "", vec![&elsewhere, &theirs, &asked]),
        (&stranger, "", vec![&elsewhere]),
        (&us, "&isRevoked=true", vec![&first]),
        (&us, "&isRevoked=false", vec![&asked, &second]),
        (&them, "&isRevoked=true", vec![]),
        (&us, &format!("&requestedBy={requester}"), vec![&second, &first]),
        (&us, &format!("&requestedBy={}", them.signer_arn()), vec![&asked]),
        (&us, &ours, vec![&second, &first]),
        (&us, &of_them, vec![&asked]),
        (&them, &of_them, vec![&elsewhere, &theirs, &asked]),
        (&stranger, &of_them, vec![&elsewhere]),
        (&them, &ours, vec![]),
        (&stranger, &ours, vec![]),
        (&us, &format!("&requestedBy={requester}&isRevoked=false{ours}"), vec![&second]),
        (&us, "&status=Failed", vec![]),
        (&us, "&maxResults=1", vec![&asked, &second, &first]),
    ] {
        let found = side.jobs(&format!("{query}{filter}")).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), latest_first(expected), "{} {filter}", side.account);
    }
    let absent = us.jobs(&format!("artifactDigest=sha256:{}", artifact('c'))).await;
    assert!(absent.is_empty());

    for wrong in [artifact('a'), format!("sha256:{}", artifact('A')), format!("sha512:{}", artifact('a'))] {
        let refused = us.list(&format!("artifactDigest={wrong}")).await;
        assert_eq!((refused.status, refused.error.as_str()), (400, "ValidationException"), "{wrong}");
        assert!(refused.body["message"].as_str().unwrap().starts_with("artifactDigest: "), "{refused:?}");
    }
    let token =
        us.list(&format!("{query}&maxResults=1")).await.body["nextToken"].as_str().unwrap().to_owned();
    for other in [String::new(), format!("artifactDigest=sha256:{}&", artifact('b'))] {
        let refused = us.list(&format!("{other}maxResults=1&nextToken={token}")).await;
        assert_eq!((refused.status, refused.error.as_str()), (400, "ValidationException"), "{other}");
        assert!(refused.body["message"].as_str().unwrap().starts_with("nextToken: "), "{refused:?}");
    }
    replica.end().await;
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profiles_use_is_what_is_left_of_its_signatures() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let (us, them) = two_sides(&deployment, &replica).await;
    let mut made = Vec::new();
    for digit in ['a', 'a', 'b'] {
        made.push(us.sign(&us.account, "used", digit).await);
    }
    made.push(them.sign(&us.account, "used", 'c').await);
    us.sign(&us.account, "other", 'd').await;
    them.sign(&them.account, "used", 'e').await;

    let used = us.used("used", "").await;
    assert_eq!(counts(&used), [4, 3, 2]);
    assert_eq!(used.body["profileName"], "used");
    let listed = us.list("").await.body["jobs"].clone();
    let shown = listed.as_array().unwrap().iter().filter(|job| job["profileName"] == "used");
    assert_eq!(used.body["jobs"], Value::Array(shown.cloned().collect()));
    let requesters = used.body["requesters"].as_array().unwrap();
    for (side, job, count) in [(&them, &made[3], 1), (&us, &made[2], 3)] {
        let requester = requesters.iter().find(|one| one["requestedBy"] == side.signer_arn()).unwrap();
        let last = us.auditor.send("GET", &format!("/signing-jobs/{job}"), None).await.body;
        assert_eq!(requester["signatureCount"], count);
        assert_eq!(requester["lastSignedAt"], last["createdAt"]);
    }
    // What it was asked for by this account is another account's, as are profiles of the same name.
    assert_eq!(us.counts("other").await, [1, 1, 1]);
    assert_eq!(them.counts("used").await, [1, 1, 1]);

    us.revoke(&made[2]).await;
    assert_eq!(us.counts("used").await, [3, 2, 2]);
    us.revoke(&made[3]).await;
    let used = us.used("used", "maxResults=1").await;
    assert_eq!(counts(&used), [2, 1, 1]);
    assert_eq!(ids(&used.body["jobs"]), latest_first(made[..2].to_vec())[..1]);

    let certificate = us.list(&format!("artifactDigest=sha256:{}", artifact('d'))).await;
    let serial = certificate.body["jobs"][0]["serialNumber"].as_str().unwrap().to_owned();
    let path = format!("/hallmark/certificates/{serial}/revoke");
    assert!(us.admin.send("PUT", &path, Some(json!({"reason": "test"}))).await.is_ok());
    assert_eq!(us.counts("other").await, [0, 0, 0]);
    assert_eq!(us.counts("used").await, [2, 1, 1]);

    let listed = us.auditor.send("GET", "/hallmark/certificates?profileName=used", None).await;
    let issuer = listed.body["certificates"][0]["issuerSerialNumber"].as_str().unwrap().to_owned();
    let path = format!("/hallmark/certificates/{issuer}/revoke");
    assert!(us.admin.send("PUT", &path, Some(json!({"reason": "test"}))).await.is_ok());
    let used = us.used("used", "").await;
    assert_eq!(counts(&used), [0, 0, 0]);
    assert_eq!((&used.body["jobs"], &used.body["requesters"]), (&json!([]), &json!([])));
    assert_eq!(them.counts("used").await, [1, 1, 1]);
    replica.end().await;
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_that_is_not_there_has_no_use() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let (us, them) = two_sides(&deployment, &replica).await;
    us.sign(&us.account, "used", 'a').await;
    let shown = us.auditor.send("GET", "/signing-profiles/used", None).await;
    let version = shown.body["profileVersion"].as_str().unwrap().to_owned();
    let used = us.used("used", &format!("profileVersion={version}")).await;
    assert_eq!(counts(&used), [1, 1, 1]);
    assert_eq!(used.body["profileVersion"], version);
    for (side, profile, query, status, error, message) in [
        (&us, "gone", "", 404, "ResourceNotFoundException", "gone"),
        // Another account's profile reads as absent.
        (&them, "other", "", 404, "ResourceNotFoundException", "other"),
        (&us, "used", "profileVersion=aaaaaaaaaa", 404, "ResourceNotFoundException", "aaaaaaaaaa"),
        (&them, "used", &format!("profileVersion={version}"), 404, "ResourceNotFoundException", &version),
        (&us, "used", "profileVersion=x", 400, "ValidationException", "profileVersion: "),
        (&us, "used", "since=yesterday", 400, "ValidationException", "since: "),
        (&us, "used", "maxResults=26", 400, "ValidationException", "maxResults: "),
        (&us, "used", "maxResults=0", 400, "ValidationException", "maxResults: "),
    ] {
        let refused = side.used(profile, query).await;
        assert_eq!((refused.status, refused.error.as_str()), (status, error), "{profile} {query}");
        assert!(refused.body["message"].as_str().unwrap().contains(message), "{refused:?}");
    }
    let absent = us.used("other", "").await;
    assert_eq!(counts(&absent), [0, 0, 0]);
    replica.end().await;
    deployment.stop().await;
}
