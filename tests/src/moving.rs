//! A clock that tests put forward, for a deployment's replicas and for its Postgres alike.
//!
//! Postgres runs under libfaketime, which reads by how much from a file, whenever it looks at the time.

use hallmark_server::clock::Clock;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

/// Programs of Postgres that deployments of tests run.
const PROGRAMS: [&str; 2] = ["initdb", "postgres"];

/// A time that only moves forward: with the system's clock, and when it is told to.
pub struct MovingTime {
    directory: TempDir,
    begun: OffsetDateTime,
    clock: Arc<Clock>,
}

impl MovingTime {
    /// The time as it is, until it is moved.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        // Postgres may run as another user.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("its mode");
        let time = Self {
            directory,
            begun: Clock::System.now(),
            clock: Arc::new(Clock::Shifted(AtomicI64::new(0))),
        };
        time.tell_postgres(Duration::ZERO);
        let library = found("/usr/lib", &["faketime/libfaketimeMT.so.1"])
            .or_else(|| found("/usr/lib/faketime", &["libfaketimeMT.so.1"]));
        let library = library.expect("libfaketime is not installed (tests/tools/install)");
        for program in PROGRAMS {
            let real = found("/usr/lib/postgresql", &["bin", program]).expect("Postgres is installed");
            let script = time.directory.path().join(program);
            let words = format!(
                "#!/bin/sh\nexec env LD_PRELOAD={} FAKETIME_TIMESTAMP_FILE={} FAKETIME_NO_CACHE=1 \
                 FAKETIME_DONT_FAKE_MONOTONIC=1 {} \"$@\"\n",
                library.display(),
                time.offset_file().display(),
                real.display()
            );
            fs::write(&script, words).expect("a program");
            fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("its mode");
        }
        time
    }

    /// Where Postgres's programs are, as this time has it.
    pub fn programs(&self) -> &Path {
        self.directory.path()
    }

    /// The clock of replicas and clients.
    pub fn clock(&self) -> &Arc<Clock> {
        &self.clock
    }

    /// When this time began.
    pub fn begun(&self) -> OffsetDateTime {
        self.begun
    }

    /// What time it is.
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// Moves to so long after the beginning, which must not be the past.
    pub fn move_to(&self, since: Duration) {
        let offset = Duration::seconds((self.begun + since - Clock::System.now()).whole_seconds());
        let Clock::Shifted(nanos) = &*self.clock else { panic!("a clock that moves") };
        let wanted = i64::try_from(offset.whole_nanoseconds()).expect("less than centuries");
        assert!(wanted >= nanos.load(Ordering::SeqCst), "time only moves forward");
        self.tell_postgres(offset);
        nanos.store(wanted, Ordering::SeqCst);
    }

    fn offset_file(&self) -> PathBuf {
        self.directory.path().join("offset")
    }

    /// Replaces the file whole: a reader must not find it empty.
    fn tell_postgres(&self, offset: Duration) {
        let unfinished = self.directory.path().join("offset.new");
        fs::write(&unfinished, format!("+{}\n", offset.whole_seconds())).expect("the offset");
        fs::set_permissions(&unfinished, fs::Permissions::from_mode(0o644)).expect("its mode");
        fs::rename(&unfinished, self.offset_file()).expect("the offset");
    }
}

impl Default for MovingTime {
    fn default() -> Self {
        Self::new()
    }
}

/// The last of what lies in some directory below `parent` at this path.
fn found(parent: &str, path: &[&str]) -> Option<PathBuf> {
    let mut directories: Vec<PathBuf> =
        fs::read_dir(parent).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    directories.sort();
    directories
        .iter()
        .rev()
        .map(|directory| path.iter().fold(directory.clone(), |file, part| file.join(part)))
        .find(|file| file.is_file())
}
