//! The plan of the house, held against the manifests: who knows whom, and where SQL and HTTP live.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

/// Every crate and exactly the crates of the workspace that it knows. `hallmark-ledger` and
/// `hallmark-client` have their places kept; they are held to them from the day they exist.
const EDGES: [(&str, &[&str]); 9] = [
    ("hallmark-api", &[]),
    ("hallmark-pki", &[]),
    ("hallmark-ledger", &[]),
    ("hallmark-notary", &["hallmark-pki"]),
    ("hallmark-auth", &["hallmark-api"]),
    ("hallmark-store", &["hallmark-api", "hallmark-ledger", "hallmark-pki"]),
    ("hallmark-client", &["hallmark-api", "hallmark-ledger", "hallmark-notary", "hallmark-pki"]),
    (
        "hallmark-server",
        &[
            "hallmark-api",
            "hallmark-auth",
            "hallmark-ledger",
            "hallmark-notary",
            "hallmark-pki",
            "hallmark-store",
        ],
    ),
    ("hallmark-tests", &[]),
];

/// Crates that stand in these manifests only, so that the compiler keeps what they do out of the others.
const OWNERS: [(&str, &[&str]); 6] = [
    ("sqlx", &["hallmark-store"]),
    ("axum", &["hallmark-server"]),
    ("rcgen", &["hallmark-pki"]),
    ("x509-cert", &["hallmark-pki"]),
    ("clap", &["hallmark-client", "hallmark-server"]),
    ("aws-sigv4", &["hallmark-client"]),
];

const TOP_LEVEL: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "clippy.toml",
    "deny.toml",
    "Dockerfile",
    "docker-compose.yml",
    "LICENSE",
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "docs",
    "services",
    "migrations",
    "openapi",
    "tests",
];

/// Each package's dependencies, without those for its own tests.
fn manifests() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |value: &Value| value.as_str().expect("a name").to_owned();
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("dependencies").iter();
            let built_in = dependencies.filter(|dependency| dependency["kind"] != "dev");
            (text(&package["name"]), built_in.map(|dependency| text(&dependency["name"])).collect())
        })
        .collect()
}

#[test]
fn each_crate_knows_exactly_the_floors_below() {
    let manifests = manifests();
    for name in manifests.keys() {
        assert!(EDGES.iter().any(|(known, _)| known == name), "{name} has no place in the plan");
    }
    for (name, planned) in EDGES.iter().filter(|(name, _)| *name != "hallmark-tests") {
        let Some(dependencies) = manifests.get(*name) else { continue };
        let mut known: Vec<_> = dependencies.iter().filter(|name| name.starts_with("hallmark-")).collect();
        known.sort();
        let planned: Vec<_> = planned.iter().filter(|name| manifests.contains_key(**name)).collect();
        assert_eq!(known, planned, "{name}");
    }
}

#[test]
fn sql_http_and_asn1_live_in_one_place_each() {
    let manifests = manifests();
    for (dependency, planned) in OWNERS {
        let owners: Vec<_> = manifests
            .iter()
            .filter(|(name, _)| *name != "hallmark-tests")
            .filter(|(_, dependencies)| dependencies.iter().any(|name| name == dependency))
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(owners, planned, "{dependency}");
    }
}

#[test]
fn nothing_unplanned_stands_at_the_top() {
    let top = Command::new("git")
        .args(["ls-tree", "--name-only", "HEAD"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("git runs");
    assert!(top.status.success(), "{}", String::from_utf8_lossy(&top.stderr));
    let top = String::from_utf8(top.stdout).expect("text");
    for name in top.lines().filter(|name| !name.starts_with('.')) {
        assert!(TOP_LEVEL.contains(&name), "{name} has no place at the top level");
    }
}
