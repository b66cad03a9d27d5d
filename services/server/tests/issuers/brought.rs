//! Issuing CAs of others, brought with their keys.

use crate::commands::{CONFIGURATION, Certifying, Commands, GOOD};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

#[tokio::test]
async fn what_was_brought_is_used_or_refused_with_its_reason() {
    let commands = Commands::new("bring").await;
    commands.root("root", "rsa:3072", " -sha384");
    let listed = || commands.says("issuer list --config hallmark.toml");
    let before = listed();

    refused_certificates(&commands);
    refused_times(&commands);
    refused_chains(&commands);
    refused_keys(&commands);
    refused_places(&commands);
    assert_eq!(listed(), before, "nothing was taken in");

    commands.certify("good", "root", &GOOD);
    commands.chain(&["good", "root"]);
    let told = commands.says(&Commands::bring_words("good"));
    assert!(told.contains("CN=Issuing") && told.contains("issues for the account from now on"), "{told}");
    let after = listed();
    let lines: Vec<&str> = after.lines().collect();
    assert!(lines[0].contains("\tin-use\t") && lines[0].contains("CN=Issuing"), "{after}");
    assert!(lines[1].contains("\tformer\t") && lines[1].contains("CN=Hallmark Issuing CA G1"), "{after}");
    let said = commands.refuses(&Commands::bring_words("good"));
    assert!(said.contains("is on record already"), "{said}");
    let account =
        commands.says("account create second --config hallmark.toml").trim().replace("HALLMARK_ACCOUNT=", "");
    let said = commands.refuses(&format!("{} --account {account}", Commands::bring_words("good")));
    assert!(said.contains("verifiers who trust its certificate would accept both accounts"), "{said}");
    let said = commands.refuses("issuer list --config hallmark.toml");
    assert!(said.contains("there are 2 accounts: name one with --account"), "{said}");
    commands.end().await;
}

/// Certificates of which one part is not as an issuing CA's must be.
fn refused_certificates(commands: &Commands) {
    let certifying = |name: &str, with: Certifying<'_>| {
        commands.certify(name, "root", &with);
        commands.chain(&[name, "root"]);
        commands.refuses(&Commands::bring_words(name))
    };
    for (extensions, rule) in [
        ("leaf", "must have a critical keyUsage with cRLSign"),
        ("no_ca", "is no CA's: basicConstraints must be critical and say so"),
        ("mild_constraints", "is no CA's: basicConstraints must be critical and say so"),
        ("mild_usage", "must have a critical keyUsage with cRLSign"),
        ("no_lists", "must have a critical keyUsage with cRLSign"),
        ("no_certificates", "must have a critical keyUsage with keyCertSign"),
        ("other_purpose", "has an extendedKeyUsage without codeSigning"),
        ("not_understood", "has a critical extension that is not understood"),
    ] {
        let said = certifying(extensions, Certifying { extensions, ..GOOD });
        assert!(said.contains(rule), "{extensions}: {said}");
    }
    for (name, subject, rule) in [
        ("no_c", "/ST=Bayern/O=Company/CN=Issuing", "must have a subject with one C"),
        ("no_st", "/C=DE/O=Company/CN=Issuing", "must have a subject with one ST"),
        ("no_o", "/C=DE/ST=Bayern/CN=Issuing", "must have a subject with one O"),
        ("no_cn", "/C=DE/ST=Bayern/O=Company", "must have a subject with one CN"),
        ("twice", "/C=DE/ST=Bayern/O=Company/OU=a/OU=b/CN=Issuing", "has an attribute twice in its subject"),
        (
            "email",
            "/C=DE/ST=Bayern/O=Company/CN=Issuing/emailAddress=a@example.com",
            "some verifiers cannot name",
        ),
        ("pair", "/C=DE/ST=Bayern/O=Company+CN=Issuing", "an RDN that is not of one attribute"),
    ] {
        let said = certifying(name, Certifying { subject, ..GOOD });
        assert!(said.contains(rule), "{name}: {said}");
    }
    for (name, more, rule) in [
        ("sha1", "-days 1000 -sha1", "its signature is neither ECDSA nor RSA (PKCS #1) with SHA-2"),
        ("negative", "-days 1000 -set_serial -5", "the serial number is negative"),
    ] {
        let said = certifying(name, Certifying { more, ..GOOD });
        assert!(said.contains(rule), "{name}: {said}");
    }
    for (name, key) in [("p256", "ec -pkeyopt ec_paramgen_curve:prime256v1"), ("rsa", "rsa:3072")] {
        let said = certifying(name, Certifying { key, ..GOOD });
        assert!(said.contains("the private key was rejected"), "{name}: {said}");
        commands.certify("other", "root", &GOOD);
        let said = commands.refuses(&Commands::bring_words("other"));
        assert!(said.contains("must be of a key on P-384"), "{name}: {said}");
    }
}

/// Certificates out of their time.
fn refused_times(commands: &Commands) {
    for (name, dates, rule) in [
        ("expired", "-startdate 20200101000000Z -enddate 20210101000000Z", "expired at 2021-01-01"),
        ("unborn", "-startdate 29990101000000Z -enddate 30000101000000Z", "is not valid before 2999-01-01"),
    ] {
        commands.certify(name, "root", &GOOD);
        commands.write("index.txt", "");
        commands.write("serial.txt", "77\n");
        commands.openssl(&format!(
            "ca -batch -config configuration -name dated -cert root.pem -keyfile root.key -in {name}.csr -out {name}.pem \
             -extensions good -notext -preserveDN {dates}"
        ));
        commands.chain(&[name, "root"]);
        let said = commands.refuses(&Commands::bring_words(name));
        assert!(said.contains(rule), "{name}: {said}");
    }
}

/// Chains that are not in order, or do not lead to a root.
fn refused_chains(commands: &Commands) {
    commands.certify("good", "root", &GOOD);
    commands.certify("lower", "good", &Certifying { extensions: "deeper", ..GOOD });
    commands.root("double", "rsa:3072", " -sha384");
    commands.root("short", "rsa:1024", " -sha384");
    commands.certify("below_short", "short", &GOOD);
    // The root's key under a name that is written otherwise: the same letters, as PrintableStrings.
    commands.write("printable", CONFIGURATION.replace("utf8only", "pkix"));
    commands.openssl(
        "req -x509 -config printable -extensions root -key root.key -out printable.pem -days 3650 -sha384 \
         -subj /C=DE/ST=Bayern/O=Company/CN=Root -set_serial 7",
    );
    for (key, names, rule) in [
        ("good", &["good"][..], "must come with the certificates above it, up to its root"),
        ("good", &["root", "good"], "must be of a key on P-384"),
        ("good", &["good", "double"], "the issuer's key did not sign it"),
        ("good", &["good", "printable"], "the names are not the same, octet by octet"),
        ("good", &["good", "root", "root"], "is self-signed but does not stand last"),
        ("lower", &["lower", "good", "root"], "allows fewer issuers below it than there are"),
        ("below_short", &["below_short", "short"], "stands last but is not self-signed"),
    ] {
        commands.chain(names);
        let said = commands.refuses(&Commands::bring_words(key));
        assert!(said.contains(rule), "{names:?}: {said}");
    }
}

/// Keys that are not the certificate's, not readable, or not private.
fn refused_keys(commands: &Commands) {
    commands.certify("good", "root", &GOOD);
    commands.chain(&["good", "root"]);
    commands.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp384r1 -out stranger.key");
    commands.openssl("ec -in good.key -out old.key");
    commands.openssl("pkcs8 -topk8 -in good.key -out locked.key -passout pass:secret");
    commands.openssl("pkey -in good.key -out open.key");
    for key in ["stranger", "old", "locked"] {
        fs::set_permissions(commands.path(&format!("{key}.key")), fs::Permissions::from_mode(0o600)).unwrap();
    }
    fs::set_permissions(commands.path("open.key"), fs::Permissions::from_mode(0o644)).unwrap();
    for (key, rule) in [
        ("stranger", "the key is not the one in the certificate of \"CN=Issuing"),
        ("old", "its PEM is labelled as something else"),
        ("locked", "its PEM is labelled as something else"),
        ("open", "can be read by others: chmod 600 it"),
        ("none", "does not exist"),
    ] {
        let said = commands.refuses(&Commands::bring_words(key));
        assert!(said.contains(rule), "{key}: {said}");
    }
    commands.write("chain.pem", "nothing");
    let said = commands.refuses(&Commands::bring_words("good"));
    assert!(said.contains("the chain holds no certificate"), "{said}");
}

/// Accounts and profiles that are not there.
fn refused_places(commands: &Commands) {
    commands.certify("good", "root", &GOOD);
    commands.chain(&["good", "root"]);
    for (more, rule) in [
        ("--account 000000000001", "the account 000000000001 does not exist"),
        ("--profile release", "there is no profile release"),
    ] {
        let said = commands.refuses(&format!("{} {more}", Commands::bring_words("good")));
        assert!(said.contains(rule), "{more}: {said}");
    }
}
