//! The running server: started, watched, stopped.

use super::account::Account;
use super::binaries::Binaries;
use super::error::PostgresError;
use super::place::{PORT, Place};
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::Child;
use tokio::time::{Instant, sleep, timeout};

/// Settings that hold whatever the cluster's own files say: the command line comes first. Durability is not a choice;
/// the log holds neither statements nor the values in them; commit times are there for whoever must know the order.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "max_connections=50",
    "shared_buffers=128MB",
    "track_commit_timestamp=on",
    "timezone=UTC",
    "log_timezone=UTC",
    "lc_messages=C",
    "log_destination=stderr",
    "logging_collector=off",
    "log_statement=none",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "jit=off",
];

const STEP: Duration = Duration::from_millis(5);
/// Replaying the log after a crash takes its time.
const READY_LIMIT: Duration = Duration::from_mins(2);
const STOP_LIMIT: Duration = Duration::from_secs(10);
const QUIT_LIMIT: Duration = Duration::from_secs(6);
/// How long the backends of a killed server may take to notice.
const ORPHANS_LIMIT: Duration = Duration::from_secs(10);
/// A log longer than this many bytes is put aside at the next start.
const LOG_LIMIT: u64 = 4 << 20;

/// A server process and its log.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    log: Log,
}

impl Server {
    /// Starts the server and waits until it takes connections.
    pub(super) async fn start(
        place: &Place,
        binaries: &Binaries,
        account: Account,
        socket_directory: &Path,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<Self, PostgresError> {
        let deadline = Instant::now() + ORPHANS_LIMIT;
        loop {
            let mut server = Self::spawn(place, binaries, account, socket_directory)?;
            match server.ready(&place.cluster(), progress).await {
                Ok(()) => return Ok(server),
                Err(PostgresError::NotStarted { tail, .. })
                    if tail.contains("is still in use") && Instant::now() < deadline =>
                {
                    sleep(20 * STEP).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn spawn(
        place: &Place,
        binaries: &Binaries,
        account: Account,
        socket_directory: &Path,
    ) -> Result<Self, PostgresError> {
        let (log, output) = Log::open(place.home.join("server.log"))?;
        let errors = output.try_clone().map_err(PostgresError::io("open", &log.path))?;
        let mut command = account.command(&binaries.postgres());
        command.arg("-D").arg(place.cluster());
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        let mut set = |name: &str, value: &Path| {
            let mut setting = OsString::from(name);
            setting.push("=");
            setting.push(value);
            command.arg("-c").arg(setting);
        };
        set("unix_socket_directories", socket_directory);
        set("hba_file", &place.home.join("pg_hba.conf"));
        set("ident_file", &place.home.join("pg_ident.conf"));
        set("port", Path::new(&PORT.to_string()));
        // A Ctrl-C in the terminal goes to the terminal's process group: the service drains first, then stops Postgres.
        command.process_group(0).stdout(output).stderr(errors).stdin(Stdio::null());
        let child = command.spawn().map_err(PostgresError::io("run", &binaries.postgres()))?;
        Ok(Self { child, log })
    }

    async fn ready(&mut self, cluster: &Path, progress: &(dyn Fn(&str) + Sync)) -> Result<(), PostgresError> {
        let started = Instant::now();
        let mut said = false;
        loop {
            if let Some(status) = self.child.try_wait().map_err(PostgresError::io("watch", &self.log.path))? {
                let (log, tail) = self.log.end();
                return Err(PostgresError::NotStarted { status: status.to_string(), log, tail });
            }
            let text = std::fs::read_to_string(cluster.join("postmaster.pid")).unwrap_or_default();
            if self.child.id().is_some_and(|pid| takes_connections(&text, pid)) {
                return Ok(());
            }
            if started.elapsed() > READY_LIMIT {
                let (log, tail) = self.log.end();
                return Err(PostgresError::NotReady { seconds: READY_LIMIT.as_secs(), log, tail });
            }
            if !said && started.elapsed() > Duration::from_secs(2) {
                said = true;
                progress("waiting until PostgreSQL has replayed its log");
            }
            sleep(STEP).await;
        }
    }

    /// Resolves when the server ends without having been told to.
    pub(super) async fn exited(&mut self) -> PostgresError {
        let status = describe(self.child.wait().await);
        let (log, tail) = self.log.end();
        PostgresError::Died { status, log, tail }
    }

    /// Ends the server: sessions are cut off, what is committed is written.
    pub(super) async fn stop(&mut self) -> Result<(), PostgresError> {
        for (signal, limit) in [(Signal::INT, STOP_LIMIT), (Signal::QUIT, QUIT_LIMIT)] {
            self.signal(signal);
            if timeout(limit, self.child.wait()).await.is_ok() {
                return Ok(());
            }
        }
        let pid = self.child.id().unwrap_or_default();
        self.child.kill().await.map_err(PostgresError::io("stop", &self.log.path))?;
        Err(PostgresError::Killed { pid })
    }

    /// Has no effect once the process has ended and its number may be another's.
    fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        if let Some(Err(error)) = pid.map(|pid| kill_process(pid, signal)) {
            tracing::warn!(%error, "PostgreSQL took no signal");
        }
    }
}

impl Drop for Server {
    /// A server that nobody stopped is told to end, without being waited for.
    fn drop(&mut self) {
        self.signal(Signal::INT);
    }
}

/// Whether a pid file says that the process `pid` takes connections: its eighth line is what `pg_ctl` waits for.
fn takes_connections(pid_file: &str, pid: u32) -> bool {
    let mut lines = pid_file.lines();
    lines.next().is_some_and(|line| line.trim().parse() == Ok(pid))
        && lines.nth(6).is_some_and(|line| line.trim() == "ready")
}

fn describe(status: std::io::Result<ExitStatus>) -> String {
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}

/// The server's log file, and where this run's part of it begins.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    begin: u64,
}

impl Log {
    fn open(path: PathBuf) -> Result<(Self, File), PostgresError> {
        if std::fs::metadata(&path).is_ok_and(|found| found.len() > LOG_LIMIT) {
            std::fs::rename(&path, path.with_extension("log.1"))
                .map_err(PostgresError::io("put aside", &path))?;
        }
        let opened = File::options().append(true).create(true).mode(0o600).open(&path);
        let file = opened.map_err(PostgresError::io("open", &path))?;
        let begin = file.metadata().map_err(PostgresError::io("inspect", &path))?.len();
        Ok((Self { path, begin }, file))
    }

    /// The file's name and the last lines that this run wrote.
    fn end(&self) -> (PathBuf, String) {
        let mut bytes = Vec::new();
        let read = File::open(&self.path).and_then(|mut file| {
            let begin = file.metadata()?.len().saturating_sub(8192).max(self.begin);
            file.seek(SeekFrom::Start(begin))?;
            file.read_to_end(&mut bytes)
        });
        let tail = read.map_or_else(|error| error.to_string(), |_| last_lines(&bytes));
        (self.path.clone(), tail)
    }
}

/// The last lines of what a program wrote, in one line.
pub(super) fn last_lines(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return "nothing".to_owned();
    }
    lines[lines.len().saturating_sub(6)..].join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_is_the_eighth_line_of_our_own_process() {
        let file = |status: &str| format!("42\n/data\n1700000000\n5432\n/run/x\n\n  1 2\n{status}\n");
        assert!(takes_connections(&file("ready   "), 42));
        assert!(!takes_connections(&file("ready   "), 43));
        assert!(!takes_connections(&file("starting"), 42));
        assert!(!takes_connections("42\n/data\n1700000000\n", 42));
        assert!(!takes_connections("", 42));
    }

    #[test]
    fn the_end_of_an_output_is_one_line() {
        assert_eq!(last_lines(b""), "nothing");
        assert_eq!(last_lines(b"1\n2\n3\n\n4\n5\n6\n7\n"), "2 | 3 | 4 | 5 | 6 | 7");
    }
}
