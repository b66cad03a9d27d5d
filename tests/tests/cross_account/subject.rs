//! What the matrix asks about: a profile of the owner's with a job, and every operation on them.

use hallmark_server::clock::Clock;
use hallmark_tests::client::{Answer, Client, Reply, payload};
use hallmark_tests::deployment::REGION;
use hallmark_tests::signing_input;
use serde_json::{Value, json};

pub(crate) const NOTATION: &str = "Notation-OCI-SHA384-ECDSA";
pub(crate) const LAMBDA: &str = "AWSLambda-SHA384-ECDSA";

/// A profile of the owner's with one job that is revoked, and the names by which the matrix refers to them.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) owner: String,
    pub(crate) profile: String,
    pub(crate) version: String,
    pub(crate) job: String,
    pub(crate) revocation: String,
    pub(crate) serial_number: String,
    pub(crate) issuer: String,
    pub(crate) certificate_hash: String,
    /// Of the profile's policy.
    pub(crate) revision: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Subject {
    /// Names that belong to nothing.
    pub(crate) fn absent(owner: &str) -> Self {
        let serial_number = format!("01{}", "0".repeat(34));
        Self {
            owner: owner.to_owned(),
            profile: "gone_".into(),
            version: "aaaaaaaaaa".into(),
            job: "0197f7a0-0000-7000-8000-000000000000".into(),
            revocation: "00000000-0000-4000-8000-000000000000".into(),
            issuer: serial_number.clone(),
            serial_number,
            certificate_hash: "0".repeat(192),
            revision: "00000000-0000-4000-8000-000000000001".into(),
        }
    }

    /// Of a profile that is there and has not signed.
    pub(crate) fn without_job(owner: &str, profile: &str, version: String) -> Self {
        Self { profile: profile.to_owned(), version, ..Self::absent(owner) }
    }

    /// Has a profile that is there sign, and revokes the signature.
    pub(crate) async fn make(
        admin: &Client,
        signer: &Client,
        (owner, profile, version): (&str, &str, String),
    ) -> Self {
        let reply = signer.sign_payload_of(owner, profile, &payload(&"0".repeat(64))).await;
        assert!(reply.is_ok(), "{}: {}", reply.error, reply.body);
        let job = text(&reply.body["jobId"]);
        let body = json!({"reason": "made for the matrix"});
        assert!(admin.send("PUT", &format!("/signing-jobs/{job}/revoke"), Some(body)).await.is_ok());
        let path = format!("/hallmark/revocations?jobId={job}");
        let revocation = text(&admin.send("GET", &path, None).await.body["revocations"][0]["revocationId"]);
        let path = format!("/hallmark/certificates?profileName={profile}");
        let listed = admin.send("GET", &path, None).await;
        let certificate = &listed.body["certificates"][0];
        Self {
            job,
            revocation,
            serial_number: text(&certificate["serialNumber"]),
            issuer: text(&certificate["issuerSerialNumber"]),
            certificate_hash: text(&certificate["certificateHash"]),
            ..Self::without_job(owner, profile, version)
        }
    }

    /// Adds a permission to the profile, and knows the policy's revision from then on.
    pub(crate) async fn permit(&mut self, admin: &Client, action: &str, principal: &str, pinned: bool) {
        let mut body = json!({
            "action": format!("signer:{action}"), "principal": principal, "statementId": "matrix",
        });
        if pinned {
            body["profileVersion"] = json!(self.version);
        }
        let path = format!("/signing-profiles/{}/permissions", self.profile);
        let added = admin.send("POST", &path, Some(body)).await;
        assert!(added.is_ok(), "{}: {}", added.error, added.body);
        self.revision = text(&added.body["revisionId"]);
    }

    /// Takes the permission away again.
    pub(crate) async fn forbid(&self, admin: &Client) {
        let path = format!("/signing-profiles/{}/permissions/matrix", self.profile);
        let path = format!("{path}?revisionId={}", self.revision);
        assert!(admin.send("DELETE", &path, None).await.is_ok());
    }

    /// Whether the operation did to the subject what it was asked to; one that names no account did if its answer
    /// is about the subject.
    pub(crate) fn obtained(&self, operation: &str, reply: &Reply) -> bool {
        let shown = match operation {
            "ListIssuers" => &self.issuer,
            "ListCertificates" => &self.serial_number,
            "ListRevocations" => &self.revocation,
            "ListSigningJobs" => &self.job,
            "GetRevocationStatus" => {
                return reply.is_ok() && reply.body["revokedEntities"].to_string().contains(&self.job);
            }
            "ListSigningProfiles" => &self.profile,
            "PutSigningProfile" => &self.owner,
            "StartSigningJob" => {
                // Whoever may is told what the service lacks.
                return reply.error == "ValidationException" && reply.body.to_string().contains("not served");
            }
            _ => return reply.is_ok(),
        };
        reply.is_ok() && reply.body.to_string().contains(shown)
    }

    /// Replaces every name of the subject in a text.
    pub(crate) fn without_names(&self, text: &str) -> String {
        let Self { owner, profile, version, job, revocation, serial_number, .. } = self;
        let names = [profile, version, job, revocation, serial_number, owner];
        names.into_iter().fold(text.to_owned(), |text, name| text.replace(name, "NAME"))
    }

    fn arn(&self, resource: &str) -> String {
        format!("arn:aws:signer:{REGION}:{}:{resource}", self.owner)
    }

    /// Method, path and body of an operation on the subject.
    fn request(&self, operation: &str) -> (&'static str, String, Option<Value>) {
        match self.look(operation) {
            Some(path) => ("GET", path, None),
            None => self.act(operation),
        }
    }

    /// Path of an operation that reads.
    fn look(&self, operation: &str) -> Option<String> {
        let Self { owner, profile, job, revocation, serial_number, .. } = self;
        let of_profile = format!("/signing-profiles/{profile}");
        Some(match operation {
            "DescribeSigningJob" => format!("/signing-jobs/{job}"),
            "GetCertificateChain" => format!("/hallmark/certificates/{serial_number}/chain"),
            "GetRevocation" => format!("/hallmark/revocations/{revocation}"),
            "GetRevocationStatus" => format!(
                "/revocations?platformId={NOTATION}&signatureTimestamp=2026-01-01T00:00:00Z&certificateHashes={}\
                 &jobArn={}&profileVersionArn={}",
                self.certificate_hash,
                self.arn(&format!("/signing-jobs/{job}")),
                self.arn(&format!("{of_profile}/{}", self.version)),
            ),
            "GetSigningPlatform" => format!("/signing-platforms/{NOTATION}"),
            "GetSigningProfile" => format!("{of_profile}?profileOwner={owner}"),
            "GetSigningProfileUse" => format!("/hallmark{of_profile}/use"),
            "ListCertificates" => format!("/hallmark/certificates?profileName={profile}"),
            "ListIssuers" => "/hallmark/issuers".into(),
            "ListProfilePermissions" => format!("{of_profile}/permissions"),
            "ListRevocations" => format!("/hallmark/revocations?jobId={job}"),
            "ListSigningJobs" => "/signing-jobs?maxResults=25".into(),
            "ListSigningPlatforms" => "/signing-platforms".into(),
            "ListSigningProfiles" => "/signing-profiles?maxResults=1".into(),
            "ListTagsForResource" => format!("/tags/{}", self.arn(&of_profile)),
            _ => return None,
        })
    }

    /// Method, path and body of an operation that changes something.
    fn act(&self, operation: &str) -> (&'static str, String, Option<Value>) {
        let Self { owner, profile, version, job, revision, .. } = self;
        let of_profile = format!("/signing-profiles/{profile}");
        let permissions = format!("{of_profile}/permissions");
        let tags = format!("/tags/{}", self.arn(&of_profile));
        let (method, path, body) = match operation {
            "AddProfilePermission" => {
                let body = json!({
                    "action": "signer:GetSigningProfile", "principal": "999999999999", "statementId": "x",
                    "revisionId": revision,
                });
                ("POST", permissions, body)
            }
            "CancelSigningProfile" => return ("DELETE", of_profile, None),
            "PutSigningProfile" => ("PUT", format!("{of_profile}_too"), json!({"platformId": NOTATION})),
            "RemoveProfilePermission" => {
                return ("DELETE", format!("{permissions}/matrix?revisionId={revision}"), None);
            }
            "RevokeCertificate" => {
                let path = format!("/hallmark/certificates/{}/revoke", self.serial_number);
                ("PUT", path, json!({"reason": "matrix"}))
            }
            "RevokeSignature" => {
                let body = json!({"jobOwner": owner, "reason": "matrix"});
                ("PUT", format!("/signing-jobs/{job}/revoke"), body)
            }
            "RevokeSigningProfile" => {
                let body =
                    json!({"profileVersion": version, "reason": "matrix", "effectiveTime": 1_700_000_000});
                ("PUT", format!("{of_profile}/revoke"), body)
            }
            "SignBlob" => {
                let input = signing_input::jws(&"0".repeat(96), Clock::System.now());
                let body = signing_input::body(Some(owner), profile, &input);
                ("POST", "/hallmark/signing-jobs/with-signing-input".into(), body)
            }
            "SignPayload" => {
                let body = Client::signing_body(Some(owner), profile, &payload(&"0".repeat(64)));
                ("POST", "/signing-jobs/with-payload".into(), body)
            }
            "StartSigningJob" => {
                let body = json!({
                    "source": {"s3": {"bucketName": "in", "key": "f.zip", "version": "1"}},
                    "destination": {"s3": {"bucketName": "out"}},
                    "profileName": profile, "profileOwner": owner, "clientRequestToken": "matrix",
                });
                ("POST", "/signing-jobs".into(), body)
            }
            "TagResource" => ("POST", tags, json!({"tags": {"a": "b"}})),
            "UntagResource" => return ("DELETE", format!("{tags}?tagKeys=a"), None),
            unknown => unreachable!("{unknown}"),
        };
        (method, path, Some(body))
    }

    /// Asks for an operation on the subject.
    pub(crate) async fn attempt(&self, client: &Client, operation: &str) -> Reply {
        let (method, path, body) = self.request(operation);
        client.send(method, &path, body).await
    }

    /// The same; the answer octet for octet.
    pub(crate) async fn answer(&self, client: &Client, operation: &str) -> Answer {
        let (method, path, body) = self.request(operation);
        client.answer(method, &path, body).await
    }
}
