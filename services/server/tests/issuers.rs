//! `hallmark root` and `hallmark issuer` on the command line, against a Postgres of their own, with OpenSSL for
//! everything that others make.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use hallmark_server::postgres::{Install, Options, Postgres, start};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const CONFIGURATION: &str = "
[req]
distinguished_name = name
string_mask = utf8only
[name]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[good]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[deeper]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
[no_ca]
basicConstraints = critical,CA:FALSE
keyUsage = critical,keyCertSign,cRLSign
[mild_constraints]
basicConstraints = CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[mild_usage]
basicConstraints = critical,CA:TRUE
keyUsage = keyCertSign,cRLSign
[no_lists]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[no_certificates]
basicConstraints = critical,CA:TRUE
keyUsage = critical,cRLSign
[other_purpose]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
extendedKeyUsage = serverAuth
[not_understood]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
1.2.3.4 = critical,DER:0500
[dated]
database = index.txt
serial = serial.txt
new_certs_dir = .
default_md = sha384
policy = any
unique_subject = no
[any]
countryName = optional
stateOrProvinceName = optional
organizationName = optional
commonName = optional
";

const P384: &str = "ec -pkeyopt ec_paramgen_curve:secp384r1";
const NAME: &str = "/C=DE/ST=Bayern/O=Company/CN=Issuing";

/// A deployment that is only ever worked on by commands, and a directory for their files.
struct Commands {
    postgres: Postgres,
    home: PathBuf,
}

impl Commands {
    async fn new(name: &str) -> Self {
        let home = std::env::temp_dir().join(format!("hallmark-{name}-{}", std::process::id()));
        fs::create_dir(&home).unwrap();
        fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
        let id = u64::from(std::process::id()) << 8 | u64::try_from(name.len()).unwrap();
        let options = Options {
            data_dir: home.join("data"),
            binaries: None,
            path: std::env::vars_os().find(|(name, _)| name == "PATH").map(|(_, path)| path),
            runtime_dir: None,
            install: Install::Never,
            new_cluster_id: id.to_be_bytes(),
        };
        let postgres = start(&options, &|_| {}).await.unwrap();
        let commands = Self { postgres, home };
        let url = commands.postgres.url();
        commands.write(
            "hallmark.toml",
            format!(
                "[database]\nurl = \"{url}\"\n[owner]\nurl = \"{url}\"\n[keys]\nkey_encryption_key_file = \"{}\"\n\
                 [pki]\nurl = \"http://pki.example\"\n",
                commands.path("kek").display()
            ),
        );
        commands.write("configuration", CONFIGURATION);
        commands.says("secret --key-encryption-key kek");
        commands.says("migrate --config hallmark.toml");
        commands.says(
            "init --config hallmark.toml --region us-east-1 --country US --state WA --organization Example \
             --keys-dir keys",
        );
        commands
    }

    fn path(&self, file: &str) -> PathBuf {
        self.home.join(file)
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(file), content).unwrap();
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    fn run(&self, program: impl AsRef<Path>, words: &str) -> Output {
        let mut command = Command::new(program.as_ref());
        command.args(words.split(' ')).current_dir(&self.home).env_remove("RUST_LOG").output().unwrap()
    }

    /// Runs `hallmark`, which must succeed; what it said.
    fn says(&self, words: &str) -> String {
        let output = self.run(env!("CARGO_BIN_EXE_hallmark"), words);
        assert!(output.status.success(), "{words}: {}", said(&output));
        said(&output)
    }

    /// Runs `hallmark`, which must fail; what it said.
    fn refuses(&self, words: &str) -> String {
        let output = self.run(env!("CARGO_BIN_EXE_hallmark"), words);
        assert!(!output.status.success(), "{words}: {}", said(&output));
        said(&output)
    }

    /// Runs OpenSSL, which must succeed; what it said.
    fn openssl(&self, words: &str) -> String {
        let output = self.run("openssl", words);
        assert!(output.status.success(), "openssl {words}: {}", said(&output));
        said(&output)
    }

    /// Makes a root.
    fn root(&self, name: &str, key: &str, more: &str) {
        self.openssl(&format!(
            "req -x509 -config configuration -extensions root -newkey {key} -nodes -keyout {name}.key \
             -out {name}.pem -subj /C=DE/ST=Bayern/O=Company/CN=Root -days 3650{more}"
        ));
    }

    /// Makes a key and has it certified below `parent`.
    fn certify(&self, name: &str, parent: &str, with: &Certifying<'_>) {
        let Certifying { subject, key, extensions, more } = with;
        self.openssl(&format!(
            "req -new -config configuration -newkey {key} -nodes -keyout {name}.key -out {name}.csr -subj {subject}"
        ));
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA {parent}.pem -CAkey {parent}.key -out {name}.pem -extfile configuration \
             -extensions {extensions} {more}"
        ));
    }

    /// Puts certificates into one file.
    fn chain(&self, names: &[&str]) {
        let pem: String = names.iter().map(|name| self.text(&format!("{name}.pem"))).collect();
        self.write("chain.pem", pem);
    }

    fn bring_words(key: &str) -> String {
        format!("issuer bring --config hallmark.toml --certificate chain.pem --key {key}.key")
    }

    async fn end(self) {
        let cluster = self.postgres.home().to_owned();
        self.postgres.stop().await.unwrap();
        fs::remove_dir_all(cluster).unwrap();
        let _ = fs::remove_dir_all(self.home);
    }
}

/// How OpenSSL certifies an issuing CA.
struct Certifying<'a> {
    subject: &'a str,
    key: &'a str,
    extensions: &'a str,
    more: &'a str,
}

const GOOD: Certifying<'static> =
    Certifying { subject: NAME, key: P384, extensions: "good", more: "-days 1000 -sha384" };

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

#[tokio::test]
async fn what_was_brought_is_used_or_refused_with_its_reason() {
    let commands = Commands::new("bring").await;
    commands.root("root", "rsa:3072", " -sha384");
    let listed = || commands.says("issuer list --config hallmark.toml");
    let before = listed();

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
    for (name, key) in [("p256", "ec -pkeyopt ec_paramgen_curve:prime256v1"), ("rsa", "rsa:3072")] {
        let said = certifying(name, Certifying { key, ..GOOD });
        assert!(said.contains("the private key was rejected"), "{name}: {said}");
        commands.certify("other", "root", &GOOD);
        let said = commands.refuses(&Commands::bring_words("other"));
        assert!(said.contains("must be of a key on P-384"), "{name}: {said}");
    }

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

impl Commands {
    /// The deployment's root, taken from the database as no command needs to.
    fn root_certificate(&self) -> Vec<u8> {
        let words = ["-X", "-A", "-t", "-c", "SELECT encode(certificate, 'hex') FROM trust_anchors"];
        let output = Command::new("psql").arg(self.postgres.url()).args(words).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        hex::decode(said(&output).trim()).unwrap()
    }
}
