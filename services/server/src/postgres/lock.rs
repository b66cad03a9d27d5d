//! Locks that end with the process, however it ends.

use super::error::PostgresError;
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use rustix::io::Errno;
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

/// A lock on a directory; dropping it gives it back.
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    /// Locks `directory` through its file `lock`, which names the holder.
    pub fn through_file(directory: &Path) -> Result<Self, PostgresError> {
        let path = directory.join("lock");
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = open(&path, flags, Mode::RUSR | Mode::WUSR).map_err(PostgresError::io("open", &path))?;
        let mut file = File::from(file);
        if !taken(&file).map_err(PostgresError::io("lock", &path))? {
            let mut text = String::new();
            let holder = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
            return Err(PostgresError::InUse { directory: directory.to_owned(), holder });
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(PostgresError::io("write", &path))?;
        Ok(Self(file))
    }

    /// Opens and locks the directory itself, which must be one and no link to one.
    pub(super) fn of_directory(directory: &Path) -> Result<Self, PostgresError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = match open(directory, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::LOOP | Errno::NOTDIR | Errno::ACCESS) => {
                return Err(PostgresError::Squatted { directory: directory.to_owned() });
            }
            Err(error) => return Err(PostgresError::io("open", directory)(error)),
        };
        if taken(&file).map_err(PostgresError::io("lock", directory))? {
            Ok(Self(file))
        } else {
            Err(PostgresError::InUse { directory: directory.to_owned(), holder: None })
        }
    }

    /// The open file or directory.
    pub(super) fn file(&self) -> &File {
        &self.0
    }
}

fn taken(file: &File) -> Result<bool, Errno> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scratch::Scratch;
    use super::*;

    #[test]
    fn a_second_lock_names_the_holder_until_the_first_is_gone() {
        let scratch = Scratch::new();
        let first = Lock::through_file(scratch.path()).unwrap();
        let sentence = Lock::through_file(scratch.path()).unwrap_err().to_string();
        assert!(
            sentence.contains(&format!("in use by another hallmark (process {})", std::process::id())),
            "{sentence}"
        );
        drop(first);
        // Another test may be starting a program right now: its child holds a copy of the lock until it executes.
        let freed = (0..500).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            Lock::through_file(scratch.path()).is_ok()
        });
        assert!(freed);
    }

    #[test]
    fn a_link_is_no_directory() {
        let scratch = Scratch::new();
        let link = scratch.path().join("link");
        std::os::unix::fs::symlink(scratch.path(), &link).unwrap();
        assert!(matches!(Lock::of_directory(&link), Err(PostgresError::Squatted { .. })));
        let _held = Lock::of_directory(scratch.path()).unwrap();
        assert!(matches!(Lock::of_directory(scratch.path()), Err(PostgresError::InUse { .. })));
    }
}
