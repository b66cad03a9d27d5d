//! A directory for a test, removed at its end.

use std::fs::{Permissions, create_dir_all, set_permissions, write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

pub(super) struct Scratch(TempDir);

impl Scratch {
    pub(super) fn new() -> Self {
        let parent = std::env::temp_dir().canonicalize().unwrap();
        let directory = tempfile::Builder::new().prefix("hallmark-unit-").tempdir_in(parent).unwrap();
        set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
        Self(directory)
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// An executable shell script.
    pub(super) fn script(&self, file: &str, body: &str) {
        let (file, text) = (self.path().join(file), self.path().join("text"));
        create_dir_all(file.parent().unwrap()).unwrap();
        write(&text, format!("#!/bin/sh\n{body}\n")).unwrap();
        // Written by this process it could not be run while a program that another test starts holds it open.
        let copied = Command::new("install").args(["-m", "755"]).args([&text, &file]).status().unwrap();
        assert!(copied.success());
    }

    /// Programs that say they are Postgres of `version`.
    pub(super) fn programs(&self, directory: &str, version: &str) {
        self.script(&format!("{directory}/initdb"), "exit 1");
        self.script(&format!("{directory}/postgres"), &format!("echo 'postgres (PostgreSQL) {version}'"));
    }
}
