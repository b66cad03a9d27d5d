//! The private Postgres of `hallmark dev`, against the Postgres of this system: as root and as an ordinary user.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its timings"
)]

use hallmark_server::chance::Chance;
use hallmark_server::postgres::{Install, Options, Postgres, PostgresError, start};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A data directory, removed at the end of a test together with the cluster it names.
struct Data(PathBuf);

impl Data {
    fn new() -> Self {
        let parent = std::env::temp_dir().canonicalize().unwrap();
        Self(tempfile::Builder::new().prefix("hallmark-test-").tempdir_in(parent).unwrap().keep())
    }

    fn path(&self) -> PathBuf {
        self.0.join("data")
    }

    fn options(&self) -> Options {
        options(self.path())
    }

    /// Where the cluster's home is.
    fn home(&self) -> PathBuf {
        let id = std::fs::read_to_string(self.path().join("cluster-id")).unwrap_or_default();
        if is_root() && !id.is_empty() {
            Path::new("/var/lib/hallmark").join(id.trim())
        } else {
            self.path().join("postgres")
        }
    }

    fn postmaster(&self) -> i32 {
        let text = std::fs::read_to_string(self.home().join("cluster/postmaster.pid")).unwrap();
        text.lines().next().unwrap().parse().unwrap()
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.home());
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn options(data_dir: PathBuf) -> Options {
    Options {
        data_dir,
        binaries: None,
        install: Install::Never,
        new_cluster_id: Chance::default().octets().unwrap(),
        path: Some("/usr/bin:/bin".into()),
        runtime_dir: None,
    }
}

/// Starts, and returns what was said about it.
async fn started(options: &Options) -> (Postgres, Vec<String>) {
    let begin = Instant::now();
    let mut tries = 0;
    let (postgres, said) = loop {
        let said = Mutex::new(Vec::new());
        match start(options, &|line| said.lock().unwrap().push(line.to_owned())).await {
            // Another test may be starting a program right now: its child holds a copy of the lock until it executes.
            Err(PostgresError::InUse { .. }) if tries < 500 => tries += 1,
            postgres => break (postgres.unwrap(), said.into_inner().unwrap()),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    println!("{:?} {said:?}", begin.elapsed());
    (postgres, said)
}

async fn stopped(postgres: Postgres) {
    let (begin, socket) = (Instant::now(), socket_directory(postgres.url()));
    postgres.stop().await.unwrap();
    println!("{:?} to stop", begin.elapsed());
    assert!(!socket.exists(), "{} stays", socket.display());
}

fn psql(url: &str, sql: &str) -> Result<String, String> {
    ask(Command::new("psql").arg(url), sql)
}

fn ask(command: &mut Command, sql: &str) -> Result<String, String> {
    // A variable that names another server must not win over the URL.
    command.args(["-X", "-At", "-v", "ON_ERROR_STOP=1", "-c", sql]).env("PGPORT", "1").current_dir("/");
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    if output.status.success() { Ok(out.trim().to_owned()) } else { Err(err) }
}

fn socket_directory(url: &str) -> PathBuf {
    PathBuf::from(url.split_once("?host=").unwrap().1)
}

fn kill(pid: i32, signal: &str) {
    assert!(Command::new("/bin/kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

fn lives(pid: i32) -> bool {
    // A process that has ended and waits for its parent has no command line.
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

#[tokio::test]
async fn it_is_durable_private_and_still_there_the_second_time() {
    let data = Data::new();
    let (postgres, said) = started(&data.options()).await;
    assert!(said.iter().any(|line| line.contains("creating")), "{said:?}");
    for (setting, value) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("track_commit_timestamp", "on"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("lc_messages", "C"),
        ("max_connections", "50"),
        ("shared_buffers", "128MB"),
        ("TimeZone", "UTC"),
    ] {
        assert_eq!(psql(postgres.url(), &format!("SHOW {setting}")).unwrap(), value, "{setting}");
    }
    let role = "SELECT current_user, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication
                FROM pg_roles WHERE rolname = current_user";
    assert_eq!(psql(postgres.url(), role).unwrap(), "hallmark|f|t|f|f|f");
    psql(postgres.url(), "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7); CREATE ROLE hallmark_app")
        .unwrap();

    let socket = socket_directory(postgres.url());
    for directory in [&data.path(), &data.home().join("cluster"), &socket] {
        let mode = std::fs::metadata(directory).unwrap().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", directory.display());
    }
    assert_eq!(std::fs::metadata(data.home().join("server.log")).unwrap().mode() & 0o777, 0o600);
    assert_eq!(postgres.home(), data.home());
    let pid = data.postmaster();
    assert_eq!(rustix::process::getpgid(rustix::process::Pid::from_raw(pid)).unwrap().as_raw_pid(), pid);
    stopped(postgres).await;
    assert!(!lives(pid) && !socket.exists());

    let (postgres, said) = started(&data.options()).await;
    assert!(!said.iter().any(|line| line.contains("creating") || line.contains("left behind")), "{said:?}");
    assert_eq!(psql(postgres.url(), "SELECT n FROM kept").unwrap(), "7");
    stopped(postgres).await;
}

#[tokio::test]
async fn nobody_else_enters() {
    let data = Data::new();
    let (postgres, _) = started(&data.options()).await;
    for (from, to) in
        [("//hallmark@", "//postgres@"), ("/hallmark?", "/postgres?"), ("/hallmark?", "/template1?")]
    {
        let refused = psql(&postgres.url().replace(from, to), "SELECT 1").unwrap_err();
        assert!(refused.contains("no pg_hba.conf entry"), "{refused}");
    }
    if is_root() {
        // The user that runs Postgres reaches the socket, and is still not the service.
        let owner = std::fs::metadata(socket_directory(postgres.url())).unwrap();
        let mut command = Command::new("psql");
        command.arg(postgres.url()).uid(owner.uid()).gid(owner.gid());
        let refused = ask(&mut command, "SELECT 1").unwrap_err();
        assert!(refused.contains("Peer authentication failed"), "{refused}");
    }
    stopped(postgres).await;
}

#[tokio::test]
async fn two_run_side_by_side_and_one_directory_is_for_one() {
    let (one, other) = (Data::new(), Data::new());
    let (options, others) = (one.options(), other.options());
    let ((first, _), (second, _)) = tokio::join!(started(&options), started(&others));
    assert_ne!(first.url(), second.url());
    psql(first.url(), "CREATE TABLE mine ()").unwrap();
    assert!(psql(second.url(), "TABLE mine").unwrap_err().contains("does not exist"));

    let sentence = start(&options, &|line| panic!("{line}")).await.unwrap_err().to_string();
    assert!(sentence.contains("in use by another hallmark (process"), "{sentence}");
    assert!(sentence.contains("--data-dir"), "{sentence}");
    assert_eq!(psql(first.url(), "SELECT 1").unwrap(), "1");

    // A copy of a data directory names the same cluster or the same socket.
    let copy = Data::new();
    std::fs::DirBuilder::new().mode(0o700).create(copy.path()).unwrap();
    std::fs::copy(one.path().join("cluster-id"), copy.path().join("cluster-id")).unwrap();
    let error = start(&copy.options(), &|_| ()).await.unwrap_err();
    assert!(matches!(error, PostgresError::InUse { .. }), "{error}");
    std::fs::remove_file(copy.path().join("cluster-id")).unwrap();
    stopped(first).await;
    stopped(second).await;
}

/// Run by the next tests in a process of its own: serves from the working directory's `data` until it is killed.
#[tokio::test]
#[ignore = "the other half of the tests with a killed parent"]
async fn a_parent_to_be_killed() {
    let (postgres, _) = started(&options(std::env::current_dir().unwrap().join("data"))).await;
    std::fs::write("url", postgres.url()).unwrap();
    std::fs::rename("url", "serving").unwrap();
    std::future::pending::<()>().await;
}

/// A server whose parent was killed the hard way; returns the server's process.
async fn orphan(data: &Data) -> i32 {
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "a_parent_to_be_killed"])
        .current_dir(&data.0)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    while !data.0.join("serving").exists() {
        assert!(
            parent.try_wait().unwrap().is_none() && Instant::now() < deadline,
            "the parent serves nothing"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let url = std::fs::read_to_string(data.0.join("serving")).unwrap();
    psql(&url, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)").unwrap();
    parent.kill().unwrap();
    parent.wait().unwrap();
    data.postmaster()
}

#[tokio::test]
async fn a_server_that_a_killed_parent_left_behind_is_replaced() {
    let data = Data::new();
    let old = orphan(&data).await;
    assert!(lives(old), "nothing was left behind");
    let (postgres, said) = started(&data.options()).await;
    assert!(said.iter().any(|line| line.contains("left behind")), "{said:?}");
    assert!(!lives(old));
    assert_ne!(data.postmaster(), old);
    assert_eq!(psql(postgres.url(), "SELECT n FROM kept").unwrap(), "7");
    stopped(postgres).await;
}

#[tokio::test]
async fn a_server_that_was_killed_too_is_recovered() {
    let data = Data::new();
    let old = orphan(&data).await;
    kill(old, "-KILL");
    let (postgres, said) = started(&data.options()).await;
    assert!(!said.iter().any(|line| line.contains("creating")), "{said:?}");
    assert_eq!(psql(postgres.url(), "SELECT n FROM kept").unwrap(), "7");
    stopped(postgres).await;
}

#[tokio::test]
async fn a_process_of_a_killed_server_is_waited_for() {
    let data = Data::new();
    let old = orphan(&data).await;
    let children = std::fs::read_to_string(format!("/proc/{old}/task/{old}/children")).unwrap();
    let child: i32 = children.split_whitespace().next().unwrap().parse().unwrap();
    // It may still write to the cluster when it wakes up, so no other server may begin before.
    kill(child, "-STOP");
    kill(old, "-KILL");
    let options = data.options();
    let awake = AtomicBool::new(false);
    let wake = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        awake.store(true, Ordering::SeqCst);
        kill(child, "-CONT");
    };
    let second = async {
        let (postgres, _) = started(&options).await;
        assert!(awake.load(Ordering::SeqCst), "a second server ran");
        postgres
    };
    let (postgres, ()) = tokio::join!(second, wake);
    assert!(!lives(child));
    assert_eq!(psql(postgres.url(), "SELECT n FROM kept").unwrap(), "7");
    stopped(postgres).await;
}

#[tokio::test]
async fn a_pid_file_with_the_number_of_a_stranger_is_stale() {
    let data = Data::new();
    let (postgres, _) = started(&data.options()).await;
    stopped(postgres).await;
    // Postgres alone would take this living process for its predecessor.
    let owner = std::fs::metadata(data.home().join("cluster")).unwrap();
    let mut stranger = Command::new("sleep").arg("60").uid(owner.uid()).gid(owner.gid()).spawn().unwrap();
    std::fs::write(data.home().join("cluster/postmaster.pid"), format!("{}\n", stranger.id())).unwrap();
    let (postgres, _) = started(&data.options()).await;
    assert!(stranger.try_wait().unwrap().is_none());
    stopped(postgres).await;
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[tokio::test]
async fn a_server_dropped_without_stop_ends_and_the_next_start_waits_for_it() {
    let data = Data::new();
    let (postgres, _) = started(&data.options()).await;
    let old = data.postmaster();
    drop(postgres);
    let (postgres, _) = started(&data.options()).await;
    assert!(!lives(old));
    assert_eq!(psql(postgres.url(), "SELECT 1").unwrap(), "1");
    stopped(postgres).await;
}

#[tokio::test]
async fn an_incomplete_cluster_is_begun_anew() {
    let data = Data::new();
    let mut options = data.options();
    let (postgres, _) = started(&options).await;
    stopped(postgres).await;
    let home = data.home();
    std::fs::rename(home.join("cluster"), home.join("cluster.new-1234")).unwrap();
    options.new_cluster_id[0] ^= 0xff;
    let (postgres, said) = started(&options).await;
    assert!(said.iter().any(|line| line.contains("creating")), "{said:?}");
    assert!(!home.join("cluster.new-1234").exists());
    stopped(postgres).await;
}

#[tokio::test]
async fn the_death_of_the_server_is_noticed() {
    let data = Data::new();
    let (mut postgres, _) = started(&data.options()).await;
    let early = tokio::time::timeout(Duration::from_millis(100), postgres.exited()).await;
    assert!(early.is_err(), "{early:?}");
    kill(data.postmaster(), "-QUIT");
    let error = tokio::time::timeout(Duration::from_secs(10), postgres.exited()).await.unwrap();
    assert!(matches!(error, PostgresError::Died { .. }), "{error}");
    assert!(error.to_string().contains("immediate shutdown"), "{error}");
    stopped(postgres).await;
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let data = Data::new();
    let (postgres, _) = started(&data.options()).await;
    let socket = socket_directory(postgres.url());
    stopped(postgres).await;
    std::fs::write(data.home().join("cluster/postgresql.auto.conf"), "no_such_setting = 1\n").unwrap();
    let error = start(&data.options(), &|_| ()).await.unwrap_err();
    assert!(matches!(error, PostgresError::NotStarted { .. }), "{error}");
    assert!(error.to_string().contains("no_such_setting"), "{error}");
    assert!(!socket.exists(), "{} stays", socket.display());
}

#[tokio::test]
async fn missing_programs_are_one_sentence_and_leave_no_lock() {
    let data = Data::new();
    let empty = data.0.join("empty");
    std::fs::create_dir(&empty).unwrap();
    let options = Options { binaries: Some(empty), install: Install::WhenMissing, ..data.options() };
    let sentence = start(&options, &|line| panic!("{line}")).await.unwrap_err().to_string();
    assert!(sentence.contains("--postgres-bin") && sentence.contains("initdb is missing"), "{sentence}");
    let (postgres, _) = started(&data.options()).await;
    stopped(postgres).await;
}
