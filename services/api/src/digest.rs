//! Digests of what is signed.

use crate::newtype::{Text, string_newtype};

string_newtype! {
    /// A digest as OCI writes it (image-spec `descriptor.md`, "Digests"): the algorithm, a colon, and the digest in
    /// lower-case hexadecimal digits.
    Digest,
    Text::new(
        "a digest: 'sha256:', 'sha384:' or 'sha512:' and 64, 96 or 128 hexadecimal digits in lower case",
        71..=135,
        Some("(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})"),
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_have_one_spelling() {
        for (algorithm, digits) in [("sha256", 64), ("sha384", 96), ("sha512", 128)] {
            let hex = "0f".repeat(digits / 2);
            let right = format!("{algorithm}:{hex}");
            assert_eq!(right.parse::<Digest>().unwrap().as_str(), right);
            for wrong in [
                hex.clone(),
                right.to_uppercase(),
                format!("{algorithm}:{}", hex.to_uppercase()),
                format!("{right}0"),
                format!("{right}\n"),
                format!(" {right}"),
                format!("{algorithm}:{}", &hex[1..]),
                format!("{algorithm}:{}g", &hex[1..]),
                format!("{algorithm}-{hex}"),
                format!("md5:{hex}"),
                format!("{algorithm}:"),
            ] {
                assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
            }
        }
        assert!(format!("sha256:{}", "0".repeat(96)).parse::<Digest>().is_err());
    }
}
