//! The files of a data directory: private to whoever runs the service, and never half written.

use crate::chance::Chance;
use anyhow::{Context as _, bail, ensure};
use hallmark_store::seal::KeyEncryptionKey;
use rustix::fs::OFlags;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use zeroize::Zeroizing;

const PRIVATE_DIR: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;

/// Makes a directory that nobody else may enter, or sees to it that an existing one is.
pub(super) fn create_private_dir(dir: &Path) -> anyhow::Result<()> {
    match DirBuilder::new().mode(PRIVATE_DIR).create(dir) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::set_permissions(dir, Permissions::from_mode(PRIVATE_DIR))
        }
        Err(error) => Err(error),
    }
    .with_context(|| format!("the data directory {} cannot be made private", dir.display()))
}

/// Replaces a file whole: readers see the old text or the new, and a crash leaves one of them.
pub(super) fn replace_private_file(path: &Path, text: &[u8]) -> anyhow::Result<()> {
    let unfinished = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(PRIVATE_FILE)
            .custom_flags(nofollow())
            .open(&unfinished)?;
        file.set_permissions(Permissions::from_mode(PRIVATE_FILE))?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        match path.parent() {
            Some(dir) => File::open(dir)?.sync_all(),
            None => Ok(()),
        }
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}

/// Reads a secret file: a regular file of ours that nobody else may read, and not through a link.
pub(super) fn read_private_file(path: &Path) -> anyhow::Result<Option<Zeroizing<Vec<u8>>>> {
    // O_NONBLOCK, or a FIFO in its place would hold us here for ever.
    let opened = OpenOptions::new().read(true).custom_flags(nofollow() | nonblock()).open(path);
    let mut file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("{} cannot be opened", path.display()));
        }
    };
    let about = file.metadata()?;
    ensure!(about.is_file(), "{} is not a regular file", path.display());
    ensure!(about.uid() == rustix::process::geteuid().as_raw(), "{} belongs to another user", path.display());
    if about.mode() & 0o077 != 0 {
        bail!("{} can be read by others: chmod 600 it", path.display());
    }
    let mut text = Zeroizing::new(Vec::new());
    file.read_to_end(&mut text)?;
    Ok(Some(text))
}

fn nofollow() -> i32 {
    OFlags::NOFOLLOW.bits().cast_signed()
}

fn nonblock() -> i32 {
    OFlags::NONBLOCK.bits().cast_signed()
}

/// The key-encryption key of this data directory; made with the directory's first use.
pub(super) fn key_encryption_key(data_dir: &Path, chance: &Chance) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let path = data_dir.join("key-encryption.key");
    if let Some(key) = read_private_file(&path)? {
        ensure!(
            key.len() == KeyEncryptionKey::LENGTH,
            "{} does not hold a key-encryption key of {} octets",
            path.display(),
            KeyEncryptionKey::LENGTH
        );
        return Ok(key);
    }
    let key = Zeroizing::new(chance.octets::<{ KeyEncryptionKey::LENGTH }>()?.to_vec());
    replace_private_file(&path, &key)?;
    Ok(key)
}
