//! The private Postgres of `hallmark dev`: durable, on a Unix socket only, for this service's user and root alone.
//!
//! [`start`] finds the programs (or has them installed), makes the cluster when there is none, ends a server that a
//! killed parent left behind, and resolves when connections are taken. The environment comes in as parameters.

mod account;
mod binaries;
mod cluster;
mod error;
mod install;
mod leftover;
mod lock;
mod place;
#[cfg(test)]
mod scratch;
mod server;

pub use error::PostgresError;
pub use install::Install;
pub use lock::Lock;

use account::Account;
use binaries::{Binaries, Search};
use place::{PORT, Place, SocketDirectory};
use server::Server;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What `dev` was told, and what it knows of its environment.
#[derive(Debug, Clone)]
pub struct Options {
    /// The directory that holds or names the cluster (`--data-dir`); made with mode 0700 when it is missing.
    pub data_dir: PathBuf,
    /// The directory with initdb and postgres (`--postgres-bin`); then no other is looked at and nothing is installed.
    pub binaries: Option<PathBuf>,
    /// Whether a missing Postgres may be installed (`--install-postgres`).
    pub install: Install,
    /// Random octets: the id of the cluster, should there be none yet.
    pub new_cluster_id: [u8; 8],
    /// The value of `PATH`.
    pub path: Option<OsString>,
    /// The value of `XDG_RUNTIME_DIR`, where an ordinary user's socket goes.
    pub runtime_dir: Option<PathBuf>,
}

/// A running Postgres. Dropping it tells the server to end without waiting; [`stop`](Self::stop) waits.
#[derive(Debug)]
pub struct Postgres {
    url: String,
    // Fields are dropped in this order: the locks outlive the server.
    server: Server,
    socket_directory: SocketDirectory,
    place: Place,
}

/// Starts the private Postgres of a data directory. `progress` gets one short line for each step that takes time.
pub async fn start(options: &Options, progress: &(dyn Fn(&str) + Sync)) -> Result<Postgres, PostgresError> {
    let place = Place::claim(&options.data_dir, options.new_cluster_id)?;
    let service = account::service_name().await?;
    let (binaries, account) = programs(options, &place, progress).await?;
    leftover::stop(&place.cluster(), progress).await?;
    if place.owner()?.is_none() {
        cluster::create(&place, &binaries, account, options.new_cluster_id, progress).await?;
    }
    cluster::admit(&place, account, &service)?;
    progress("starting PostgreSQL");
    let socket_directory = place.socket_directory(account, options.runtime_dir.as_deref())?;
    match Server::start(&place, &binaries, account, &socket_directory.path, progress).await {
        Ok(server) => Ok(Postgres { url: url(&socket_directory.path), server, socket_directory, place }),
        Err(error) => {
            socket_directory.remove();
            Err(error)
        }
    }
}

impl Postgres {
    /// Where the service connects, in the form that sqlx and libpq read.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the cluster and its log are: what goes when the data directory goes. As root it is outside of that.
    pub fn home(&self) -> &Path {
        &self.place.home
    }

    /// Resolves when Postgres ends by itself, with the reason. May be dropped and called again.
    pub async fn exited(&mut self) -> PostgresError {
        self.server.exited().await
    }

    /// Ends the server and waits for it: ten seconds for a fast shutdown, six for an immediate one.
    pub async fn stop(mut self) -> Result<(), PostgresError> {
        self.server.stop().await?;
        self.socket_directory.remove();
        Ok(())
    }
}

/// The programs, and the user that runs them. A package that is installed now may bring that user.
async fn programs(
    options: &Options,
    place: &Place,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<(Binaries, Account), PostgresError> {
    let (root, cluster) = (Path::new("/"), place.cluster());
    let owner = place.owner()?;
    let cluster_major = owner.map(|_| binaries::cluster_major(&cluster)).transpose()?;
    let search = Search {
        explicit: options.binaries.as_deref(),
        path: options.path.as_deref(),
        root,
        cluster: cluster_major.map(|major| (cluster.as_path(), major)),
    };
    let choose = async || match owner {
        Some(account) => Ok(account),
        None => Account::choose().await,
    };
    let account = choose().await?;
    if let Some(found) = search.find(account).await? {
        return Ok((found, account));
    }
    install::install(options.install, options.path.as_deref(), root, progress).await?;
    let account = choose().await?;
    let found = search.find(account).await?;
    Ok((found.ok_or_else(PostgresError::installed_in_vain)?, account))
}

/// The port stands in it, because a variable such as `PGPORT` would otherwise name another socket.
fn url(socket_directory: &Path) -> String {
    use std::fmt::Write as _;
    let mut url = format!("postgres://{0}@localhost:{PORT}/{0}?host=", cluster::NAME);
    for byte in socket_directory.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(byte) {
            url.push(char::from(*byte));
        } else {
            let _infallible = write!(url, "%{byte:02X}");
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_survives_odd_directories() {
        let url = url(Path::new("/run/user/1000/a b&c+d%"));
        assert_eq!(url, "postgres://hallmark@localhost:5432/hallmark?host=/run/user/1000/a%20b%26c%2Bd%25");
    }
}
