//! notation's directory: `trustpolicy.json`, `truststore/x509/TYPE/NAME/` and `plugins/NAME/`.

use super::{Fingerprint, PolicyError, Statement, TrustPolicy};
use hallmark_pki::Certificate;
use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The names of policy files: notation 1 reads the second; notation 2 the first, and the second where that is absent.
const POLICIES: [&str; 2] = ["trustpolicy.oci.json", "trustpolicy.json"];

/// A directory that notation reads.
#[derive(Debug, Clone)]
pub struct Directory(PathBuf);

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It holds what it held.
    Kept(PathBuf),
    /// It is new or holds something else.
    Written(PathBuf),
}

/// What stands in the way.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// notation refuses links.
    #[error("{} is a link, which notation does not follow; put the file itself there", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// Every root of a trust store can vouch for every identity that is trusted by it.
    #[error(
        "{} is another certificate in the same trust store, and would be trusted too; choose another --name, or take it \
         away",
        path.display()
    )]
    OtherRoot {
        /// The certificate's file.
        path: PathBuf,
    },
    /// A policy that is none.
    #[error("{} is no trust policy: {reason}", path.display())]
    NoPolicy {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A statement that cannot be added.
    #[error("{}: {source}", path.display())]
    Policy {
        /// The file.
        path: PathBuf,
        /// Why.
        source: PolicyError,
    },
}

impl Directory {
    /// A directory that may not be there yet.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where everything is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The policies that there are, with a statement added; `trustpolicy.json` where there is none. Every trust store that
    /// the statement then names holds this root and nothing else. Nothing is written.
    pub fn policies_with(
        &self,
        statement: &Statement,
        root: &Certificate,
    ) -> Result<Vec<(PathBuf, Vec<u8>)>, DirectoryError> {
        let mut policies = Vec::new();
        for path in POLICIES.map(|name| self.0.join(name)) {
            let Some(octets) = read(&path)? else { continue };
            policies.push((path, octets));
        }
        if policies.is_empty() {
            policies.push((self.0.join(POLICIES[1]), Vec::new()));
        }
        policies.into_iter().map(|(path, octets)| self.merged(path, &octets, statement, root)).collect()
    }

    fn merged(
        &self,
        path: PathBuf,
        octets: &[u8],
        statement: &Statement,
        root: &Certificate,
    ) -> Result<(PathBuf, Vec<u8>), DirectoryError> {
        let no_policy = |error: serde_json::Error| DirectoryError::NoPolicy {
            path: path.clone(),
            reason: error.to_string(),
        };
        let policy = if octets.is_empty() {
            TrustPolicy::default()
        } else {
            serde_json::from_slice(octets).map_err(no_policy)?
        };
        let policy =
            policy.with(statement).map_err(|source| DirectoryError::Policy { path: path.clone(), source })?;
        for (kind, store) in policy.statement(statement.name()).into_iter().flat_map(Statement::stores) {
            self.check_store(kind, store, root)?;
        }
        let mut octets = serde_json::to_vec_pretty(&policy).map_err(no_policy)?;
        octets.push(b'\n');
        Ok((path, octets))
    }

    /// Sees that a trust store holds nothing but this root, if anything.
    fn check_store(&self, kind: &str, store: &str, root: &Certificate) -> Result<(), DirectoryError> {
        let store = self.store(kind, store);
        let entries = match fs::read_dir(&store) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(file_error(&store))?,
        };
        for entry in entries {
            let path = entry.map_err(file_error(&store))?.path();
            let octets = read(&path)?.unwrap_or_default();
            let pem = std::str::from_utf8(&octets).unwrap_or_default();
            if Certificate::all_from_pem(pem).ok().as_deref() != Some(std::slice::from_ref(root)) {
                return Err(DirectoryError::OtherRoot { path });
            }
        }
        Ok(())
    }

    /// Puts a root's certificate into a trust store.
    pub fn put_anchor(&self, kind: &str, store: &str, root: &Certificate) -> Result<Change, DirectoryError> {
        let name = format!("{}.pem", Fingerprint::of(root));
        put(self.store(kind, store).join(name), root.to_pem().as_bytes(), 0o600)
    }

    fn store(&self, kind: &str, store: &str) -> PathBuf {
        self.0.join("truststore").join("x509").join(kind).join(store)
    }

    /// Puts a plugin where notation looks for it.
    pub fn put_plugin(&self, name: &str, executable: &Path) -> Result<Change, DirectoryError> {
        let octets = fs::read(executable).map_err(file_error(executable))?;
        let path = self.0.join("plugins").join(name).join(format!("notation-{name}"));
        put(path, &octets, 0o755)
    }

    /// Puts a policy in its place.
    pub fn put_policy(&self, path: PathBuf, octets: &[u8]) -> Result<Change, DirectoryError> {
        put(path, octets, 0o600)
    }
}

fn file_error(path: &Path) -> impl FnOnce(io::Error) -> DirectoryError {
    let path = path.to_owned();
    move |source| DirectoryError::File { path, source }
}

/// What a file holds; nothing where there is none.
fn read(path: &Path) -> Result<Option<Vec<u8>>, DirectoryError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(file_error(path)(error)),
        Ok(metadata) if metadata.is_symlink() => Err(DirectoryError::Link { path: path.to_owned() }),
        Ok(_) => fs::read(path).map(Some).map_err(file_error(path)),
    }
}

/// Puts a file in its place whole: whoever reads it meanwhile sees the old one or the new one.
fn put(path: PathBuf, octets: &[u8], mode: u32) -> Result<Change, DirectoryError> {
    if read(&path)?.as_deref() == Some(octets) {
        return Ok(Change::Kept(path));
    }
    let parent = path.parent().unwrap_or(Path::new("."));
    let written = fs::create_dir_all(parent).and_then(|()| {
        let mut file = NamedTempFile::new_in(parent)?;
        file.write_all(octets)?;
        file.as_file().set_permissions(Permissions::from_mode(mode))?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        Ok(())
    });
    written.map_err(file_error(&path))?;
    Ok(Change::Written(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::root;

    fn statement() -> Statement {
        let one = |text: &str| vec![text.to_owned()];
        let arn = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/app";
        Statement::new("hallmark", one("r.example.com/app"), one("signingAuthority:hallmark"), one(arn))
            .unwrap()
    }

    #[test]
    fn a_policy_is_written_once_and_then_kept() {
        let home = tempfile::tempdir().unwrap();
        let directory = Directory::new(home.path().join("notation"));
        let (path, octets) = directory.policies_with(&statement(), &root("Ours")).unwrap().remove(0);
        assert!(!path.exists(), "nothing is written before everything is known");
        assert_eq!(directory.put_policy(path.clone(), &octets).unwrap(), Change::Written(path.clone()));
        let (again, octets) = directory.policies_with(&statement(), &root("Ours")).unwrap().remove(0);
        assert_eq!(directory.put_policy(again, &octets).unwrap(), Change::Kept(path));
    }

    #[test]
    fn broken_policies_and_links_are_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let directory = Directory::new(home.path().to_owned());
        let path = home.path().join("trustpolicy.json");
        fs::write(&path, "{\"version\": \"1.0\"").unwrap();
        assert!(matches!(
            directory.policies_with(&statement(), &root("Ours")),
            Err(DirectoryError::NoPolicy { .. })
        ));
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"version\": \"1.0\"");
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("elsewhere.json", &path).unwrap();
        assert!(matches!(
            directory.policies_with(&statement(), &root("Ours")),
            Err(DirectoryError::Link { .. })
        ));
    }

    #[test]
    fn what_is_no_root_of_ours_is_not_trusted_with_it() {
        let home = tempfile::tempdir().unwrap();
        let directory = Directory::new(home.path().to_owned());
        let (ours, other) = (root("Ours"), root("Other"));
        directory.check_store("ca", "hallmark", &ours).unwrap();
        directory.put_anchor("ca", "hallmark", &ours).unwrap();
        directory.check_store("ca", "hallmark", &ours).unwrap();
        let refused = directory.check_store("ca", "hallmark", &other);
        assert!(matches!(refused, Err(DirectoryError::OtherRoot { .. })), "{refused:?}");
        let bundle = ours.to_pem() + &other.to_pem();
        for content in [b"no certificate", other.der(), bundle.as_bytes()] {
            fs::write(home.path().join("truststore/x509/ca/hallmark/more"), content).unwrap();
            let refused = directory.check_store("ca", "hallmark", &ours);
            assert!(matches!(refused, Err(DirectoryError::OtherRoot { .. })), "{refused:?}");
        }
    }

    #[test]
    fn plugins_can_be_run() {
        let home = tempfile::tempdir().unwrap();
        let directory = Directory::new(home.path().join("notation"));
        let plugin = home.path().join("plugin");
        fs::write(&plugin, "#!/bin/sh\n").unwrap();
        let Change::Written(path) = directory.put_plugin("hallmark", &plugin).unwrap() else {
            panic!("kept")
        };
        assert!(path.ends_with("plugins/hallmark/notation-hallmark"));
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o755);
    }
}
