//! Where Postgres's programs are, and which version they have.

use super::account::Account;
use super::error::PostgresError;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The oldest major version that the schema and the settings work with.
pub(super) const OLDEST_MAJOR: u32 = 14;

/// Places of packages: parent directory, what stands before the version in a name, what follows below.
const PACKAGES: &[(&str, &str, &str)] = &[
    ("usr/lib/postgresql", "", "bin"),
    ("usr", "pgsql-", "bin"),
    ("usr/lib", "postgresql", "bin"),
    ("usr/libexec", "postgresql", ""),
    ("opt/homebrew/opt", "postgresql@", "bin"),
    ("usr/local/opt", "postgresql@", "bin"),
    ("home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
    ("Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// A directory with initdb and postgres.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    directory: PathBuf,
    major: u32,
}

/// Where to look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search<'a> {
    /// The directory given by `--postgres-bin`; then no other counts.
    pub(super) explicit: Option<&'a Path>,
    /// The value of `PATH`.
    pub(super) path: Option<&'a OsStr>,
    /// The root of the file system, below which packages install.
    pub(super) root: &'a Path,
    /// A cluster that exists, and the version that wrote it: no other version can read it.
    pub(super) cluster: Option<(&'a Path, u32)>,
}

impl Binaries {
    /// The path of the program `initdb`.
    pub(super) fn initdb(&self) -> PathBuf {
        self.directory.join("initdb")
    }

    /// The path of the program `postgres`.
    pub(super) fn postgres(&self) -> PathBuf {
        self.directory.join("postgres")
    }
}

impl Search<'_> {
    /// The first directory whose programs `account` can run in a version that will do; none if there is no Postgres.
    pub(super) async fn find(self, account: Account) -> Result<Option<Binaries>, PostgresError> {
        if let Some(directory) = self.explicit {
            let not_binaries =
                |reason: String| PostgresError::NotBinaries { directory: directory.to_owned(), reason };
            let directory = directory.canonicalize().map_err(|error| not_binaries(error.to_string()))?;
            let found = probe(directory, account).await.map_err(not_binaries)?;
            self.refuse(&found).map_or(Ok(Some(found)), Err)
        } else {
            let mut refused = None;
            for directory in self.candidates() {
                let found = match probe(directory.clone(), account).await {
                    Ok(found) => found,
                    Err(reason) => {
                        tracing::debug!(directory = %directory.display(), reason, "no PostgreSQL here");
                        continue;
                    }
                };
                match self.refuse(&found) {
                    None => return Ok(Some(found)),
                    Some(error) => refused = refused.or(Some(error)),
                }
            }
            refused.map_or(Ok(None), Err)
        }
    }

    fn refuse(&self, found: &Binaries) -> Option<PostgresError> {
        if let Some((cluster, cluster_major)) = self.cluster {
            (found.major != cluster_major)
                .then(|| PostgresError::OtherVersion { cluster: cluster.to_owned(), cluster_major })
        } else {
            (found.major < OLDEST_MAJOR)
                .then(|| PostgresError::TooOld { directory: found.directory.clone(), major: found.major })
        }
    }

    fn candidates(&self) -> Vec<PathBuf> {
        // A relative entry would let the working directory choose what runs.
        let path = self.path.into_iter().flat_map(std::env::split_paths).filter(|entry| entry.is_absolute());
        let packages = PACKAGES.iter().flat_map(|(parent, prefix, below)| {
            newest_first(&self.root.join(parent), prefix)
                .into_iter()
                .map(move |versioned| versioned.join(below))
        });
        path.chain(packages)
            .filter(|directory| directory.join("initdb").is_file() && directory.join("postgres").is_file())
            .collect()
    }
}

/// The major version that wrote a cluster (its file `PG_VERSION`).
pub(super) fn cluster_major(cluster: &Path) -> Result<u32, PostgresError> {
    let file = cluster.join("PG_VERSION");
    let text = std::fs::read_to_string(&file).map_err(PostgresError::io("read", &file))?;
    leading_number(text.trim())
        .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::InvalidData, "no version number"))
        .map_err(PostgresError::io("read", &file))
}

fn newest_first(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            Some((leading_number(name.to_str()?.strip_prefix(prefix)?)?, entry.path()))
        })
        .collect();
    found.sort_by(|one, other| other.cmp(one));
    found.into_iter().map(|(_, directory)| directory).collect()
}

async fn probe(directory: PathBuf, account: Account) -> Result<Binaries, String> {
    let initdb = directory.join("initdb");
    if !initdb.is_file() {
        return Err(format!("{} is missing", initdb.display()));
    }
    // The account runs it, because a directory that root may enter is not yet one that the account may enter.
    let postgres = directory.join("postgres");
    let output = account.command(&postgres).arg("--version").kill_on_drop(true).output().await;
    let output = output
        .map_err(|error| format!("user id {} cannot run {}: {error}", account.uid(), postgres.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    match major(&text) {
        Some(major) if output.status.success() => Ok(Binaries { directory, major }),
        _ => Err(format!("`{} --version` gave {} and {text:?}", postgres.display(), output.status)),
    }
}

/// The major version in the words of `postgres --version`, such as `postgres (PostgreSQL) 15.18 (Debian 15.18-1)`.
fn major(version: &str) -> Option<u32> {
    leading_number(version.trim().strip_prefix("postgres (PostgreSQL) ")?)
}

fn leading_number(text: &str) -> Option<u32> {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    text[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::scratch::Scratch;
    use super::*;

    fn search<'a>(root: &'a Path, path: Option<&'a OsStr>, cluster: Option<(&'a Path, u32)>) -> Search<'a> {
        Search { explicit: None, path, root, cluster }
    }

    async fn find(search: Search<'_>) -> Result<Option<Binaries>, PostgresError> {
        search.find(Account::choose().await.unwrap()).await
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 19devel"), Some(19));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("psql (PostgreSQL) 15.18"), None);
        assert_eq!(major("postgres (PostgreSQL) new"), None);
    }

    #[tokio::test]
    async fn nothing_is_found_in_an_empty_system() {
        let root = Scratch::new();
        assert_eq!(
            find(search(root.path(), Some(OsStr::new("relative:/nonexistent")), None)).await.unwrap(),
            None
        );
    }

    #[tokio::test]
    async fn the_newest_package_wins_unless_a_cluster_needs_another() {
        let root = Scratch::new();
        for version in ["9.6", "14", "16", "README"] {
            root.programs(&format!("usr/lib/postgresql/{version}/bin"), version);
        }
        root.programs("usr/pgsql-17/bin", "17.1");
        let newest = find(search(root.path(), None, None)).await.unwrap().unwrap();
        assert_eq!((newest.major, newest.directory), (16, root.path().join("usr/lib/postgresql/16/bin")));

        let cluster = Path::new("/c");
        let same = find(search(root.path(), None, Some((cluster, 14)))).await.unwrap().unwrap();
        assert_eq!(same.major, 14);
        let sentence = find(search(root.path(), None, Some((cluster, 15)))).await.unwrap_err().to_string();
        assert!(sentence.contains("made by PostgreSQL 15"), "{sentence}");
    }

    #[tokio::test]
    async fn the_path_comes_before_packages_and_broken_programs_are_passed_over() {
        let root = Scratch::new();
        root.programs("usr/lib/postgresql/16/bin", "16.4");
        root.programs("first", "broken");
        root.programs("second", "15.2");
        let path = std::env::join_paths([root.path().join("first"), root.path().join("second")]).unwrap();
        let found = find(search(root.path(), Some(&path), None)).await.unwrap().unwrap();
        assert_eq!(found, Binaries { directory: root.path().join("second"), major: 15 });
    }

    #[tokio::test]
    async fn old_programs_are_refused_by_name() {
        let root = Scratch::new();
        root.programs("usr/lib/postgresql/13/bin", "13.9");
        let error = find(search(root.path(), None, None)).await.unwrap_err();
        assert!(matches!(error, PostgresError::TooOld { major: 13, .. }), "{error}");
    }

    #[tokio::test]
    async fn an_explicit_directory_without_programs_is_refused_whatever_else_there_is() {
        let root = Scratch::new();
        root.programs("usr/lib/postgresql/16/bin", "16.4");
        let explicit = root.path().join("usr");
        let error =
            find(Search { explicit: Some(&explicit), ..search(root.path(), None, None) }).await.unwrap_err();
        assert!(matches!(error, PostgresError::NotBinaries { .. }), "{error}");
        assert!(error.to_string().contains("initdb is missing"), "{error}");
    }
}
