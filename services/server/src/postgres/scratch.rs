//! A directory for a test, removed at its end.

use std::fs::{Permissions, create_dir_all, set_permissions, write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> Self {
        let name = format!("hallmark-unit-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        create_dir_all(&path).unwrap();
        set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        Self(path.canonicalize().unwrap())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// An executable shell script.
    pub(super) fn script(&self, file: &str, body: &str) {
        let (file, text) = (self.0.join(file), self.0.join("text"));
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

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
