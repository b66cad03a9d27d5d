//! What is verified or inspected: an envelope in a file, or the signatures of an artifact in an OCI layout.

use super::exit::{Exit, Failure};
use crate::layout::{Layout, LayoutError, StoredSignature};
use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use hallmark_notary::{Artifact, EnvelopeType, SignedEnvelope};
use std::fs;
use std::path::Path;

/// An envelope, and what it is called.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) envelope: SignedEnvelope,
}

/// The envelopes of a target, and the artifact where the target says which it is.
#[derive(Debug)]
pub(crate) struct Sources {
    pub(crate) artifact: Option<Artifact>,
    pub(crate) envelopes: Vec<Result<Source, (String, String)>>,
}

impl Sources {
    /// `FILE`, or `DIRECTORY`, `DIRECTORY:TAG` or `DIRECTORY@DIGEST` of an OCI layout.
    pub(crate) fn find(target: &str) -> Result<Self, Failure> {
        let path = Path::new(target);
        if path.is_file() {
            return Self::of_file(path, target);
        }
        let (directory, reference) = split(target);
        if !Layout::is_at(directory) {
            let sentence = format!("{target} is neither an envelope nor an OCI layout");
            let step =
                "name a file that holds a signature, or DIRECTORY:TAG of a layout (oras cp --to-oci-layout)";
            return Err(Failure::new(Exit::Usage, sentence).next(step));
        }
        Self::of_layout(directory, reference).map_err(|error| match error {
            LayoutError::Absent { .. } => Failure::new(Exit::No, error.to_string()),
            other => Failure::unusable(other),
        })
    }

    fn of_file(path: &Path, name: &str) -> Result<Self, Failure> {
        let octets = fs::read(path).map_err(|error| Failure::unusable(format!("{name}: {error}")))?;
        let is_json = octets.iter().find(|octet| !octet.is_ascii_whitespace()) == Some(&b'{');
        let envelope_type = if is_json { EnvelopeType::Jws } else { EnvelopeType::Cose };
        let envelope = SignedEnvelope::parse(&octets, envelope_type);
        let source = envelope.map(|envelope| Source { name: name.to_owned(), envelope });
        Ok(Self {
            artifact: None,
            envelopes: vec![source.map_err(|error| (name.to_owned(), error.to_string()))],
        })
    }

    fn of_layout(directory: &Path, reference: Option<&str>) -> Result<Self, LayoutError> {
        let layout = Layout::open(directory)?;
        let artifact = layout.artifact(reference)?;
        let stored = layout.signatures(artifact.digest())?;
        let artifact = Artifact {
            digest: artifact.digest().to_string(),
            media_type: Some(artifact.media_type().to_string()),
            size: Some(artifact.size()),
        };
        let read = |StoredSignature { digest, envelope_type, envelope }: StoredSignature| {
            match SignedEnvelope::parse(&envelope, envelope_type) {
                Ok(envelope) => Ok(Source { name: digest, envelope }),
                Err(error) => Err((digest, error.to_string())),
            }
        };
        Ok(Self { artifact: Some(artifact), envelopes: stored.into_iter().map(read).collect() })
    }
}

/// A directory and the tag or digest after it; a directory that is there keeps its colons.
fn split(target: &str) -> (&Path, Option<&str>) {
    if Path::new(target).is_dir() {
        return (Path::new(target), None);
    }
    let parts = target.split_once('@').or_else(|| target.rsplit_once(':'));
    parts.map_or((Path::new(target), None), |(directory, reference)| (Path::new(directory), Some(reference)))
}

/// The artifact that an envelope should be about: a digest as it stands, or a file, whose digest is computed with the
/// hash that the envelope names.
pub(crate) fn artifact(given: &str, envelope: &SignedEnvelope) -> Result<Artifact, Failure> {
    if let Ok(digest) = given.parse::<hallmark_api::digest::Digest>() {
        return Ok(Artifact { digest: digest.to_string(), media_type: None, size: None });
    }
    let octets = fs::read(given).map_err(|error| {
        Failure::unusable(format!("the artifact {given:?} is no digest and no file: {error}"))
    })?;
    let payload: serde_json::Value = serde_json::from_slice(envelope.payload()).map_err(Failure::unusable)?;
    let named = payload["targetArtifact"]["digest"].as_str().unwrap_or_default();
    let (name, algorithm) = match named.split(':').next() {
        Some("sha384") => ("sha384", &SHA384),
        Some("sha512") => ("sha512", &SHA512),
        _ => ("sha256", &SHA256),
    };
    let digest = format!("{name}:{}", hex::encode(digest(algorithm, &octets)));
    Ok(Artifact { digest, media_type: None, size: Some(octets.len() as u64) })
}
