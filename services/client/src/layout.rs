//! OCI layouts: artifacts in a directory, with their signatures (OCI image specification, `image-layout.md`; Notary
//! Project `signature-specification.md`, storage). Whatever is read is held against its digest.

use aws_lc_rs::digest::{Algorithm, Context, SHA256, SHA384, SHA512};
use hallmark_notary::EnvelopeType;
use oci_spec::image::{Descriptor, Digest, DigestAlgorithm, ImageIndex, ImageManifest, MediaType, OciLayout};
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// The type of signatures, of the manifest or, from notation 1, of its configuration.
const SIGNATURE: &str = "application/vnd.cncf.notary.signature";
/// The annotation under which an index names what it lists.
const REFERENCE: &str = "org.opencontainers.image.ref.name";
/// The most octets of an index, a manifest or an envelope (registries take manifests of 4 MiB).
const LONGEST: u64 = 4 * 1024 * 1024;
/// The most signatures of one artifact that are looked at, as notation does.
const MOST_SIGNATURES: usize = 100;

/// A directory that holds an OCI layout.
#[derive(Debug, Clone)]
pub struct Layout(PathBuf);

/// A signature that a layout holds.
#[derive(Debug, Clone)]
pub struct StoredSignature {
    /// The digest of its manifest, by which a registry knows it.
    pub digest: String,
    /// How it is written.
    pub envelope_type: EnvelopeType,
    /// The envelope.
    pub envelope: Vec<u8>,
}

/// Why a layout cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// A file is missing or cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{} {reason}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There is no such artifact.
    #[error("{} holds nothing that is called {reference:?}; it holds {there}", path.display())]
    Absent {
        /// The layout.
        path: PathBuf,
        /// What was asked for.
        reference: String,
        /// What could be asked for.
        there: String,
    },
    /// There are several artifacts.
    #[error("{} holds several artifacts; name one with :TAG or @DIGEST: {there}", path.display())]
    Ambiguous {
        /// The layout.
        path: PathBuf,
        /// What could be asked for.
        there: String,
    },
    /// There are more signatures than anyone makes.
    #[error("the artifact has more than {MOST_SIGNATURES} signatures")]
    TooMany,
}

impl Layout {
    /// Whether a directory says that it is a layout.
    pub fn is_at(path: &Path) -> bool {
        path.join("oci-layout").is_file()
    }

    /// Opens a layout of version 1.0.0.
    pub fn open(path: &Path) -> Result<Self, LayoutError> {
        let marker: OciLayout = read(&path.join("oci-layout"))?;
        if marker.image_layout_version() != "1.0.0" {
            let reason =
                format!("is of the version {:?}; only 1.0.0 is known", marker.image_layout_version());
            return Err(LayoutError::Content { path: path.join("oci-layout"), reason });
        }
        Ok(Self(path.to_owned()))
    }

    /// The artifact of a tag or digest; without either, the only one that there is.
    pub fn artifact(&self, reference: Option<&str>) -> Result<Descriptor, LayoutError> {
        let mut artifacts = Vec::new();
        for descriptor in self.index()?.manifests() {
            if self.signed(descriptor)?.is_none() && !is_referrers_index(descriptor) {
                artifacts.push(descriptor.clone());
            }
        }
        let there = || {
            let names = artifacts.iter().map(|one| name(one).unwrap_or(one.digest().as_ref()).to_owned());
            let names: Vec<String> = names.take(10).collect();
            if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
        };
        let path = self.0.clone();
        match reference {
            Some(wanted) => {
                let is_wanted =
                    |one: &&Descriptor| name(one) == Some(wanted) || one.digest().as_ref() == wanted;
                let found = artifacts.iter().find(is_wanted).cloned();
                let reference = wanted.to_owned();
                found.ok_or_else(|| LayoutError::Absent { path, reference, there: there() })
            }
            None => match artifacts.as_slice() {
                [only] => Ok(only.clone()),
                [] => Err(LayoutError::Absent { path, reference: "artifact".to_owned(), there: there() }),
                _ => Err(LayoutError::Ambiguous { path, there: there() }),
            },
        }
    }

    /// The signatures of an artifact, each once, in the order in which the index lists them.
    pub fn signatures(&self, artifact: &Digest) -> Result<Vec<StoredSignature>, LayoutError> {
        let mut listed = Vec::new();
        for descriptor in self.index()?.manifests() {
            if is_referrers_index(descriptor) {
                let referrers: ImageIndex = self.blob(descriptor)?;
                listed.extend(referrers.manifests().iter().cloned());
            } else {
                listed.push(descriptor.clone());
            }
        }
        let mut signatures: Vec<StoredSignature> = Vec::new();
        for descriptor in listed {
            let Some(manifest) = self.signed(&descriptor)? else { continue };
            let of_artifact = manifest.subject().as_ref().is_some_and(|subject| subject.digest() == artifact);
            let known = signatures.iter().any(|known| known.digest == descriptor.digest().as_ref());
            if !of_artifact || known {
                continue;
            }
            if signatures.len() == MOST_SIGNATURES {
                return Err(LayoutError::TooMany);
            }
            signatures.push(self.signature(&descriptor, &manifest)?);
        }
        Ok(signatures)
    }

    fn signature(
        &self,
        descriptor: &Descriptor,
        manifest: &ImageManifest,
    ) -> Result<StoredSignature, LayoutError> {
        let path = self.path(descriptor.digest());
        let wrong = |reason: String| LayoutError::Content { path: path.clone(), reason };
        let [layer] = manifest.layers().as_slice() else {
            return Err(wrong(format!(
                "is a signature of {} layers; it must be one",
                manifest.layers().len()
            )));
        };
        let envelope_type = layer.media_type().as_ref().parse().map_err(|_| {
            wrong(format!(
                "is a signature in an envelope of the unknown type {:?}",
                layer.media_type().as_ref()
            ))
        })?;
        let envelope = self.octets(layer)?;
        Ok(StoredSignature { digest: descriptor.digest().to_string(), envelope_type, envelope })
    }

    /// The manifest, if what an index lists is a signature.
    fn signed(&self, descriptor: &Descriptor) -> Result<Option<ImageManifest>, LayoutError> {
        if *descriptor.media_type() != MediaType::ImageManifest {
            return Ok(None);
        }
        let manifest: ImageManifest = self.blob(descriptor)?;
        let kind = manifest.artifact_type().as_ref().unwrap_or_else(|| manifest.config().media_type());
        Ok((kind.as_ref() == SIGNATURE).then_some(manifest))
    }

    fn index(&self) -> Result<ImageIndex, LayoutError> {
        read(&self.0.join("index.json"))
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.0.join("blobs").join(digest.algorithm().as_ref()).join(digest.digest())
    }

    fn blob<T: DeserializeOwned>(&self, descriptor: &Descriptor) -> Result<T, LayoutError> {
        parse(&self.path(descriptor.digest()), &self.octets(descriptor)?)
    }

    /// What a descriptor describes: exactly as many octets, of exactly that digest.
    fn octets(&self, descriptor: &Descriptor) -> Result<Vec<u8>, LayoutError> {
        let path = self.path(descriptor.digest());
        let octets = octets(&path)?;
        let wrong =
            |reason: &str| Err(LayoutError::Content { path: path.clone(), reason: reason.to_owned() });
        if octets.len() as u64 != descriptor.size() {
            return wrong("has not the size that it is listed with");
        }
        let algorithm: &'static Algorithm = match descriptor.digest().algorithm() {
            DigestAlgorithm::Sha256 => &SHA256,
            DigestAlgorithm::Sha384 => &SHA384,
            DigestAlgorithm::Sha512 => &SHA512,
            _ => return wrong("is listed with a digest of an unknown algorithm"),
        };
        let mut context = Context::new(algorithm);
        context.update(&octets);
        if hex::encode(context.finish()) != descriptor.digest().digest() {
            return wrong("has not the digest that it is listed with");
        }
        Ok(octets)
    }
}

/// An index under the tag that stands for the Referrers API (OCI distribution specification, referrers tag schema).
fn is_referrers_index(descriptor: &Descriptor) -> bool {
    *descriptor.media_type() == MediaType::ImageIndex
        && name(descriptor).is_some_and(|name| name.starts_with("sha256-") || name.starts_with("sha512-"))
}

fn name(descriptor: &Descriptor) -> Option<&str> {
    descriptor.annotations().as_ref()?.get(REFERENCE).map(String::as_str)
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, LayoutError> {
    parse(path, &octets(path)?)
}

fn octets(path: &Path) -> Result<Vec<u8>, LayoutError> {
    let mut octets = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut octets))
        .map_err(|source| LayoutError::File { path: path.to_owned(), source })?;
    if octets.len() as u64 > LONGEST {
        let reason = format!("is longer than {LONGEST} bytes");
        return Err(LayoutError::Content { path: path.to_owned(), reason });
    }
    Ok(octets)
}

fn parse<T: DeserializeOwned>(path: &Path, octets: &[u8]) -> Result<T, LayoutError> {
    serde_json::from_slice(octets).map_err(|error| LayoutError::Content {
        path: path.to_owned(),
        reason: format!("is not what it should be: {error}"),
    })
}
