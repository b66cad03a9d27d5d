//! A root whose key is offline.

use crate::commands::{Commands, NAME, P384};

#[tokio::test]
async fn a_root_that_is_offline_certifies_from_a_file() {
    let commands = Commands::new("offline").await;
    let said = commands.refuses("root crl --config hallmark.toml --key-file root.key");
    assert!(said.contains("`hallmark root export` takes it offline"), "{said}");
    let told = commands.says("root export --config hallmark.toml --key-file root.key");
    assert!(told.contains("Signed 53 weekly CRLs") && told.contains("Next:"), "{told}");
    let said = commands.refuses("root export --config hallmark.toml --key-file again.key");
    assert!(said.contains("the root's key is offline already"), "{said}");
    assert!(commands.says("check --config hallmark.toml").contains("ok      root CRLs"));
    let told = commands.says("root crl --config hallmark.toml --key-file root.key");
    assert!(told.contains("revoked issuing CAs in them: 0"), "{told}");
    commands.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp384r1 -out stranger.key");
    let said = commands.refuses("root crl --config hallmark.toml --key-file stranger.key");
    assert!(said.contains("the key is not the one in the certificate of \"CN=Hallmark Root CA"), "{said}");

    let account = commands.says("account list --config hallmark.toml").split('\t').next().unwrap().to_owned();
    commands.says("issuer request --config hallmark.toml --out next.csr");
    assert!(
        commands.refuses("issuer request --config hallmark.toml --out next.csr").contains("never replaced")
    );
    assert!(commands.openssl("req -in next.csr -verify -noout -subject").contains(&account));

    // Where there is neither settings nor a database.
    let chain = commands.says("issuer list --config hallmark.toml --output json");
    assert!(chain.contains("\"requests\": [\n    \"CN=Hallmark Issuing CA G2"), "{chain}");
    commands.write("root.der", commands.root_certificate());
    commands.openssl("x509 -inform DER -in root.der -out root.pem");
    let certify = |more: &str| {
        format!("root certify --root root.pem --pki-url http://pki.example --key-file root.key {more}")
    };
    for (words, rule) in [
        (certify("--in next.csr --out next.pem --account 000000000001"), "the request is of the account"),
        (certify("--in root.pem --out next.pem"), "labelled as something else"),
        (
            "root certify --root root.pem --key-file root.key --in next.csr --out next.pem".to_owned(),
            "--pki-url",
        ),
    ] {
        let said = commands.refuses(&words);
        assert!(said.contains(rule), "{words}: {said}");
    }
    commands.openssl(&format!(
        "req -new -config configuration -newkey {P384} -nodes -keyout foreign.key -out foreign.csr -subj {NAME}"
    ));
    let said = commands.refuses(&certify("--in foreign.csr --out foreign.pem"));
    assert!(said.contains("is not one of `hallmark issuer request`"), "{said}");
    let told = commands.says(&certify("--in next.csr --out next.pem"));
    assert!(told.contains("Certified \"CN=Hallmark Issuing CA G2"), "{told}");
    assert!(commands.refuses(&certify("--in next.csr --out next.pem")).contains("never replaced"));
    commands.openssl("verify -x509_strict -CAfile root.pem next.pem");
    let text = commands.openssl("x509 -in next.pem -noout -text");
    for expected in
        ["CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign", "URI:http://pki.example/crl/", &account]
    {
        assert!(text.contains(expected), "{expected} in {text}");
    }

    let told = commands.says("issuer install --config hallmark.toml next.pem");
    assert!(told.contains("issues for the account from 20"), "{told}");
    let listed = commands.says("issuer list --config hallmark.toml");
    assert!(listed.lines().next().unwrap().contains("\tnext\t"), "{listed}");
    assert!(
        commands.refuses("issuer install --config hallmark.toml next.pem").contains("no key of the account")
    );

    // Another, used at once.
    commands.says("issuer request --config hallmark.toml --out third.csr");
    commands.says("root certify --config hallmark.toml --key-file root.key --in third.csr --out third.pem");
    let told = commands.says("issuer install --config hallmark.toml third.pem --use-now");
    assert!(told.contains("from now on") && told.contains("will take its place on"), "{told}");
    let listed = commands.says("issuer list --config hallmark.toml");
    let first = listed.lines().next().unwrap();
    assert!(first.contains("\tin-use\t") && first.contains("G3"), "{listed}");

    // An account of later has none until it is given one.
    let account = commands.says("account create second --config hallmark.toml");
    assert!(account.contains("the root's key is offline"), "{account}");
    commands.end().await;
}
