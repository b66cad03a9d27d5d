//! Files with secrets: private to whoever runs the service, and never half written.

use crate::chance::Chance;
use crate::made::Made;
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
const PUBLIC_FILE: u32 = 0o644;

/// Makes a directory that nobody else may enter, or checks that an existing one is.
pub(crate) fn create_private_dir(dir: &Path) -> anyhow::Result<()> {
    match DirBuilder::new().mode(PRIVATE_DIR).create(dir) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => check_private_dir(dir),
        Err(error) => Err(error).with_context(|| format!("the directory {} cannot be made", dir.display())),
    }
}

/// A directory that was there before is left as it is, and used only if nobody else may enter it: it may be
/// somebody's home, or /tmp.
fn check_private_dir(dir: &Path) -> anyhow::Result<()> {
    let about = fs::metadata(dir).with_context(|| format!("{} cannot be looked at", dir.display()))?;
    ensure!(about.is_dir(), "{} is not a directory", dir.display());
    ensure!(
        about.uid() == rustix::process::geteuid().as_raw(),
        "the directory {} belongs to another user",
        dir.display()
    );
    if about.mode() & 0o077 != 0 {
        bail!(
            "the directory {} can be entered by others: name one that does not exist yet, or chmod 700 it",
            dir.display()
        );
    }
    Ok(())
}

/// Replaces a file whole: readers see the old text or the new, and a crash leaves one of them.
pub(crate) fn replace_private_file(path: &Path, text: &[u8]) -> anyhow::Result<()> {
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
        sync_dir_of(path)
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}

/// Reads a secret file: a regular file of ours that nobody else may read, and not through a link.
pub(crate) fn read_private_file(path: &Path) -> anyhow::Result<Option<Zeroizing<Vec<u8>>>> {
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

/// Makes a file with these octets unless it is there; never replaces one.
pub(crate) fn create_private_file(path: &Path, octets: &[u8]) -> anyhow::Result<Made> {
    if read_private_file(path)?.is_some() {
        return Ok(Made::Before);
    }
    replace_private_file(path, octets)?;
    Ok(Made::Now)
}

/// Makes a file with these octets that must not be there yet, and only its owner can read.
pub(crate) fn create_new_private_file(path: &Path, octets: &[u8]) -> anyhow::Result<()> {
    create_new(path, octets, PRIVATE_FILE)
}

/// Makes a file with these octets that must not be there yet, and anybody may read.
pub(crate) fn create_new_file(path: &Path, octets: &[u8]) -> anyhow::Result<()> {
    create_new(path, octets, PUBLIC_FILE)
}

/// On disk when this returns; gone when it could not be written whole.
fn create_new(path: &Path, octets: &[u8], mode: u32) -> anyhow::Result<()> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let mut file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} exists, and is never replaced: name another file", path.display());
        }
        Err(error) => return Err(error).with_context(|| format!("{} cannot be made", path.display())),
    };
    let written = file.write_all(octets).and_then(|()| file.sync_all()).and_then(|()| sync_dir_of(path));
    if written.is_err() {
        // Half a key must not be taken for one; that it cannot be removed is no worse than that it was not written.
        let _ = fs::remove_file(path);
    }
    written.with_context(|| format!("{} cannot be written", path.display()))
}

/// Has the name of a file survive a crash.
fn sync_dir_of(path: &Path) -> std::io::Result<()> {
    // The parent of a bare name is the empty path, which nothing can open.
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(dir)?.sync_all()
}

/// Reads a secret file that has to be there.
pub(crate) fn require_private_file(path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    read_private_file(path)?.with_context(|| format!("{} does not exist", path.display()))
}

/// Reads a key-encryption key.
pub(crate) fn read_key(path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let key = require_private_file(path)?;
    ensure!(
        key.len() == KeyEncryptionKey::LENGTH,
        "{} does not hold a key-encryption key of {} octets",
        path.display(),
        KeyEncryptionKey::LENGTH
    );
    Ok(key)
}

/// Makes a key-encryption key unless the file is there.
pub(crate) fn create_key(path: &Path, chance: &Chance) -> anyhow::Result<Made> {
    create_private_file(path, Zeroizing::new(chance.octets::<{ KeyEncryptionKey::LENGTH }>()?).as_slice())
}

/// Reads a password: one line of text.
pub(crate) fn read_password(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let octets = require_private_file(path)?;
    let text = std::str::from_utf8(&octets).with_context(|| format!("{} is not text", path.display()))?;
    let password = text.trim_end_matches(['\r', '\n']);
    ensure!(
        !password.is_empty() && password.bytes().all(|octet| octet.is_ascii_graphic()),
        "{} does not hold a password: one line of printable ASCII without spaces",
        path.display()
    );
    Ok(Zeroizing::new(password.to_owned()))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::path::PathBuf;

    /// A directory that goes with its test.
    pub(crate) struct Directory(PathBuf);

    impl Directory {
        pub(crate) fn new() -> Self {
            let name = hex::encode(Chance::default().octets::<8>().unwrap());
            let path = std::env::temp_dir().join(format!("hallmark-{name}"));
            create_private_dir(&path).unwrap();
            Self(path)
        }

        pub(crate) fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn refusal(path: &Path) -> String {
        format!("{:#}", read_private_file(path).unwrap_err())
    }

    #[test]
    fn keys_are_made_once() {
        let directory = Directory::new();
        let path = directory.0.join("key");
        assert!(read_key(&path).unwrap_err().to_string().contains("does not exist"));
        assert_eq!(create_key(&path, &Chance::default()).unwrap(), Made::Now);
        let key = read_key(&path).unwrap();
        assert_eq!(create_key(&path, &Chance::default()).unwrap(), Made::Before);
        assert_eq!(*read_key(&path).unwrap(), *key);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, PRIVATE_FILE);
        replace_private_file(&path, &key[1..]).unwrap();
        assert!(read_key(&path).is_err(), "31 octets");
    }

    #[test]
    fn new_files_replace_none() {
        let directory = Directory::new();
        let path = directory.0.join("key");
        create_new_private_file(&path, b"key").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, PRIVATE_FILE);
        let refusal = create_new_private_file(&path, b"other").unwrap_err().to_string();
        assert!(refusal.contains("never replaced"), "{refusal}");
        assert_eq!(read_private_file(&path).unwrap().unwrap().as_slice(), b"key");
        let link = directory.0.join("link");
        std::os::unix::fs::symlink(directory.0.join("elsewhere"), &link).unwrap();
        assert!(create_new_file(&link, b"other").is_err(), "a link is there, wherever it leads");
        assert!(create_new_file(&directory.0.join("none/of/these"), b"").is_err());
    }

    #[test]
    fn a_bare_name_lies_in_the_working_directory() {
        let name = format!("hallmark-{}.secret", hex::encode(Chance::default().octets::<8>().unwrap()));
        let made = create_private_file(Path::new(&name), b"secret");
        fs::remove_file(&name).unwrap();
        assert_eq!(made.unwrap(), Made::Now);
    }

    #[test]
    fn passwords_are_one_line() {
        let directory = Directory::new();
        let path = directory.0.join("password");
        replace_private_file(&path, b"pencil\r\n").unwrap();
        assert_eq!(read_password(&path).unwrap().as_str(), "pencil");
        for wrong in ["", "\n", "two\nlines", "a b", "p\u{e4}ss"] {
            replace_private_file(&path, wrong.as_bytes()).unwrap();
            assert!(read_password(&path).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_others_could_read_or_swap_is_refused() {
        let directory = Directory::new();
        let path = directory.0.join("secret");
        replace_private_file(&path, b"secret").unwrap();
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert!(refusal(&path).contains("can be read by others"), "{mode:o}");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
        assert!(read_private_file(&path).is_ok());

        let link = directory.0.join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(refusal(&link).contains("cannot be opened"));
        assert!(create_private_file(&link, b"other").is_err());
        assert_eq!(read_private_file(&path).unwrap().unwrap().as_slice(), b"secret");

        let fifo = directory.0.join("fifo");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert!(refusal(&fifo).contains("not a regular file"), "and it does not wait for a writer");
        assert!(refusal(&directory.0).contains("not a regular file"));
    }

    #[test]
    fn what_belongs_to_another_user_is_refused() {
        let directory = Directory::new();
        let path = directory.0.join("secret");
        replace_private_file(&path, b"secret").unwrap();
        if std::os::unix::fs::chown(&path, Some(65534), None).is_ok() {
            assert!(refusal(&path).contains("belongs to another user"));
        }
    }
}
