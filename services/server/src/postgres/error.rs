//! What can go wrong between a data directory and a running Postgres.

use super::binaries::OLDEST_MAJOR;
use std::io;
use std::path::{Path, PathBuf};

/// Why the private Postgres does not run. Every sentence names the next step.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// Nothing was found and nothing may be installed.
    #[error(
        "PostgreSQL {OLDEST_MAJOR} or newer is not installed: add --install-postgres to install the package \
         {package}, or name an existing database with --database-url"
    )]
    Missing {
        /// The package of this system.
        package: &'static str,
    },
    /// Installing was asked for, and this process cannot do it.
    #[error(
        "PostgreSQL is not installed and this process may not install it: type `{line}`, then start again"
    )]
    InstallYourself {
        /// The command for a shell.
        line: String,
    },
    /// The package manager failed.
    #[error(
        "`{command}` failed ({outcome}): repair it and start again, or name a database with --database-url"
    )]
    InstallFailed {
        /// What was run.
        command: String,
        /// Its status and last words.
        outcome: String,
    },
    /// The directory given by `--postgres-bin` is of no use.
    #[error("--postgres-bin {} holds no working initdb and postgres: {reason}", directory.display())]
    NotBinaries {
        /// The directory given.
        directory: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The binaries are older than what the schema needs.
    #[error(
        "PostgreSQL {major} in {} is too old: install {OLDEST_MAJOR} or newer, or name its directory with --postgres-bin",
        directory.display()
    )]
    TooOld {
        /// Where the binaries are.
        directory: PathBuf,
        /// Their major version.
        major: u32,
    },
    /// The cluster was written by another major version.
    #[error(
        "the cluster {} was made by PostgreSQL {cluster_major}, which is not installed any more: install that \
         version, name its directory with --postgres-bin, or begin anew with another --data-dir",
        cluster.display()
    )]
    OtherVersion {
        /// The cluster.
        cluster: PathBuf,
        /// The version that wrote it.
        cluster_major: u32,
    },
    /// Another process holds a lock.
    #[error(
        "{} is in use by another hallmark{}: stop that one first, or give this one its own --data-dir",
        directory.display(),
        holder.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    InUse {
        /// The locked directory.
        directory: PathBuf,
        /// The process that holds it, where it is known.
        holder: Option<u32>,
    },
    /// The cluster id in the data directory cannot be read as one.
    #[error("{} does not hold 16 hexadecimal digits: restore it, or use another --data-dir", file.display())]
    BadId {
        /// The file.
        file: PathBuf,
    },
    /// Root met a cluster that an ordinary user made.
    #[error("{} belongs to the user id {uid}: run hallmark as that user, or use another --data-dir", cluster.display())]
    OtherUser {
        /// The cluster.
        cluster: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// The directory for the socket belongs to somebody else, or is none.
    #[error("{} is not a directory of this service's own: remove it and start again", directory.display())]
    Squatted {
        /// The directory.
        directory: PathBuf,
    },
    /// The service's user has no usable name, so peer authentication cannot recognise it.
    #[error(
        "the user id {uid} has no usable name: run hallmark as a user that `id -un` can name, or use --database-url"
    )]
    Nameless {
        /// The service's user.
        uid: u32,
    },
    /// Root found nobody to run Postgres as.
    #[error(
        "neither the user postgres nor nobody exists, and PostgreSQL refuses root: create the user postgres"
    )]
    NobodyToRun,
    /// initdb or the first SQL failed.
    #[error("{step} failed ({outcome}): see what it says, then start again")]
    CreateFailed {
        /// Which program.
        step: &'static str,
        /// Its status and last words.
        outcome: String,
    },
    /// The server ended before it took connections.
    #[error("PostgreSQL did not start ({status}); the end of {} says: {tail}", log.display())]
    NotStarted {
        /// How it ended.
        status: String,
        /// The log file.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The server neither ended nor took connections.
    #[error("PostgreSQL took no connections within {seconds} s; the end of {} says: {tail}", log.display())]
    NotReady {
        /// How long was waited.
        seconds: u64,
        /// The log file.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The server ended while it was needed.
    #[error("PostgreSQL ended by itself ({status}): start again; the end of {} says: {tail}", log.display())]
    Died {
        /// How it ended.
        status: String,
        /// The log file.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The server did not stop when told to.
    #[error("PostgreSQL did not stop and was killed (process {pid}): the next start recovers from its log")]
    Killed {
        /// The process.
        pid: u32,
    },
    /// A server of an earlier run cannot be stopped.
    #[error("the PostgreSQL of an earlier run does not stop: end process {pid}, then start again")]
    Leftover {
        /// The process.
        pid: u32,
    },
    /// The operating system refused something.
    #[error("cannot {action} {}: {source}; see to it and start again", path.display())]
    Io {
        /// A verb.
        action: &'static str,
        /// Its object.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl PostgresError {
    /// For `map_err`: the system refused to `action` the `path`.
    pub(super) fn io<E: Into<io::Error>>(action: &'static str, path: &Path) -> impl FnOnce(E) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source: source.into() }
    }

    /// The package came and brought no programs.
    pub(super) fn installed_in_vain() -> Self {
        let command = "apt-get install postgresql".to_owned();
        Self::InstallFailed { command, outcome: "it brought no initdb and postgres".to_owned() }
    }
}
