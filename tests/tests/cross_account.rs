//! What one account may do with another's profiles: exactly what the profile's permissions say, and nothing can be
//! learnt about the rest.

use hallmark_api::principal::Role;
use hallmark_tests::client::{Client, Reply, payload};
use hallmark_tests::deployment::Deployment;
use serde_json::{Value, json};

const OPERATIONS: [&str; 6] = [
    "GetSigningProfile",
    "SignPayload",
    "RevokeSignature",
    "CancelSigningProfile",
    "AddProfilePermission",
    "DescribeSigningJob",
];

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
        _ => case.role == Role::SecurityAdmin,
    };
    let crosses = ["GetSigningProfile", "SignPayload", "RevokeSignature"].contains(&case.operation);
    let granted = match case.grantee {
        Grantee::Nobody | Grantee::AnotherPrincipal => false,
        Grantee::Account | Grantee::Principal => case.permitted == case.operation,
    };
    by_role && (case.own || (crosses && granted))
}

/// A profile of the owner's with one job, and the names by which the matrix refers to them.
struct Subject {
    owner: String,
    profile: String,
    job: String,
}

async fn attempt(client: &Client, operation: &str, subject: &Subject) -> Reply {
    let Subject { owner, profile, job } = subject;
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
    for operation in OPERATIONS {
        for role in Role::ALL {
            let case =
                Case { operation, role, own: true, permitted: "", grantee: Grantee::Nobody, pinned: false };
            cases.push(case);
            cases.push(Case { own: false, ..case });
            for permitted in ["GetSigningProfile", "SignPayload", "RevokeSignature"] {
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
        let first = signer.sign_payload(&profile, &payload(&"0".repeat(64))).await;
        let job = first.body["jobId"].as_str().unwrap_or_default().to_owned();
        if let Some(body) = permission(case, other.as_str(), &version) {
            let path = format!("/signing-profiles/{profile}/permissions");
            let added = admin.send("POST", &path, Some(body)).await;
            assert!(added.is_ok(), "{case:?}: {} {}", added.error, added.body);
        }
        let callers = if case.own { &own } else { &foreign };
        let caller = callers.iter().find(|(role, _)| *role == case.role);
        let subject = Subject { owner: deployment.account.to_string(), profile, job };
        let reply = match caller {
            Some((_, client)) => attempt(client, case.operation, &subject).await,
            None => unreachable!(),
        };
        assert_eq!(reply.is_ok(), expected(case), "{case:?}: {} {}", reply.error, reply.body["message"]);
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
    let job = signer.sign_payload("there", &payload(&"0".repeat(64))).await.body["jobId"].clone();
    let subject = |profile: &str, job: &str| Subject {
        owner: deployment.account.to_string(),
        profile: profile.to_owned(),
        job: job.to_owned(),
    };
    let there = subject("there", job.as_str().unwrap_or_default());
    let absent = subject("gone_", "0197f7a0-0000-7000-8000-000000000000");
    for role in Role::ALL {
        let client = deployment.client_of(&other, &replica, role).await;
        for operation in OPERATIONS {
            let forbidden = attempt(&client, operation, &there).await;
            let absent = attempt(&client, operation, &absent).await;
            let told = |reply: &Reply, subject: &Subject| {
                let text =
                    reply.body.to_string().replace(&subject.profile, "NAME").replace(&subject.job, "JOB");
                (reply.status, reply.error.clone(), text)
            };
            assert!(!forbidden.is_ok(), "{role:?} {operation}");
            assert_eq!(
                told(&forbidden, &there),
                told(&absent, &subject("gone_", "0197f7a0-0000-7000-8000-000000000000")),
                "{role:?} {operation}"
            );
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
