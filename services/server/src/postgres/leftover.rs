//! A server that a killed parent left behind.

use super::error::PostgresError;
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a server may take to end after each signal.
const PATIENCE: [(Signal, Duration); 3] = [
    (Signal::INT, Duration::from_secs(10)),
    (Signal::QUIT, Duration::from_secs(6)),
    (Signal::KILL, Duration::from_secs(2)),
];

/// Stops the server of an earlier run on `cluster`, if there is one, and removes the pid file of one that is no more.
pub(super) async fn stop(cluster: &Path, progress: &(dyn Fn(&str) + Sync)) -> Result<(), PostgresError> {
    let file = cluster.join("postmaster.pid");
    let Ok(text) = std::fs::read_to_string(&file) else {
        return Ok(());
    };
    if let Some(pid) = postmaster(&text).filter(|pid| serves(*pid, cluster)) {
        progress("stopping the PostgreSQL that an earlier run left behind");
        end(pid, cluster).await?;
    }
    // Another process that has the number by now would make Postgres refuse to start. Postgres itself still notices
    // when a backend of the old server lives on, by the shared memory it is attached to.
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(PostgresError::io("remove", &file)(error))
        }
        _ => Ok(()),
    }
}

async fn end(pid: Pid, cluster: &Path) -> Result<(), PostgresError> {
    for (signal, patience) in PATIENCE {
        if let Err(error) = kill_process(pid, signal) {
            tracing::debug!(pid = pid.as_raw_pid(), %error, "the earlier PostgreSQL took no signal");
        }
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if !serves(pid, cluster) {
                return Ok(());
            }
            sleep(Duration::from_millis(10)).await;
        }
    }
    Err(PostgresError::Leftover { pid: pid.as_raw_pid().unsigned_abs() })
}

/// The process that a pid file names.
fn postmaster(pid_file: &str) -> Option<Pid> {
    Pid::from_raw(pid_file.lines().next()?.trim().parse::<i32>().ok().filter(|pid| *pid > 1)?)
}

/// Whether a process lives and is the server of this cluster: a server works in its cluster's directory. A process that
/// has ended and waits for its parent works nowhere.
#[cfg(target_os = "linux")]
fn serves(pid: Pid, cluster: &Path) -> bool {
    let process = Path::new("/proc").join(pid.as_raw_pid().to_string());
    std::fs::read_link(process.join("cwd")).is_ok_and(|directory| directory == cluster)
        && std::fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim() == "postgres")
}

/// Whether a process lives and is the server of this cluster, by its command line.
#[cfg(not(target_os = "linux"))]
fn serves(pid: Pid, cluster: &Path) -> bool {
    let listed = std::process::Command::new("ps")
        .args(["-ww", "-o", "command=", "-p", &pid.as_raw_pid().to_string()])
        .stdin(std::process::Stdio::null())
        .output();
    listed.is_ok_and(|listed| {
        String::from_utf8_lossy(&listed.stdout).contains(&format!("postgres -D {} ", cluster.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::scratch::Scratch;
    use super::*;
    use std::process::Command;

    #[test]
    fn pid_files_are_read() {
        assert_eq!(postmaster("4711\n/data\n"), Pid::from_raw(4711));
        for text in ["", "\n", "x\n", "-5\n", "0\n", "1\n", "99999999999\n"] {
            assert_eq!(postmaster(text), None, "{text:?}");
        }
    }

    #[tokio::test]
    async fn a_recycled_number_is_spared_and_its_file_removed() {
        let scratch = Scratch::new();
        let mut stranger = Command::new("sleep").arg("60").spawn().unwrap();
        let file = scratch.path().join("postmaster.pid");
        std::fs::write(&file, format!("{}\n", stranger.id())).unwrap();
        stop(scratch.path(), &|line| panic!("{line}")).await.unwrap();
        assert!(stranger.try_wait().unwrap().is_none(), "a stranger was stopped");
        assert!(!file.exists());
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }

    #[tokio::test]
    async fn no_pid_file_is_no_leftover() {
        let scratch = Scratch::new();
        stop(scratch.path(), &|line| panic!("{line}")).await.unwrap();
    }
}
