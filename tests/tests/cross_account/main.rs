//! What one account may do with another's profiles: exactly what the profile's permissions say, and nothing can be
//! learnt about the rest.

use hallmark_api::principal::Role;
use hallmark_tests::client::{Client, Reply, payload};
use hallmark_tests::deployment::Deployment;
use serde_json::{Value, json};

const SIGNERS: [&str; 6] = [
    "GetSigningProfile",
    "SignPayload",
    "RevokeSignature",
    "CancelSigningProfile",
    "AddProfilePermission",
    "DescribeSigningJob",
];
const HALLMARKS_OWN: [&str; 5] =
    ["ListIssuers", "ListCertificates", "GetCertificateChain", "ListRevocations", "GetRevocation"];

/// What the owner permits the other account, or one principal of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grantee {
    Nobody,
    Account,
    Principal,
    AnotherPrincipal,
}

/// One cell of the matrix.
#[derive(Debug, Clone, Copy)]
struct Case {
    operation: &'static str,
    role: Role,
    own: bool,
    permitted: &'static str,
    grantee: Grantee,
    pinned: bool,
}

/// The second opinion, written from the documentation and sharing nothing with the service.
fn expected(case: &Case) -> bool {
    let by_role = match case.operation {
        "GetSigningProfile" | "DescribeSigningJob" => {
            matches!(case.role, Role::SecurityAdmin | Role::Signer | Role::Auditor)
        }
        "SignPayload" => case.role == Role::Signer,
        "ListIssuers" => matches!(case.role, Role::Operator | Role::SecurityAdmin | Role::Auditor),
        "GetCertificateChain" => case.role != Role::Operator,
        "ListCertificates" | "ListRevocations" | "GetRevocation" => {
            matches!(case.role, Role::SecurityAdmin | Role::Auditor)
        }
        _ => case.role == Role::SecurityAdmin,
    };
    let crosses = ["GetSigningProfile", "SignPayload", "RevokeSignature"].contains(&case.operation);
    let granted = match case.grantee {
        Grantee::Nobody | Grantee::AnotherPrincipal => false,
        Grantee::Account | Grantee::Principal => case.permitted == case.operation,
    };
    by_role && (case.own || (crosses && granted))
}

/// A profile of the owner's with one job that is revoked, and the names by which the matrix refers to them.
struct Subject {
    owner: String,
    profile: String,
    job: String,
    revocation: String,
    serial_number: String,
    issuer: String,
}

impl Subject {
    /// Makes the job, with a profile that is there, and revokes its signature.
    async fn make(admin: &Client, signer: &Client, owner: &str, profile: &str) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let reply = signer.sign_payload(profile, &payload(&"0".repeat(64))).await;
        let job = text(&reply.body["jobId"]);
        let body = json!({"reason": "made for the matrix"});
        assert!(admin.send("PUT", &format!("/signing-jobs/{job}/revoke"), Some(body)).await.is_ok());
        let path = format!("/hallmark/revocations?jobId={job}");
        let revocation = text(&admin.send("GET", &path, None).await.body["revocations"][0]["revocationId"]);
        let path = format!("/hallmark/certificates?profileName={profile}");
        let listed = admin.send("GET", &path, None).await;
        let certificate = &listed.body["certificates"][0];
        Self {
            owner: owner.to_owned(),
            profile: profile.to_owned(),
            job,
            revocation,
            serial_number: text(&certificate["serialNumber"]),
            issuer: text(&certificate["issuerSerialNumber"]),
        }
    }

    /// Names of the same form that belong to nothing.
    fn absent(owner: &str) -> Self {
        let serial_number = format!("01{}", "0".repeat(34));
        Self {
            owner: owner.to_owned(),
            profile: "gone_".into(),
            job: "0197f7a0-0000-7000-8000-000000000000".into(),
            revocation: "00000000-0000-4000-8000-000000000000".into(),
            issuer: serial_number.clone(),
            serial_number,
        }
    }

    /// Whether the operation did what it was asked to; a list did if it shows the subject.
    fn obtained(&self, operation: &str, reply: &Reply) -> bool {
        let shown = match operation {
            "ListIssuers" => &self.issuer,
            "ListCertificates" => &self.serial_number,
            "ListRevocations" => &self.revocation,
            _ => return reply.is_ok(),
        };
        reply.is_ok() && reply.body.to_string().contains(shown)
    }
}

async fn attempt(client: &Client, operation: &str, subject: &Subject) -> Reply {
    let Subject { owner, profile, job, revocation, serial_number, .. } = subject;
    match operation {
        "GetSigningProfile" => {
            client.send("GET", &format!("/signing-profiles/{profile}?profileOwner={owner}"), None).await
        }
        "SignPayload" => client.sign_payload_of(owner, profile, &payload(&"0".repeat(64))).await,
        "RevokeSignature" => {
            let body = json!({"jobOwner": owner, "reason": "matrix"});
            client.send("PUT", &format!("/signing-jobs/{job}/revoke"), Some(body)).await
        }
        "CancelSigningProfile" => client.send("DELETE", &format!("/signing-profiles/{profile}"), None).await,
        "AddProfilePermission" => {
            let body =
                json!({"action": "signer:SignPayload", "principal": "999999999999", "statementId": "x"});
            client.send("POST", &format!("/signing-profiles/{profile}/permissions"), Some(body)).await
        }
        "ListIssuers" => client.send("GET", "/hallmark/issuers", None).await,
        "ListCertificates" => {
            client.send("GET", &format!("/hallmark/certificates?profileName={profile}"), None).await
        }
        "GetCertificateChain" => {
            client.send("GET", &format!("/hallmark/certificates/{serial_number}/chain"), None).await
        }
        "ListRevocations" => client.send("GET", &format!("/hallmark/revocations?jobId={job}"), None).await,
        "GetRevocation" => client.send("GET", &format!("/hallmark/revocations/{revocation}"), None).await,
        _ => client.send("GET", &format!("/signing-jobs/{job}"), None).await,
    }
}

fn permission(case: &Case, other: &str, version: &str) -> Option<Value> {
    let principal = match case.grantee {
        Grantee::Nobody => return None,
        Grantee::Account => other.to_owned(),
        Grantee::Principal => format!("arn:aws:iam::{other}:role/{}", case.role.as_str()),
        Grantee::AnotherPrincipal => format!("arn:aws:iam::{other}:role/somebody"),
    };
    let mut body = json!({
        "action": format!("signer:{}", case.permitted), "principal": principal, "statementId": "matrix",
    });
    if case.pinned {
        body["profileVersion"] = json!(version);
    }
    Some(body)
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for operation in SIGNERS.into_iter().chain(HALLMARKS_OWN) {
        for role in Role::ALL {
            let case =
                Case { operation, role, own: true, permitted: "", grantee: Grantee::Nobody, pinned: false };
            cases.push(case);
            cases.push(Case { own: false, ..case });
            for permitted in ["GetSigningProfile", "SignPayload", "RevokeSignature"] {
                if HALLMARKS_OWN.contains(&operation) {
                    // No permission speaks of these; the widest is enough to show it.
                    cases.push(Case { own: false, permitted, grantee: Grantee::Account, ..case });
                    continue;
                }
                for grantee in [Grantee::Account, Grantee::Principal, Grantee::AnotherPrincipal] {
                    for pinned in [false, true] {
                        cases.push(Case { own: false, permitted, grantee, pinned, ..case });
                    }
                }
            }
        }
    }
    cases
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_matrix_agrees_with_a_second_opinion() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let other = deployment.another_account(222_222_222_222).await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    let signer = deployment.client(&replica, Role::Signer).await;
    let (mut own, mut foreign) = (Vec::new(), Vec::new());
    for role in Role::ALL {
        own.push((role, deployment.client(&replica, role).await));
        foreign.push((role, deployment.client_of(&other, &replica, role).await));
    }
    let cases = cases();
    for (number, case) in cases.iter().enumerate() {
        let profile = format!("matrix_{number}");
        let version = admin.put_profile(&profile, json!({})).await;
        let subject = Subject::make(&admin, &signer, deployment.account.as_str(), &profile).await;
        if let Some(body) = permission(case, other.as_str(), &version) {
            let path = format!("/signing-profiles/{profile}/permissions");
            let added = admin.send("POST", &path, Some(body)).await;
            assert!(added.is_ok(), "{case:?}: {} {}", added.error, added.body);
        }
        let callers = if case.own { &own } else { &foreign };
        let caller = callers.iter().find(|(role, _)| *role == case.role);
        let reply = match caller {
            Some((_, client)) => attempt(client, case.operation, &subject).await,
            None => unreachable!(),
        };
        let obtained = subject.obtained(case.operation, &reply);
        assert_eq!(obtained, expected(case), "{case:?}: {} {}", reply.error, reply.body["message"]);
    }
    println!("{} cases agree", cases.len());
    replica.end().await;
    deployment.stop().await;
}

#[tokio::test]
async fn absent_and_forbidden_read_the_same() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let other = deployment.another_account(222_222_222_222).await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    let signer = deployment.client(&replica, Role::Signer).await;
    admin.put_profile("there", json!({})).await;
    let owner = deployment.account.as_str();
    let there = Subject::make(&admin, &signer, owner, "there").await;
    let gone = Subject::absent(owner);
    for role in Role::ALL {
        let client = deployment.client_of(&other, &replica, role).await;
        for operation in SIGNERS.into_iter().chain(HALLMARKS_OWN) {
            let forbidden = attempt(&client, operation, &there).await;
            let absent = attempt(&client, operation, &gone).await;
            let told = |reply: &Reply, subject: &Subject| {
                let named = [&subject.profile, &subject.job, &subject.revocation, &subject.serial_number];
                let text =
                    named.iter().fold(reply.body.to_string(), |text, name| text.replace(*name, "NAME"));
                (reply.status, reply.error.clone(), text)
            };
            assert!(!there.obtained(operation, &forbidden), "{role:?} {operation}");
            assert_eq!(told(&forbidden, &there), told(&absent, &gone), "{role:?} {operation}");
        }
    }
    replica.end().await;
    deployment.stop().await;
}

#[tokio::test]
async fn both_sides_see_the_job_and_a_removed_permission_is_gone_everywhere() {
    let deployment = Deployment::start().await;
    let (one, two) = (deployment.replica().await, deployment.replica().await);
    let other = deployment.another_account(222_222_222_222).await;
    let admin = deployment.client(&one, Role::SecurityAdmin).await;
    let builder = deployment.client_of(&other, &two, Role::Signer).await;
    let auditor = deployment.client_of(&other, &two, Role::Auditor).await;
    admin.put_profile("shared", json!({})).await;
    let body = json!({"action": "signer:SignPayload", "principal": other, "statementId": "build"});
    let added = admin.send("POST", "/signing-profiles/shared/permissions", Some(body)).await;
    let owner = deployment.account.as_str();

    let signed = builder.sign_payload_of(owner, "shared", &payload(&"0".repeat(64))).await;
    assert!(signed.is_ok(), "{}", signed.error);
    assert_eq!(signed.body["jobOwner"], owner);
    let job = signed.body["jobId"].as_str().unwrap_or_default().to_owned();
    for (client, side) in [(&admin, "owner"), (&auditor, "invoker")] {
        let shown = client.send("GET", &format!("/signing-jobs/{job}"), None).await;
        assert_eq!(shown.body["jobOwner"], owner, "{side}");
        assert_eq!(shown.body["jobInvoker"], other.as_str(), "{side}");
        let listed = client.send("GET", "/signing-jobs", None).await;
        assert_eq!(listed.body["jobs"][0]["jobId"], job.as_str(), "{side}");
    }

    let revision = added.body["revisionId"].as_str().unwrap_or_default();
    let path = format!("/signing-profiles/shared/permissions/build?revisionId={revision}");
    assert!(admin.send("DELETE", &path, None).await.is_ok());
    for replica in [&one, &two] {
        let refused =
            builder.at(replica.api).sign_payload_of(owner, "shared", &payload(&"0".repeat(64))).await;
        assert_eq!(refused.error, "AccessDeniedException");
    }
    one.end().await;
    two.end().await;
    deployment.stop().await;
}
