//! Making a cluster, and the two files that say who may enter.

use super::account::Account;
use super::binaries::Binaries;
use super::error::PostgresError;
use super::place::{Place, sync_directory, write_whole};
use super::server::last_lines;
use std::fs::{DirBuilder, remove_dir_all, rename};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::process::{Output, Stdio};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// Database and role of the service.
pub(super) const NAME: &str = "hallmark";

/// Stands before the name of a cluster that is not complete.
const DRAFT: &str = "cluster.new-";

/// The service may create the group roles its migrations name; it is no superuser. One statement per line: in
/// single-user mode a newline ends a statement.
const BOOTSTRAP: &str = "CREATE ROLE hallmark LOGIN CREATEROLE;\nCREATE DATABASE hallmark OWNER hallmark;\n";

/// Makes the cluster under a draft name and renames it when it is complete: a run that ends in between leaves nothing
/// that a later one would take for a cluster. `tag` tells this run's draft from all others.
pub(super) async fn create(
    place: &Place,
    binaries: &Binaries,
    account: Account,
    tag: [u8; 8],
    progress: &(dyn Fn(&str) + Sync),
) -> Result<(), PostgresError> {
    progress("creating the database cluster");
    remove_drafts(&place.home)?;
    let draft = place.home.join(format!("{DRAFT}{}", hex::encode(tag)));
    DirBuilder::new().mode(0o700).create(&draft).map_err(PostgresError::io("create", &draft))?;
    account.give(&draft)?;

    let mut initdb = account.command(&binaries.initdb());
    initdb.arg("-D").arg(&draft).args([
        "--username=postgres",
        "--auth=peer",
        "--encoding=UTF8",
        "--locale=C",
        "--data-checksums",
        "--no-instructions",
    ]);
    run("initdb", initdb, "").await?;

    let mut single = account.command(&binaries.postgres());
    // Without it an error of a statement would be passed over.
    single.arg("--single").arg("-D").arg(&draft).args(["-c", "exit_on_error=on", "postgres"]);
    run("postgres --single", single, BOOTSTRAP).await?;

    let cluster = place.cluster();
    rename(&draft, &cluster).map_err(PostgresError::io("create", &cluster))?;
    sync_directory(&place.home)
}

/// Writes who may enter: the service's user and root as the role `hallmark`, nobody else and in no other way.
pub(super) fn admit(place: &Place, account: Account, service: &str) -> Result<(), PostgresError> {
    let rules = format!("local {NAME} {NAME} peer map={NAME}\n");
    write_whole(&place.home.join("pg_hba.conf"), 0o640, rules.as_bytes(), |draft| account.show(draft))?;
    write_whole(&place.home.join("pg_ident.conf"), 0o640, ident_map(service).as_bytes(), |draft| {
        account.show(draft)
    })
}

fn ident_map(service: &str) -> String {
    let line = |user: &str| format!("{NAME} \"{user}\" {NAME}\n");
    if service == "root" { line("root") } else { line("root") + &line(service) }
}

fn remove_drafts(home: &Path) -> Result<(), PostgresError> {
    let entries = std::fs::read_dir(home).map_err(PostgresError::io("list", home))?;
    for draft in
        entries.flatten().filter(|entry| entry.file_name().as_encoded_bytes().starts_with(DRAFT.as_bytes()))
    {
        // An initdb without its parent may still write there; its draft has another name than ours.
        if let Err(error) = remove_dir_all(draft.path()) {
            tracing::warn!(directory = %draft.path().display(), %error, "an incomplete cluster stays");
        }
    }
    Ok(())
}

async fn run(step: &'static str, mut command: Command, input: &str) -> Result<(), PostgresError> {
    let failed = |outcome: String| PostgresError::CreateFailed { step, outcome };
    let output = feed(&mut command, input).await.map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(format!("{}: {}", output.status, last_lines(&output.stderr))))
}

async fn feed(command: &mut Command, input: &str) -> std::io::Result<Output> {
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ended before it read everything says why on its own.
        let _broken_pipe = stdin.write_all(input.as_bytes()).await;
    }
    child.wait_with_output().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_names_root_and_the_service_once() {
        assert_eq!(ident_map("root"), "hallmark \"root\" hallmark\n");
        assert_eq!(ident_map("ann lee"), "hallmark \"root\" hallmark\nhallmark \"ann lee\" hallmark\n");
    }

    #[tokio::test]
    async fn a_failing_step_is_quoted() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "cat >/dev/null; echo 'FATAL: no space' >&2; exit 3"]);
        let sentence = run("initdb", command, "input").await.unwrap_err().to_string();
        assert!(sentence.contains("initdb failed") && sentence.contains("FATAL: no space"), "{sentence}");
    }
}
