//! `hallmark crl export`: the files are what the listener serves, at the same paths.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use hallmark_pki::Crl;
use hallmark_server::command;
use hallmark_server::config::{Command, CommandLine};
use hallmark_tests::publication::{PUBLIC_URL, Published, lists};
use std::path::Path;

async fn export(settings: &Path, directory: &Path) -> anyhow::Result<()> {
    use clap::Parser as _;
    let words = ["hallmark", "crl", "export", "--config"].map(Path::new);
    let words = words.into_iter().chain([settings, Path::new("--directory"), directory]);
    let Command::Crl(crl) = CommandLine::try_parse_from(words)?.command else {
        anyhow::bail!("another command")
    };
    command::crl(crl).await
}

/// Every file below a directory, by its path there.
fn files(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_files_are_what_the_listener_serves() {
    let service = Published::start().await;
    let folder = tempfile::tempdir().expect("a directory");
    let settings = service.deployment.settings(folder.path(), PUBLIC_URL);
    let signed = service.sign("single").await;
    let other = service.deployment.another_account(222_222_222_222).await;
    service.revoke(&signed, 0, &service.replicas[0]).await;
    let host = folder.path().join("host");
    export(&settings, &host).await.expect("exported");

    let list = |path: &str| std::fs::read(host.join(path.trim_start_matches('/'))).expect("a file");
    let root = format!("/crl/{}/0.crl", signed.chain[2].serial_number());
    // Nobody has asked for them yet: the command made them, and the listener serves what was published.
    for path in [&root, &signed.crl_path()] {
        assert_eq!(service.public[1].get(path).await.body, list(path), "{path}");
    }
    let crl = Crl::from_der(&list(&signed.crl_path())).expect("a CRL");
    crl.check_issued_by(signed.issuer()).expect("its issuer's");
    assert!(lists(&crl, signed.serial_number()));
    let written = files(&host);
    assert_eq!(written.len(), 3, "the root's, and one of each account: {written:?}");
    assert!(written.iter().all(|path| path.ends_with("/0.crl")), "{written:?}");
    let store = service.deployment.store().await;
    let ids = store.view(&other).await.expect("an account").issuer_ids().await.expect("its issuing CAs");
    assert!(written.iter().any(|path| path.contains(&ids[0].to_string())), "{written:?}");
    store.close().await;

    // Again, over what is there; and not at all where one of the places cannot be written.
    export(&settings, &host).await.expect("exported again");
    assert_eq!(files(&host), written);
    let blocked = folder.path().join("blocked");
    std::fs::create_dir_all(blocked.join("crl")).expect("a directory");
    std::fs::write(blocked.join("crl").join(ids[0].to_string()), "in the way").expect("a file");
    export(&settings, &blocked).await.expect_err("a file stands where a folder has to be");
    assert_eq!(files(&blocked).len(), 1, "nothing was put in place: {:?}", files(&blocked));
    service.end().await;
}
