//! OpenSSL in a directory of a test's own, and what envelopes hand to it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallmark_pki::Certificate;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;
use time::OffsetDateTime;

/// A directory in which OpenSSL works.
pub struct Openssl(TempDir);

impl Openssl {
    /// An empty directory.
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    /// The path of a file in it.
    pub fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file.
    pub fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(file), content).expect("a file");
    }

    /// Reads a file.
    pub fn text(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).expect("a file of text")
    }

    /// Reads a file.
    pub fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.path(file)).expect("readable")
    }

    /// Runs OpenSSL; what it said when it succeeds, and when it fails.
    pub fn verdict(&self, arguments: &str) -> Result<String, String> {
        let output = self.run(arguments);
        if output.status.success() { Ok(said(&output)) } else { Err(said(&output)) }
    }

    /// Runs OpenSSL; arguments are separated by single spaces.
    pub fn run(&self, arguments: &str) -> Output {
        Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(self.directory())
            .output()
            .expect("openssl is installed")
    }

    /// Runs OpenSSL, which must succeed; what it said.
    pub fn accepts(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "openssl {arguments}: {}", said(&output));
        said(&output)
    }

    /// Runs OpenSSL, which must fail; what it said.
    pub fn refuses(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "openssl {arguments}: {}", said(&output));
        said(&output)
    }

    /// Has OpenSSL verify the chain of an envelope below a root at a time.
    pub fn verifies(&self, envelope: &Signature, root: &str, time: OffsetDateTime) {
        self.write("trusted.pem", root);
        self.write("leaf.pem", envelope.chain[0].to_pem());
        let between: String = envelope.chain[1..].iter().map(Certificate::to_pem).collect();
        self.write("between.pem", between);
        let time = time.unix_timestamp();
        self.accepts(&format!(
            "verify -x509_strict -attime {time} -CAfile trusted.pem -untrusted between.pem leaf.pem"
        ));
    }
}

impl Default for Openssl {
    fn default() -> Self {
        Self::new()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

/// A signature as a JWS envelope holds it.
#[derive(Debug, Clone)]
pub struct Signature {
    /// Its chain, leaf first.
    pub chain: Vec<Certificate>,
    /// The timestamp token, in DER; none where the scheme has none.
    pub token: Option<Vec<u8>>,
}

impl Signature {
    /// Reads the answer to `SignPayload`, and verifies that the leaf's key signed it.
    pub fn read(answer: &Value) -> Self {
        let envelope = STANDARD.decode(answer["signature"].as_str().expect("a signature")).expect("base64");
        let envelope: Value = serde_json::from_slice(&envelope).expect("a JWS in JSON");
        let text = |member: &Value| member.as_str().expect("text").to_owned();
        let chain = envelope["header"]["x5c"].as_array().expect("a chain").iter();
        let chain: Vec<Certificate> = chain
            .map(|der| {
                Certificate::from_der(&STANDARD.decode(text(der)).expect("base64")).expect("a certificate")
            })
            .collect();
        let signed = format!("{}.{}", text(&envelope["protected"]), text(&envelope["payload"]));
        let signature = URL_SAFE_NO_PAD.decode(text(&envelope["signature"])).expect("base64");
        chain[0].verify_fixed(signed.as_bytes(), &signature).expect("the leaf's signature");
        let token = envelope["header"]["io.cncf.notary.timestampSignature"].as_str();
        let token = token.map(|token| STANDARD.decode(token).expect("base64"));
        Self { chain, token }
    }

    /// The leaf.
    pub fn leaf(&self) -> &Certificate {
        &self.chain[0]
    }

    /// The issuing CA.
    pub fn issuer(&self) -> &Certificate {
        &self.chain[1]
    }

    /// The root.
    pub fn root(&self) -> &Certificate {
        self.chain.last().expect("a chain")
    }
}
