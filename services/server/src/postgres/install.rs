//! Installing the system's Postgres package, when that was asked for.

use super::account::is_root;
use super::error::PostgresError;
use super::server::last_lines;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// Whether a missing Postgres may be installed (`--install-postgres`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Install {
    /// Say that it is missing.
    Never,
    /// Install the system's package when no binaries are found, or say what to type.
    WhenMissing,
}

/// A package manager and its words.
struct Manager {
    program: &'static str,
    package: &'static str,
    line: &'static str,
    /// Homebrew refuses root; the others demand it.
    by_root: bool,
}

const APT: Manager = Manager {
    program: "apt-get",
    package: "postgresql",
    line: "apt-get update && apt-get install -y postgresql",
    by_root: true,
};

const MANAGERS: &[Manager] = &[
    APT,
    Manager {
        program: "dnf",
        package: "postgresql-server",
        line: "dnf install -y postgresql-server",
        by_root: true,
    },
    Manager { program: "apk", package: "postgresql", line: "apk add postgresql", by_root: true },
    Manager { program: "brew", package: "postgresql@17", line: "brew install postgresql@17", by_root: false },
];

/// Where Debian's scripts look for settings of the cluster that they make with the package.
const NO_CLUSTER_DIRECTORY: &str = "etc/postgresql-common/createcluster.d";
const NO_CLUSTER_FILE: &str = "hallmark.conf";
const NO_CLUSTER: &str = "# Hallmark makes its own cluster; this file is gone when the package is installed.\n\
                          create_main_cluster = false\n";

/// Deals with missing binaries: installs the package where this process may, otherwise says in one sentence what to do.
/// `path` is the value of `PATH`, `root` the root of the file system.
pub(super) async fn install(
    install: Install,
    path: Option<&OsStr>,
    root: &Path,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<(), PostgresError> {
    let found = MANAGERS.iter().find_map(|manager| Some((manager, program(manager.program, path)?)));
    match (install, found) {
        (Install::Never, found) => {
            Err(PostgresError::Missing { package: found.map_or(APT.package, |(manager, _)| manager.package) })
        }
        (Install::WhenMissing, Some((manager, apt_get))) if manager.program == APT.program && is_root() => {
            progress(
                "installing the package postgresql with apt-get, without the cluster it would start on port 5432",
            );
            let _no_cluster = NoCluster::declare(root)?;
            run(&apt_get, &["update", "-q"]).await?;
            run(&apt_get, &["install", "-y", "-q", "--no-install-recommends", APT.package]).await
        }
        (Install::WhenMissing, found) => {
            let (line, by_root) =
                found.map_or((APT.line, true), |(manager, _)| (manager.line, manager.by_root));
            let sudo = if by_root && !is_root() { "sudo " } else { "" };
            let line =
                line.split(" && ").map(|part| format!("{sudo}{part}")).collect::<Vec<_>>().join(" && ");
            Err(PostgresError::InstallYourself { line })
        }
    }
}

fn program(name: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    path.into_iter()
        .flat_map(std::env::split_paths)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
}

async fn run(apt_get: &Path, arguments: &[&str]) -> Result<(), PostgresError> {
    let failed = |outcome: String| {
        let command = format!("apt-get {}", arguments.join(" "));
        PostgresError::InstallFailed { command, outcome }
    };
    let output = Command::new(apt_get)
        // Another apt that runs right now is waited for, and nobody is asked anything.
        .args(["-o", "DPkg::Lock::Timeout=120"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(format!("{}: {}", output.status, last_lines(&output.stderr))))
}

/// While this lives, Debian's package makes no cluster of its own.
struct NoCluster(PathBuf);

impl NoCluster {
    fn declare(root: &Path) -> Result<Self, PostgresError> {
        let directory = root.join(NO_CLUSTER_DIRECTORY);
        std::fs::create_dir_all(&directory).map_err(PostgresError::io("create", &directory))?;
        let file = directory.join(NO_CLUSTER_FILE);
        std::fs::write(&file, NO_CLUSTER).map_err(PostgresError::io("write", &file))?;
        Ok(Self(file))
    }
}

impl Drop for NoCluster {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::warn!(file = %self.0.display(), %error, "cannot be removed; it keeps Debian from making clusters");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scratch::Scratch;
    use super::*;

    async fn attempt(wish: Install, scratch: &Scratch) -> Result<(), PostgresError> {
        let path = scratch.path().join("bin");
        install(wish, Some(path.as_os_str()), scratch.path(), &|_| ()).await
    }

    #[tokio::test]
    async fn without_leave_the_flag_the_package_and_the_setting_are_named() {
        let scratch = Scratch::new();
        scratch.script("bin/apt-get", &format!("touch {}/touched", scratch.path().display()));
        let sentence = attempt(Install::Never, &scratch).await.unwrap_err().to_string();
        for word in ["--install-postgres", "package postgresql,", "--database-url"] {
            assert!(sentence.contains(word), "{word} in: {sentence}");
        }
        assert!(!sentence.contains('\n') && !sentence.contains(". "), "one sentence: {sentence}");
        assert!(!scratch.path().join("touched").exists());
    }

    #[tokio::test]
    async fn other_managers_get_a_line_to_type() {
        let scratch = Scratch::new();
        scratch.script("bin/apk", "exit 1");
        let sentence = attempt(Install::WhenMissing, &scratch).await.unwrap_err().to_string();
        let sudo = if is_root() { "" } else { "sudo " };
        assert!(sentence.contains(&format!("`{sudo}apk add postgresql`")), "{sentence}");
    }

    #[tokio::test]
    async fn apt_is_run_by_root_alone_and_told_to_make_no_cluster() {
        let scratch = Scratch::new();
        let root = scratch.path().display();
        scratch.script(
            "bin/apt-get",
            &format!(
                "/bin/echo \"$@\" >>{root}/calls; /bin/cat {root}/{NO_CLUSTER_DIRECTORY}/* >>{root}/settings"
            ),
        );
        let outcome = attempt(Install::WhenMissing, &scratch).await;
        let calls = std::fs::read_to_string(scratch.path().join("calls")).unwrap_or_default();
        if !is_root() {
            let sentence = outcome.unwrap_err().to_string();
            assert!(
                sentence.contains("`sudo apt-get update && sudo apt-get install -y postgresql`"),
                "{sentence}"
            );
            assert_eq!(calls, "");
            return;
        }
        outcome.unwrap();
        assert!(calls.lines().next().unwrap().contains("update"), "{calls}");
        assert!(
            calls.lines().nth(1).unwrap().ends_with("install -y -q --no-install-recommends postgresql"),
            "{calls}"
        );
        let settings = std::fs::read_to_string(scratch.path().join("settings")).unwrap();
        assert!(settings.contains("create_main_cluster = false"), "{settings}");
        assert!(!scratch.path().join(NO_CLUSTER_DIRECTORY).join(NO_CLUSTER_FILE).exists(), "left behind");
    }

    #[tokio::test]
    async fn a_failing_apt_is_quoted() {
        let scratch = Scratch::new();
        scratch.script("bin/apt-get", "echo 'E: no network' >&2; exit 100");
        let sentence = attempt(Install::WhenMissing, &scratch).await.unwrap_err().to_string();
        assert_eq!(sentence.contains("E: no network"), is_root(), "{sentence}");
    }
}
