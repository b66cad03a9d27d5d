//! What one account may do with another's profiles: exactly what the profile's permissions say, and nothing can be
//! learnt about the rest.
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod case;
mod subject;

use case::{Case, Grantee, OPERATIONS, cases, expected};
use hallmark_api::principal::Role;
use hallmark_server::routes;
use hallmark_tests::client::{Answer, Client, payload};
use hallmark_tests::deployment::{Deployment, Replica};
use hallmark_tests::signing_input;
use serde_json::{Value, json};
use subject::{LAMBDA, NOTATION, Subject};

/// Two accounts and, of each, a client in every role.
struct House {
    owner: String,
    other: String,
    own: Vec<(Role, Client)>,
    foreign: Vec<(Role, Client)>,
}

impl House {
    async fn of(deployment: &Deployment, replica: &Replica) -> Self {
        let other = deployment.another_account(222_222_222_222).await;
        let (mut own, mut foreign) = (Vec::new(), Vec::new());
        for role in Role::ALL {
            own.push((role, deployment.client(replica, role).await));
            foreign.push((role, deployment.client_of(&other, replica, role).await));
        }
        Self { owner: deployment.account.to_string(), other: other.to_string(), own, foreign }
    }

    fn client(&self, own: bool, role: Role) -> &Client {
        let clients = if own { &self.own } else { &self.foreign };
        clients
            .iter()
            .find(|(known, _)| *known == role)
            .map(|(_, client)| client)
            .expect("every role has one")
    }

    fn admin(&self) -> &Client {
        self.client(true, Role::SecurityAdmin)
    }

    /// The principal of a permission; clients bear the names of their roles.
    fn principal(&self, case: &Case) -> Option<String> {
        let other = &self.other;
        match case.grantee {
            Grantee::Nobody => None,
            Grantee::Account => Some(other.clone()),
            Grantee::Principal => Some(format!("arn:aws:iam::{other}:role/{}", case.role.as_str())),
            Grantee::AnotherPrincipal => Some(format!("arn:aws:iam::{other}:role/somebody")),
        }
    }

    /// A new profile with a revoked job, and with the permission that the case is about.
    async fn subject(&self, case: &Case, profile: &str) -> Subject {
        let admin = self.admin();
        let platform = if case.operation == "StartSigningJob" { LAMBDA } else { NOTATION };
        let parameters = if case.operation == "SignBlob" { signing_input::parameters() } else { json!({}) };
        let version = admin.put_profile_on(platform, profile, parameters).await;
        let mut subject = Subject::without_job(&self.owner, profile, version.clone());
        if platform == NOTATION {
            if case.invoked {
                subject.permit(admin, "SignPayload", &self.other, false).await;
            }
            let signer = self.client(!case.invoked, Role::Signer);
            let made = Subject::make(admin, signer, (&self.owner, profile, version)).await;
            if case.invoked {
                subject.forbid(admin).await;
            }
            subject = made;
        }
        let principal = self.principal(case).map(|principal| (case.permitted, principal));
        // A policy that has nothing to do with the case, where one has to be there.
        let needs_policy = ["ListProfilePermissions", "RemoveProfilePermission"].contains(&case.operation);
        let anyones = needs_policy.then(|| ("GetSigningProfile", "333333333333".to_owned()));
        match principal.or(anyones) {
            Some((action, principal)) => subject.permit(admin, action, &principal, case.pinned).await,
            None => subject.revision.clear(),
        }
        subject
    }
}

#[test]
fn the_matrix_has_every_operation() {
    let document = routes::operations().document().expect("a document");
    let document: Value = serde_json::from_str(&document).expect("JSON");
    let paths = document["paths"].as_object().expect("paths").values();
    let operations = paths.flat_map(|item| item.as_object().expect("a path").values());
    let mut served: Vec<&str> = operations
        .filter(|operation| operation["tags"][0] != "sts")
        .map(|operation| operation["operationId"].as_str().expect("an id"))
        .collect();
    served.sort_unstable();
    assert_eq!(served, OPERATIONS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_matrix_agrees_with_a_second_opinion() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let house = House::of(&deployment, &replica).await;
    let cases = cases();
    let mut passed = 0;
    for (number, case) in cases.iter().enumerate() {
        // The newest profile is the first of the list.
        let profile = format!("matrix_{:04}", 9999 - number);
        let subject = house.subject(case, &profile).await;
        let reply = subject.attempt(house.client(case.own, case.role), case.operation).await;
        let obtained = subject.obtained(case.operation, &reply);
        assert_eq!(obtained, expected(case), "{case:?}: {} {}", reply.error, reply.body);
        passed += usize::from(obtained);
        if !obtained {
            let shown = house.admin().send("GET", &format!("/signing-profiles/{profile}"), None).await;
            assert_eq!(
                (&shown.body["status"], &shown.body["tags"]),
                (&json!("Active"), &json!({})),
                "{case:?}"
            );
        }
    }
    println!("{} cases agree, of which {passed} pass", cases.len());
    replica.end().await;
    deployment.stop().await;
}

/// An answer without what differs from one request to the next, and without the names that the caller gave.
fn told(answer: &Answer, subject: &Subject) -> Answer {
    let passing = ["x-amzn-requestid", "date"];
    let headers = answer.headers.iter().filter(|(name, _)| !passing.contains(&name.as_str()));
    Answer {
        headers: headers.cloned().collect(),
        body: subject.without_names(&answer.body),
        ..answer.clone()
    }
}

#[tokio::test]
async fn absent_and_forbidden_read_the_same() {
    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let house = House::of(&deployment, &replica).await;
    let (owner, admin) = (&house.owner, house.admin());
    let signer = house.client(true, Role::Signer);
    // All names have one length, so that the answers' lengths can be compared.
    let mut subjects = Vec::new();
    for (profile, permitted) in [("there", None), ("read_", Some("GetSigningProfile"))] {
        let version = admin.put_profile(profile, json!({})).await;
        let mut subject = Subject::make(admin, signer, (owner, profile, version)).await;
        if let Some(action) = permitted {
            subject.permit(admin, action, &house.other, false).await;
        }
        subjects.push((subject, permitted));
    }
    let canceled = admin.put_profile("ended", json!({})).await;
    let canceled = Subject::make(admin, signer, (owner, "ended", canceled)).await;
    assert!(canceled.attempt(admin, "CancelSigningProfile").await.is_ok());
    subjects.extend([(canceled, None), (Subject::absent("999999999999"), None)]);
    let gone = Subject::absent(owner);

    // Nothing of another account's is forbidden by these.
    let open = ["GetRevocationStatus", "GetSigningPlatform", "ListSigningPlatforms", "PutSigningProfile"];
    let mut compared = 0;
    for (role, client) in &house.foreign {
        for operation in OPERATIONS.into_iter().filter(|operation| !open.contains(operation)) {
            let absent = told(&gone.answer(client, operation).await, &gone);
            for (subject, permitted) in &subjects {
                if *permitted == Some(operation) {
                    continue;
                }
                let forbidden = told(&subject.answer(client, operation).await, subject);
                assert_eq!(forbidden, absent, "{role:?} {operation} {}", subject.profile);
                compared += 1;
            }
        }
    }
    println!("{compared} answers are alike");
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
