//! Programs that are started, and what that costs.

use nix::sys::resource::{UsageWho, getrusage};
use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The word with which this program starts another, waits for it and says what memory it took.
pub(crate) const MEASURE: &str = "measure";

/// A program, its words, what it reads and what it finds in its environment, which holds nothing else.
#[derive(Debug, Clone)]
pub(crate) struct Child {
    pub(crate) program: PathBuf,
    pub(crate) words: Vec<String>,
    pub(crate) input: Vec<u8>,
    pub(crate) variables: Vec<(&'static str, String)>,
}

impl Child {
    /// Runs it to its good end; answers with what it printed.
    pub(crate) fn run(&self) -> Vec<u8> {
        self.finish(Command::new(&self.program).args(&self.words))
    }

    /// How long it takes from its start until its end was seen.
    pub(crate) fn time(&self) -> Duration {
        let began = Instant::now();
        self.run();
        began.elapsed()
    }

    /// The most memory that it had resident at once, in octets. A process begins with what its parent has resident, so
    /// a small one starts it.
    pub(crate) fn memory(&self) -> u64 {
        let this = std::env::current_exe().expect("this program's own place");
        let said = self.finish(Command::new(this).arg(MEASURE).arg(&self.program).args(&self.words));
        let said = String::from_utf8(said).expect("text");
        said.lines().last().and_then(|line| line.parse().ok()).expect("a number of octets")
    }

    fn finish(&self, command: &mut Command) -> Vec<u8> {
        let path = ("PATH", "/usr/bin:/bin".to_owned());
        let mut started = command
            .env_clear()
            .envs(self.variables.iter().cloned().chain([path]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut input = started.stdin.take().expect("a pipe");
        // A program that reads nothing may have ended.
        let _ = input.write_all(&self.input);
        drop(input);
        let ended = started.wait_with_output().expect("it ends");
        assert!(ended.status.success(), "{self:?} ended with {}", ended.status);
        ended.stdout
    }
}

/// Runs the program that these words name, and prints, after what it printed, the most memory that it took.
pub(crate) fn measure(words: &[OsString]) {
    let (program, words) = words.split_first().expect("a program");
    let status = Command::new(program).args(words).status().expect("it starts");
    assert!(status.success(), "it ended with {status}");
    let kibibytes = getrusage(UsageWho::RUSAGE_CHILDREN).expect("usage").max_rss();
    println!("\n{}", kibibytes * 1024);
}

/// What a program cost, run after run.
#[derive(Debug, Default)]
pub(crate) struct Cost {
    times: Vec<Duration>,
    memory: u64,
}

impl Cost {
    pub(crate) fn add_time(&mut self, time: Duration) {
        self.times.push(time);
        self.times.sort_unstable();
    }

    pub(crate) fn add_memory(&mut self, octets: u64) {
        self.memory = self.memory.max(octets);
    }

    /// In milliseconds.
    pub(crate) fn median(&self) -> f64 {
        self.times[self.times.len() / 2].as_secs_f64() * 1e3
    }

    /// In milliseconds.
    pub(crate) fn p99(&self) -> f64 {
        self.times[self.times.len() * 99 / 100].as_secs_f64() * 1e3
    }

    /// In mebibytes.
    pub(crate) fn memory(&self) -> f64 {
        f64::from(u32::try_from(self.memory / 1024).expect("less than 4 TiB")) / 1024.0
    }
}
