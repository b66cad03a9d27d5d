//! A deployment that commands are run on, and OpenSSL beside it.

use hallmark_server::chance::Chance;
use hallmark_server::postgres::{Install, Options, Postgres, start};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

pub(crate) const CONFIGURATION: &str = "
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

pub(crate) const P384: &str = "ec -pkeyopt ec_paramgen_curve:secp384r1";
pub(crate) const NAME: &str = "/C=DE/ST=Bayern/O=Company/CN=Issuing";

/// A deployment that is only ever worked on by commands, and a directory for their files.
pub(crate) struct Commands {
    postgres: Postgres,
    home: TempDir,
}

impl Commands {
    pub(crate) async fn new(name: &str) -> Self {
        let home = tempfile::Builder::new().prefix(&format!("hallmark-{name}-")).tempdir().unwrap();
        let options = Options {
            data_dir: home.path().join("data"),
            binaries: None,
            path: std::env::vars_os().find(|(name, _)| name == "PATH").map(|(_, path)| path),
            runtime_dir: None,
            install: Install::Never,
            new_cluster_id: Chance::default().octets().unwrap(),
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

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.home.path().join(file)
    }

    pub(crate) fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(file), content).unwrap();
    }

    pub(crate) fn text(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    pub(crate) fn run(&self, program: impl AsRef<Path>, words: &str) -> Output {
        let mut command = Command::new(program.as_ref());
        command.args(words.split(' ')).current_dir(&self.home).env_remove("RUST_LOG").output().unwrap()
    }

    /// Runs `hallmark`, which must succeed; what it said.
    pub(crate) fn says(&self, words: &str) -> String {
        let output = self.run(env!("CARGO_BIN_EXE_hallmark"), words);
        assert!(output.status.success(), "{words}: {}", said(&output));
        said(&output)
    }

    /// Runs `hallmark`, which must fail; what it said.
    pub(crate) fn refuses(&self, words: &str) -> String {
        let output = self.run(env!("CARGO_BIN_EXE_hallmark"), words);
        assert!(!output.status.success(), "{words}: {}", said(&output));
        said(&output)
    }

    /// Runs OpenSSL, which must succeed; what it said.
    pub(crate) fn openssl(&self, words: &str) -> String {
        let output = self.run("openssl", words);
        assert!(output.status.success(), "openssl {words}: {}", said(&output));
        said(&output)
    }

    /// Makes a root.
    pub(crate) fn root(&self, name: &str, key: &str, more: &str) {
        self.openssl(&format!(
            "req -x509 -config configuration -extensions root -newkey {key} -nodes -keyout {name}.key \
             -out {name}.pem -subj /C=DE/ST=Bayern/O=Company/CN=Root -days 3650{more}"
        ));
    }

    /// Makes a key and has it certified below `parent`.
    pub(crate) fn certify(&self, name: &str, parent: &str, with: &Certifying<'_>) {
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
    pub(crate) fn chain(&self, names: &[&str]) {
        let pem: String = names.iter().map(|name| self.text(&format!("{name}.pem"))).collect();
        self.write("chain.pem", pem);
    }

    pub(crate) fn bring_words(key: &str) -> String {
        format!("issuer bring --config hallmark.toml --certificate chain.pem --key {key}.key")
    }

    /// The deployment's root, taken from the database as no command needs to.
    pub(crate) fn root_certificate(&self) -> Vec<u8> {
        let words = ["-X", "-A", "-t", "-c", "SELECT encode(certificate, 'hex') FROM trust_anchors"];
        let output = Command::new("psql").arg(self.postgres.url()).args(words).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        hex::decode(said(&output).trim()).unwrap()
    }

    pub(crate) async fn end(self) {
        let cluster = self.postgres.home().to_owned();
        self.postgres.stop().await.unwrap();
        fs::remove_dir_all(cluster).unwrap();
    }
}

/// How OpenSSL certifies an issuing CA.
pub(crate) struct Certifying<'a> {
    pub(crate) subject: &'a str,
    pub(crate) key: &'a str,
    pub(crate) extensions: &'a str,
    pub(crate) more: &'a str,
}

pub(crate) const GOOD: Certifying<'static> =
    Certifying { subject: NAME, key: P384, extensions: "good", more: "-days 1000 -sha384" };

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}
