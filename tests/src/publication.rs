//! What is published about certificates: two replicas behind one public URL, and signatures whose certificates are asked
//! about.

use crate::client::{Client, payload};
use crate::deployment::{Deployment, Replica};
use crate::ocsp::{Hash, cert_id};
use crate::public::Public;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallmark_api::principal::Role;
use hallmark_pki::{Certificate, Crl, SerialNumber};
use hallmark_server::clock::Clock;
use hallmark_server::publish::PublicTsa;
use hallmark_server::service::Settings;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;

/// Where the replicas say that they publish. Nobody looks there: tests ask each replica by itself.
pub const PUBLIC_URL: &str = "http://pki.test";

/// Two replicas, and a profile `single` whose signatures have a certificate each.
pub struct Published {
    /// The deployment.
    pub deployment: Deployment,
    /// The replicas.
    pub replicas: [Replica; 2],
    /// A stranger at each of them.
    pub public: [Public; 2],
    /// Who may revoke.
    pub admin: Client,
    /// Who may sign.
    pub signer: Client,
}

/// A signature.
pub struct Signed {
    /// Its job.
    pub job: String,
    /// The chain that vouches for it: leaf, issuing CA, root.
    pub chain: Vec<Certificate>,
}

impl Signed {
    /// The serial number of the leaf.
    pub fn serial_number(&self) -> &SerialNumber {
        self.chain[0].serial_number()
    }

    /// The issuing CA.
    pub fn issuer(&self) -> &Certificate {
        &self.chain[1]
    }

    /// What OCSP calls the leaf.
    pub fn named(&self, hash: Hash) -> Vec<u8> {
        cert_id(hash, self.issuer(), self.serial_number())
    }

    /// The CRL that the leaf names, while there is one shard.
    pub fn crl_path(&self) -> String {
        format!("/crl/{}/0.crl", self.issuer().serial_number())
    }
}

impl Published {
    /// Starts both replicas, which stamp the time for anybody.
    pub async fn start() -> Self {
        let deployment = Deployment::start().await;
        let replica = async || deployment.replica_with(settings, Arc::new(Clock::System)).await;
        let replicas = [replica().await, replica().await];
        let public = [Public::at(replicas[0].pki), Public::at(replicas[1].pki)];
        let admin = deployment.client(&replicas[0], Role::SecurityAdmin).await;
        let signer = deployment.client(&replicas[0], Role::Signer).await;
        admin.put_profile("single", json!({"verificationPlugin": "none"})).await;
        Self { deployment, replicas, public, admin, signer }
    }

    /// Ends them.
    pub async fn end(self) {
        for replica in self.replicas {
            replica.end().await;
        }
        self.deployment.stop().await;
    }

    /// Has something signed.
    pub async fn sign(&self, profile: &str) -> Signed {
        let reply = self.signer.sign_payload(profile, &payload(&"0".repeat(64))).await;
        assert!(reply.is_ok(), "{reply:?}");
        let octets = |text: &Value| STANDARD.decode(text.as_str().expect("text")).expect("base64");
        let envelope: Value = serde_json::from_slice(&octets(&reply.body["signature"])).expect("a JWS");
        let chain = envelope["header"]["x5c"].as_array().expect("a chain").iter();
        let chain = chain.map(|one| Certificate::from_der(&octets(one)).expect("a certificate")).collect();
        Signed { job: reply.body["jobId"].as_str().expect("a job").to_owned(), chain }
    }

    /// Revokes a signature at one of the replicas: its certificate in even rounds, its job in odd ones.
    pub async fn revoke(&self, signed: &Signed, round: usize, replica: &Replica) {
        let (path, body) = if round.is_multiple_of(2) {
            let path = format!("/hallmark/certificates/{}/revoke", signed.serial_number());
            (path, json!({"reason": "test", "reasonCode": "KeyCompromise"}))
        } else {
            (format!("/signing-jobs/{}/revoke", signed.job), json!({"reason": "test"}))
        };
        let reply = self.admin.at(replica.api).send("PUT", &path, Some(body)).await;
        assert!(reply.is_ok(), "{reply:?}");
    }
}

/// The settings of a replica that publishes at [`PUBLIC_URL`] and stamps the time for anybody, wherever it listens.
pub fn settings(_: SocketAddr) -> Settings {
    Settings { public_tsa: PublicTsa::On, ..Settings::new(PUBLIC_URL).expect("a URL") }
}

/// The CRL at a path.
pub async fn list(public: &Public, path: &str) -> Crl {
    let answer = public.get(path).await;
    assert_eq!((answer.status, answer.media_type.as_str()), (200, "application/pkix-crl"));
    Crl::from_der(&answer.body).expect("a CRL")
}

/// Whether a CRL lists a certificate.
pub fn lists(crl: &Crl, serial_number: &SerialNumber) -> bool {
    crl.entries().iter().any(|entry| entry.serial_number == *serial_number)
}
