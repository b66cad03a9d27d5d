//! Who runs Postgres, and under which name the service is known to it.

use super::error::PostgresError;
use rustix::process::geteuid;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::Path;
use std::process::{Output, Stdio};
use tokio::process::Command;

/// The user that owns the cluster and runs Postgres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    uid: u32,
    gid: u32,
    /// Postgres refuses root, so root hands its programs to somebody else.
    dropped: bool,
}

/// Whether this process is root.
pub(super) fn is_root() -> bool {
    geteuid().is_root()
}

impl Account {
    /// The service's own user or, for root, `postgres` and failing that `nobody`.
    pub(super) async fn choose() -> Result<Self, PostgresError> {
        if !is_root() {
            return Ok(Self {
                uid: geteuid().as_raw(),
                gid: rustix::process::getegid().as_raw(),
                dropped: false,
            });
        }
        for name in ["postgres", "nobody"] {
            let (uid, gid) = (number(&["-u", name]).await?, number(&["-g", name]).await?);
            if let (Some(uid), Some(gid)) = (uid, gid)
                && uid != 0
            {
                return Ok(Self { uid, gid, dropped: true });
            }
        }
        Err(PostgresError::NobodyToRun)
    }

    /// The owner of a cluster that exists: a package installed later may bring a user that is preferred, and then
    /// the files still belong to the first.
    pub(super) fn owner_of(cluster: &Metadata) -> Self {
        Self { uid: cluster.uid(), gid: cluster.gid(), dropped: is_root() }
    }

    /// The user id.
    pub(super) fn uid(self) -> u32 {
        self.uid
    }

    /// The group id.
    pub(super) fn gid(self) -> u32 {
        self.gid
    }

    /// Gives a file or directory to this user.
    pub(super) fn give(self, path: &Path) -> Result<(), PostgresError> {
        if !self.dropped {
            return Ok(());
        }
        chown(path, Some(self.uid), Some(self.gid)).map_err(PostgresError::io("give away", path))
    }

    /// Lets this user's group at a file that the service keeps.
    pub(super) fn show(self, path: &Path) -> Result<(), PostgresError> {
        if !self.dropped {
            return Ok(());
        }
        chown(path, None, Some(self.gid)).map_err(PostgresError::io("give away", path))
    }

    /// A program of Postgres, run by this user. It sees nothing of the service's environment, which holds secrets and
    /// `PG*` variables that would change what it does.
    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").env("TZ", "UTC").env("PATH", "/usr/bin:/bin");
        command.current_dir("/").stdin(Stdio::null());
        if self.dropped {
            // Setting the user as root also drops the supplementary groups.
            command.uid(self.uid).gid(self.gid);
        }
        command
    }
}

/// The name of the service's user, as peer authentication sees it.
pub(super) async fn service_name() -> Result<String, PostgresError> {
    let output = id(&["-un"]).await?;
    let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    // pg_ident.conf reads a leading slash as a regular expression, and has no escape for a quotation mark.
    let usable = !name.is_empty() && !name.starts_with('/') && !name.contains(['"', '\\', '\n']);
    if output.status.success() && usable {
        Ok(name)
    } else {
        Err(PostgresError::Nameless { uid: geteuid().as_raw() })
    }
}

async fn number(arguments: &[&str]) -> Result<Option<u32>, PostgresError> {
    let output = id(arguments).await?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse().ok().filter(|_| output.status.success()))
}

/// `id` asks every source of names the system has, which reading /etc/passwd would not.
async fn id(arguments: &[&str]) -> Result<Output, PostgresError> {
    Command::new("id")
        .args(arguments.iter().map(OsStr::new))
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(PostgresError::io("run", Path::new("id")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn postgres_never_runs_as_root() {
        let account = Account::choose().await.unwrap();
        assert_ne!(account.uid(), 0);
        assert_eq!(account.dropped, is_root());
    }

    #[tokio::test]
    async fn the_service_has_a_name() {
        let name = service_name().await.unwrap();
        assert_eq!(name == "root", is_root());
    }

    #[tokio::test]
    async fn an_unknown_user_has_no_number() {
        assert_eq!(number(&["-u", "no-such-user-here"]).await.unwrap(), None);
    }
}
