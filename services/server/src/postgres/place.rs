//! Where the cluster, its log and its socket live.
//!
//! As root the cluster cannot be in the data directory, which may be below a directory that only root may enter; it is
//! below the system's state directory then, under an id that the data directory holds.

use super::account::{Account, is_root};
use super::error::PostgresError;
use super::lock::Lock;
use rustix::fs::{Mode, fchmod, fchown, fstat};
use rustix::process::{Gid, Uid, geteuid};
use std::fs::{DirBuilder, File, Metadata, Permissions, set_permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Where root keeps clusters.
const STATE_DIRECTORY: &str = "/var/lib/hallmark";

/// The port is part of the socket's file name and nothing else.
pub(super) const PORT: u16 = 5432;

/// The shortest limit of a Unix socket's path among the systems this runs on: macOS has 104 bytes with the final zero,
/// Linux 108.
const SOCKET_LIMIT: usize = 103;

/// The directories of one cluster, locked.
#[derive(Debug)]
pub(super) struct Place {
    /// Owned by the service's user: what it writes about Postgres, where Postgres cannot replace it.
    pub(super) home: PathBuf,
    id: String,
    _locks: [Lock; 2],
}

/// The directory of the socket, owned by the user that runs Postgres, locked.
#[derive(Debug)]
pub(super) struct SocketDirectory {
    pub(super) path: PathBuf,
    _lock: Lock,
}

impl Place {
    /// Creates what is missing of the data directory and of the cluster's home, and locks both. `new_id` becomes the
    /// cluster's id if it has none yet.
    pub(super) fn claim(data_directory: &Path, new_id: [u8; 8]) -> Result<Self, PostgresError> {
        create_private(data_directory, 0o700)?;
        let data_directory =
            data_directory.canonicalize().map_err(PostgresError::io("enter", data_directory))?;
        let lock = Lock::through_file(&data_directory)?;
        let id = cluster_id(&data_directory, new_id)?;
        let below = data_directory.join("postgres");
        let home = if is_root() {
            if let Some(made_by_user) = metadata(&below.join("cluster"))? {
                return Err(PostgresError::OtherUser { cluster: below, uid: made_by_user.uid() });
            }
            let home = Path::new(STATE_DIRECTORY).join(&id);
            create_private(&home, 0o711)?;
            let_through(Path::new(STATE_DIRECTORY))?;
            let_through(&home)?;
            home
        } else {
            create_private(&below, 0o700)?;
            below
        };
        let home_lock = Lock::of_directory(&home)?;
        let stat = fstat(home_lock.file()).map_err(PostgresError::io("inspect", &home))?;
        if stat.st_uid != geteuid().as_raw() {
            return Err(PostgresError::OtherUser { cluster: home, uid: stat.st_uid });
        }
        let home = home.canonicalize().map_err(PostgresError::io("enter", &home))?;
        Ok(Self { home, id, _locks: [lock, home_lock] })
    }

    /// The cluster. It exists only when it is complete.
    pub(super) fn cluster(&self) -> PathBuf {
        self.home.join("cluster")
    }

    /// Who owns the cluster, if it exists.
    pub(super) fn owner(&self) -> Result<Option<Account>, PostgresError> {
        Ok(metadata(&self.cluster())?.map(|cluster| Account::owner_of(&cluster)))
    }

    /// Creates or takes over the directory of the socket. `runtime_directory` is the value of `XDG_RUNTIME_DIR`.
    pub(super) fn socket_directory(
        &self,
        account: Account,
        runtime_directory: Option<&Path>,
    ) -> Result<SocketDirectory, PostgresError> {
        SocketDirectory::claim(socket_path(&self.id, runtime_directory), account)
    }
}

impl SocketDirectory {
    fn claim(path: PathBuf, account: Account) -> Result<Self, PostgresError> {
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(PostgresError::io("create", &path)(error));
            }
            _ => {}
        }
        let lock = Lock::of_directory(&path)?;
        let stat = fstat(lock.file()).map_err(PostgresError::io("inspect", &path))?;
        if stat.st_uid != account.uid() && stat.st_uid != geteuid().as_raw() {
            return Err(PostgresError::Squatted { directory: path });
        }
        fchmod(lock.file(), Mode::RWXU).map_err(PostgresError::io("restrict", &path))?;
        if stat.st_uid != account.uid() {
            let (user, group) = (Uid::from_raw(account.uid()), Gid::from_raw(account.gid()));
            fchown(lock.file(), Some(user), Some(group)).map_err(PostgresError::io("give away", &path))?;
        }
        let directory = Self { path, _lock: lock };
        // The lock says that no server uses them; a process that happens to have the old number would keep Postgres
        // from seeing that.
        directory.remove_sockets();
        Ok(directory)
    }

    /// Removes the directory of a server that has ended.
    pub(super) fn remove(self) {
        self.remove_sockets();
        if let Err(error) = std::fs::remove_dir(&self.path) {
            tracing::debug!(directory = %self.path.display(), %error, "the socket directory stays");
        }
    }

    fn remove_sockets(&self) {
        for name in [format!(".s.PGSQL.{PORT}"), format!(".s.PGSQL.{PORT}.lock")] {
            let _gone_already = std::fs::remove_file(self.path.join(name));
        }
    }
}

fn socket_path(id: &str, runtime_directory: Option<&Path>) -> PathBuf {
    if is_root() {
        let parent = ["/run", "/var/run"].into_iter().map(Path::new).find(|parent| parent.is_dir());
        return parent.unwrap_or(Path::new("/tmp")).join(format!("hallmark-{id}"));
    }
    let uid = geteuid().as_raw();
    runtime_directory
        .filter(|parent| {
            fits(parent) && metadata(parent).is_ok_and(|found| found.is_some_and(|dir| dir.uid() == uid))
        })
        .map_or_else(
            || PathBuf::from(format!("/tmp/hallmark-{uid}-{id}")),
            |parent| parent.join(format!("hallmark-{id}")),
        )
}

/// Whether a socket's path below `parent` is short enough, and free of what Postgres's list of directories would split.
fn fits(parent: &Path) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
    let bytes = parent.as_os_str().as_encoded_bytes();
    parent.is_absolute()
        && bytes.iter().all(plain)
        && bytes.len() + "/hallmark-0123456789abcdef/.s.PGSQL.5432".len() <= SOCKET_LIMIT
}

fn metadata(path: &Path) -> Result<Option<Metadata>, PostgresError> {
    match std::fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PostgresError::io("inspect", path)(error)),
    }
}

fn create_private(directory: &Path, mode: u32) -> Result<(), PostgresError> {
    DirBuilder::new()
        .mode(mode)
        .recursive(true)
        .create(directory)
        .map_err(PostgresError::io("create", directory))
}

/// Others may pass, because one of them runs Postgres; they see nothing on the way. A umask may have forbidden it.
fn let_through(directory: &Path) -> Result<(), PostgresError> {
    let mode = std::fs::metadata(directory).map_err(PostgresError::io("inspect", directory))?.mode();
    set_permissions(directory, Permissions::from_mode(mode & 0o777 | 0o111))
        .map_err(PostgresError::io("open up", directory))
}

fn cluster_id(data_directory: &Path, new_id: [u8; 8]) -> Result<String, PostgresError> {
    let file = data_directory.join("cluster-id");
    match std::fs::read_to_string(&file) {
        Ok(text) => {
            let id = text.trim();
            let valid = id.len() == 16 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            if valid { Ok(id.to_owned()) } else { Err(PostgresError::BadId { file }) }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let id = hex::encode(new_id);
            write_whole(&file, 0o600, format!("{id}\n").as_bytes(), |_| Ok(()))?;
            Ok(id)
        }
        Err(error) => Err(PostgresError::io("read", &file)(error)),
    }
}

/// Writes a file so that it is there whole or not at all. `prepare` sees it before anybody finds it.
pub(super) fn write_whole(
    file: &Path,
    mode: u32,
    content: &[u8],
    prepare: impl FnOnce(&Path) -> Result<(), PostgresError>,
) -> Result<(), PostgresError> {
    let draft = file.with_extension("new");
    // A draft with more rights may be left; a umask may have taken rights away.
    let opened = File::options().write(true).create(true).truncate(true).mode(0o600).open(&draft);
    opened
        .and_then(|mut opened| {
            opened.set_permissions(Permissions::from_mode(mode))?;
            opened.write_all(content)?;
            opened.sync_all()
        })
        .map_err(PostgresError::io("write", &draft))?;
    prepare(&draft)?;
    std::fs::rename(&draft, file).map_err(PostgresError::io("replace", file))?;
    file.parent().map_or(Ok(()), sync_directory)
}

/// Makes the names in a directory durable.
pub(super) fn sync_directory(directory: &Path) -> Result<(), PostgresError> {
    File::open(directory).and_then(|opened| opened.sync_all()).map_err(PostgresError::io("flush", directory))
}

#[cfg(test)]
mod tests {
    use super::super::scratch::Scratch;
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn an_id_is_kept_and_a_damaged_one_refused() {
        let scratch = Scratch::new();
        assert_eq!(cluster_id(scratch.path(), [1; 8]).unwrap(), "0101010101010101");
        assert_eq!(cluster_id(scratch.path(), [2; 8]).unwrap(), "0101010101010101");
        std::fs::write(scratch.path().join("cluster-id"), "../../../etc/pas").unwrap();
        assert!(matches!(cluster_id(scratch.path(), [2; 8]), Err(PostgresError::BadId { .. })));
    }

    #[test]
    fn a_runtime_directory_must_be_short_and_plain() {
        assert!(fits(Path::new("/run/user/1000")));
        assert!(!fits(Path::new("run/user/1000")));
        assert!(!fits(Path::new("/run/a,b")));
        assert!(!fits(&Path::new("/").join("x".repeat(63))));
        assert!(fits(&Path::new("/").join("x".repeat(62))));
    }

    #[tokio::test]
    async fn a_socket_directory_of_others_is_refused() {
        let scratch = Scratch::new();
        let account = Account::choose().await.unwrap();
        let link = scratch.path().join("link");
        symlink("/tmp", &link).unwrap();
        assert!(matches!(SocketDirectory::claim(link, account), Err(PostgresError::Squatted { .. })));
        let file = scratch.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(matches!(SocketDirectory::claim(file, account), Err(PostgresError::Squatted { .. })));
        let foreign = scratch.path().join("foreign");
        if is_root() {
            std::fs::create_dir(&foreign).unwrap();
            std::os::unix::fs::chown(&foreign, Some(4242), None).unwrap();
            assert!(matches!(SocketDirectory::claim(foreign, account), Err(PostgresError::Squatted { .. })));
        }
    }

    #[tokio::test]
    async fn a_socket_directory_is_private_and_rid_of_stale_sockets() {
        let scratch = Scratch::new();
        let account = Account::choose().await.unwrap();
        let path = scratch.path().join("socket");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join(".s.PGSQL.5432.lock"), "1\n").unwrap();
        let directory = SocketDirectory::claim(path.clone(), account).unwrap();
        let found = std::fs::metadata(&path).unwrap();
        assert_eq!((found.mode() & 0o777, found.uid()), (0o700, account.uid()));
        assert!(!path.join(".s.PGSQL.5432.lock").exists());
        assert!(matches!(SocketDirectory::claim(path.clone(), account), Err(PostgresError::InUse { .. })));
        directory.remove();
        assert!(!path.exists());
    }
}
