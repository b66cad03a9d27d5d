//! Issuing CAs of one's own, made by OpenSSL: signatures carry their chain, and whoever trusts their root verifies it.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use hallmark_api::principal::Role;
use hallmark_pki::{Certificate, SigningKey};
use hallmark_server::clock::Clock;
use hallmark_server::issuing::intake;
use hallmark_tests::client::{Client, payload};
use hallmark_tests::deployment::{Deployment, Replica};
use hallmark_tests::moving::MovingTime;
use hallmark_tests::openssl::{Openssl, Signature};
use serde_json::json;
use time::Duration;

const CONFIGURATION: &str = "
[req]
distinguished_name = name
string_mask = utf8only
[name]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[upper]
basicConstraints = critical,CA:TRUE,pathlen:1
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[issuer]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = 0102030405
authorityKeyIdentifier = keyid
";

const P384: &str = "ec -pkeyopt ec_paramgen_curve:secp384r1";

/// A company with a root on RSA, a CA between on P-256, and issuing CAs below.
struct Company(Openssl);

impl Company {
    fn new() -> Self {
        let openssl = Openssl::new();
        openssl.write("configuration", CONFIGURATION);
        openssl.accepts(
            "req -x509 -config configuration -extensions root -newkey rsa:3072 -nodes -keyout root.key -out root.pem \
             -subj /C=DE/ST=Bayern/O=Company/CN=Root -days 3650",
        );
        let company = Self(openssl);
        company.certify("upper", "root", "ec -pkeyopt ec_paramgen_curve:prime256v1", 3000);
        company
    }

    fn certify(&self, name: &str, parent: &str, key: &str, days: u32) {
        self.0.accepts(&format!(
            "req -new -config configuration -newkey {key} -nodes -keyout {name}.key -out {name}.csr \
             -subj /C=DE/ST=Bayern/L=Hof/O=Company/OU=Releases/CN={name}"
        ));
        let extensions = if name == "upper" { "upper" } else { "issuer" };
        self.0.accepts(&format!(
            "x509 -req -in {name}.csr -CA {parent}.pem -CAkey {parent}.key -out {name}.pem -days {days} -sha384 \
             -extfile configuration -extensions {extensions}"
        ));
    }

    /// An issuing CA's chain and key.
    fn issuer(&self, name: &str, days: u32) -> (Vec<Certificate>, SigningKey) {
        self.certify(name, "upper", P384, days);
        let chain = [name, "upper", "root"].map(|one| self.0.text(&format!("{one}.pem"))).concat();
        let key = SigningKey::from_pem(&self.0.text(&format!("{name}.key"))).expect("a key");
        (Certificate::all_from_pem(&chain).expect("certificates"), key)
    }
}

async fn sign(signer: &Client, profile: &str) -> Signature {
    let reply = signer.sign_payload(profile, &payload(&"0".repeat(64))).await;
    assert!(reply.is_ok(), "{reply:?}");
    Signature::read(&reply.body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signatures_carry_the_chain_that_was_brought() {
    let deployment = Deployment::start().await;
    let (replica, other) = (deployment.replica().await, deployment.replica().await);
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    let signer = deployment.client(&replica, Role::Signer).await;
    let (store, company) = (deployment.store().await, Company::new());
    let (account, chance) = (&deployment.account, deployment.chance());
    admin.put_profile("shared", json!({})).await;
    admin.put_profile("single", json!({"verificationPlugin": "none"})).await;
    admin.put_profile("own", json!({"verificationPlugin": "none", "issuer": "profile"})).await;
    // What each replica keeps in memory of before is not used any more.
    for (name, replica) in
        ["shared", "single", "own"].iter().flat_map(|name| [(name, &other), (name, &replica)])
    {
        sign(&signer.at(replica.api), name).await;
    }

    for (name, profile, users) in
        [("first", None, &["shared", "single"][..]), ("second", Some("own"), &["own"])]
    {
        let profile = profile.map(|name: &str| name.parse().expect("a profile's name"));
        let (chain, key) = company.issuer(name, 1000);
        let now = Clock::System.now();
        let own_key = || SigningKey::from_pkcs8(&key.to_pkcs8().expect("PKCS #8")).expect("a key");
        let taken = intake::bring(&store, chance, (account, profile.as_ref()), &chain, own_key(), now).await;
        let taken = taken.expect("brought");
        assert_eq!(taken.id.account(), Some(account.number()), "its id leads to the account");
        assert_eq!(taken.superseded_from, None);
        for (user, replica) in users.iter().flat_map(|user| [(user, &other), (user, &replica)]) {
            let signature = sign(&signer.at(replica.api), user).await;
            assert_eq!(signature.chain[1..], chain);
            company.0.verifies(&signature, &chain[2].to_pem(), Clock::System.now());
            let subject = signature.leaf().subject().expect("a subject");
            assert_eq!((subject.organization.as_str(), subject.common_name.as_str()), ("Company", *user));
            assert_eq!(subject.organizational_unit.as_deref(), Some(account.as_str()));
        }
        let (status, pem) = Replica::get(replica.pki, &format!("/chain/{}.pem", taken.id)).await;
        assert_eq!((status, Certificate::all_from_pem(&pem).expect("certificates")), (200, chain.clone()));

        let again = intake::bring(&store, chance, (account, profile.as_ref()), &chain, own_key(), now).await;
        let said = again.expect_err("it is there").to_string();
        assert!(said.contains("is on record already"), "{said}");
        let stranger =
            deployment.another_account(210_987_654_321 + u64::try_from(users.len()).expect("few")).await;
        let refused = intake::bring(&store, chance, (&stranger, None), &chain, own_key(), now).await;
        let said = refused.expect_err("it is another account's").to_string();
        assert!(said.contains(&format!("issues for the account {account}")), "{said}");
    }
    let listed = admin.send("GET", "/hallmark/issuers", None).await.body;
    assert_eq!(listed["issuers"].as_array().expect("a list").len(), 4);
    store.close().await;
    other.end().await;
    replica.end().await;
    deployment.stop().await;
}

/// None of ours follows one that was brought while that one stands: its verifiers trust another root. Readiness says in
/// time that the next has to be brought.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_is_to_be_brought_too() {
    let time = MovingTime::new();
    let deployment = Deployment::start_in(&time).await;
    let replica = deployment.replica().await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    let signer = deployment.client(&replica, Role::Signer).await;
    let (store, company) = (deployment.store().await, Company::new());
    admin.put_profile("shared", json!({})).await;
    let bring = async |name: &str, days: u32| {
        let (chain, key) = company.issuer(name, days);
        let of = (&deployment.account, None);
        intake::bring(&store, deployment.chance(), of, &chain, key, time.now()).await.expect("brought");
        chain
    };
    let first = bring("first", 400).await;
    for days in [300, 369] {
        time.move_to(Duration::days(days));
        replica.service().look_after().await.expect("a round");
        assert_eq!(sign(&signer, "shared").await.chain[1..], first);
    }
    assert_eq!(Replica::get(replica.ops, "/readyz").await.0, 200);
    time.move_to(Duration::days(371));
    let (status, said) = Replica::get(replica.ops, "/readyz").await;
    assert_eq!(status, 503);
    assert!(said.contains("issuing certificate is about to lapse"), "{said}");

    // The second outlasts the account's own, and none is made when it has less than a year to go.
    let second = bring("second", 2200).await;
    for days in [372, 390, 1900, 2030, 2169] {
        time.move_to(Duration::days(days));
        replica.service().look_after().await.expect("a round");
        assert_eq!(Replica::get(replica.ops, "/readyz").await.0, 200, "{days}");
        assert_eq!(sign(&signer, "shared").await.issuer(), &second[0], "{days}");
    }
    time.move_to(Duration::days(2171));
    assert_eq!(Replica::get(replica.ops, "/readyz").await.0, 503);
    store.close().await;
    replica.end().await;
    deployment.stop().await;
}
