//! Paths and signatures of OpenSSL's, of every kind of key.

mod support;

use hallmark_pki::{Certificate, CertificationPath, PkiError, SigningAlgorithm};
use support::Folder;

const MESSAGE: &[u8] = b"a signing input";
const P256: &str = "ec -pkeyopt ec_paramgen_curve:prime256v1";

/// A leaf with a key of one kind, below a root with a key of another.
struct Signer {
    folder: Folder,
    chain: Vec<Result<Certificate, PkiError>>,
}

impl Signer {
    fn new(name: &str, leaf: &str, root: &str, digest: &str) -> Self {
        let folder = Folder::new(&format!("path-{name}"));
        folder.write("message", MESSAGE);
        let ca = "-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign";
        let subject = "-nodes -days 30 -subj /C=DE/ST=Bayern/O=Company/CN";
        folder.openssl(&format!(
            "req -x509 -newkey {root} -keyout root.key -out root.pem {ca} {digest} {subject}=Root"
        ));
        let usage = "-addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature";
        let purpose = "-addext extendedKeyUsage=codeSigning -CA root.pem -CAkey root.key";
        folder.openssl(&format!(
            "req -x509 -newkey {leaf} -keyout leaf.key -out leaf.pem {usage} {purpose} {digest} {subject}=leaf"
        ));
        let chain = ["leaf.pem", "root.pem"].map(|file| Certificate::from_pem(&folder.text(file)));
        Self { folder, chain: chain.to_vec() }
    }

    fn path(&self) -> Result<CertificationPath, PkiError> {
        CertificationPath::new(self.chain.iter().cloned().collect::<Result<_, _>>()?)
    }

    /// A signature of the message, as OpenSSL writes it.
    fn sign(&self, options: &str) -> Vec<u8> {
        self.folder.openssl(&format!("dgst {options} -sign leaf.key -out signature message"));
        self.folder.read("signature")
    }
}

/// An ECDSA signature in DER as r‖s, each of so many octets.
fn fixed(der: &[u8], width: usize) -> Vec<u8> {
    let mut rest = if der[1] == 0x81 { &der[3..] } else { &der[2..] };
    let mut number = || {
        let (integer, after) = rest[2..].split_at(usize::from(rest[1]));
        rest = after;
        let digits = integer.strip_prefix(&[0]).unwrap_or(integer);
        [vec![0; width - digits.len()], digits.to_vec()].concat()
    };
    [number(), number()].concat()
}

#[test]
fn signatures_of_every_key_on_a_curve_verify() {
    for (name, curve, digest, algorithm) in [
        ("p256", "prime256v1", "-sha256", SigningAlgorithm::Es256),
        ("p384", "secp384r1", "-sha384", SigningAlgorithm::Es384),
        ("p521", "secp521r1", "-sha512", SigningAlgorithm::Es512),
    ] {
        let signer = Signer::new(name, &format!("ec -pkeyopt ec_paramgen_curve:{curve}"), P256, "-sha256");
        let key = signer.path().unwrap().leaf().public_key().clone();
        assert_eq!(key.signing_algorithm(), Ok(algorithm));
        let width = algorithm.signature_length() / 2;
        let der = signer.sign(digest);
        let signature = fixed(&der, width);
        key.verify_signed(algorithm, MESSAGE, &signature).unwrap();
        for refused in [
            key.verify_signed(algorithm, b"another", &signature),
            key.verify_signed(algorithm, MESSAGE, &der),
            key.verify_signed(algorithm, MESSAGE, &fixed(&signer.sign("-sha224"), width)),
        ] {
            assert_eq!(refused, Err(PkiError::SignatureInvalid), "{name}");
        }
        for named in SigningAlgorithm::ALL.into_iter().filter(|named| *named != algorithm) {
            let refused = key.verify_signed(named, MESSAGE, &signature);
            assert_eq!(refused, Err(PkiError::AlgorithmNotOfKey { key: algorithm, named }));
        }
    }
}

#[test]
fn signatures_of_every_rsa_key_verify() {
    for (bits, digest, algorithm) in [
        (2048, "-sha256", SigningAlgorithm::Ps256),
        (3072, "-sha384", SigningAlgorithm::Ps384),
        (4096, "-sha512", SigningAlgorithm::Ps512),
    ] {
        let signer = Signer::new(&format!("rsa-{bits}"), &format!("rsa:{bits}"), "rsa:2048", "-sha256");
        let key = signer.path().unwrap().leaf().public_key().clone();
        let pss = format!("{digest} -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen");
        let signature = signer.sign(&format!("{pss}:digest"));
        assert_eq!(signature.len(), algorithm.signature_length());
        key.verify_signed(algorithm, MESSAGE, &signature).unwrap();
        for refused in [
            key.verify_signed(algorithm, b"another", &signature),
            key.verify_signed(algorithm, MESSAGE, &signer.sign(&format!("{pss}:20"))),
            key.verify_signed(algorithm, MESSAGE, &signer.sign(digest)),
        ] {
            assert_eq!(refused, Err(PkiError::SignatureInvalid), "{bits}");
        }
        assert!(matches!(
            key.verify_signed(SigningAlgorithm::Es384, MESSAGE, &signature),
            Err(PkiError::AlgorithmNotOfKey { .. })
        ));
    }
}

#[test]
fn what_is_not_supported_is_said() {
    let curve = "ec -pkeyopt ec_paramgen_curve:secp256k1";
    for (name, leaf, root, digest, expected) in [
        ("rsa-2560", "rsa:2560", P256, "-sha256", "keys of RSA of 2560 bits sign no envelopes"),
        ("rsa-1024", "rsa:1024", P256, "-sha256", "keys of RSA of 1024 bits are not supported"),
        ("root-rsa-1024", P256, "rsa:1024", "-sha256", "keys of RSA of 1024 bits are not supported"),
        ("k256", curve, P256, "-sha256", "keys of the curve 1.3.132.0.10 are not supported"),
        ("ed25519", "ed25519", P256, "-sha256", "keys of the algorithm 1.3.101.112 are not supported"),
        ("sha1", P256, "rsa:2048", "-sha1", "bears a signature that is not supported"),
        ("sha224", P256, P256, "-sha224", "bears a signature that is not supported"),
    ] {
        let refused = Signer::new(name, leaf, root, digest).path().unwrap_err().to_string();
        assert!(refused.contains(expected), "{name}: {refused}");
    }
}
