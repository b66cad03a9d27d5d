//! What the notation plugin costs whoever starts it: the time from its start to its end, beside a process that does
//! nothing, and its memory.
//! `cargo build --release -p hallmark-client && cargo run --release -p hallmark-tests --bin clients`
#![expect(clippy::expect_used, reason = "a measurement that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

mod child;
mod request;

use child::{Child, Cost};
use hallmark_api::principal::Role;
use hallmark_tests::deployment::{Deployment, REGION, Replica};
use serde_json::json;
use std::path::PathBuf;

const ROUNDS: usize = 200;

#[tokio::main]
async fn main() {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    if let Some((child::MEASURE, rest)) = words.split_first().and_then(|(w, rest)| Some((w.to_str()?, rest)))
    {
        return child::measure(rest);
    }
    let plugin = beside("notation-hallmark");
    assert!(plugin.exists(), "{} is not built: cargo build --release -p hallmark-client", plugin.display());

    let deployment = Deployment::start().await;
    let replica = deployment.replica().await;
    let admin = deployment.client(&replica, Role::SecurityAdmin).await;
    admin.put_profile("bench", json!({"verificationPlugin": "hallmark"})).await;
    let profile = format!("arn:aws:signer:{REGION}:{}:/signing-profiles/bench", deployment.account);

    let signer = variables(&deployment, &replica, Role::Signer).await;
    let verifier = variables(&deployment, &replica, Role::Verifier).await;
    let asked = |command: &str, request: &serde_json::Value, variables: &[(&'static str, String)]| Child {
        program: plugin.clone(),
        words: vec![command.to_owned()],
        input: request.to_string().into_bytes(),
        variables: variables.to_vec(),
    };
    let sign = asked("generate-envelope", &request::signing(&profile), &signer);
    let envelope = serde_json::from_slice(&sign.run()).expect("an answer");
    let nothing = Child { program: "true".into(), words: vec![], input: vec![], variables: vec![] };
    let metadata = asked("get-plugin-metadata", &json!({}), &[]);
    let verify = asked("verify-signature", &request::verifying(&envelope, &profile), &verifier);

    let children = [
        ("nothing", nothing),
        ("get-plugin-metadata", metadata),
        ("generate-envelope", sign),
        ("verify-signature", verify),
    ];
    let costs = tokio::task::spawn_blocking(move || in_turn(&children)).await.expect("measured");
    println!("                         median      p99   (of nothing)   memory at most");
    let nothing = costs[0].1.median();
    for (name, cost) in &costs {
        let (median, p99, memory) = (cost.median(), cost.p99(), cost.memory());
        println!("{name:20}{median:8.2} ms{p99:6.2} ms{:15.1}{memory:13.1} MiB", median / nothing);
    }
    replica.end().await;
    deployment.stop().await;
}

/// One after the other and round after round, so that whatever else the machine does meets all alike.
fn in_turn(children: &[(&'static str, Child)]) -> Vec<(&'static str, Cost)> {
    let mut costs: Vec<_> = children.iter().map(|(name, _)| (*name, Cost::default())).collect();
    for _ in 0..ROUNDS {
        for ((_, child), (_, cost)) in children.iter().zip(&mut costs) {
            cost.add_time(child.time());
        }
    }
    for ((_, child), (_, cost)) in children.iter().zip(&mut costs) {
        cost.add_memory(child.memory());
    }
    costs
}

/// A program that was built in the same way as this one.
fn beside(name: &str) -> PathBuf {
    std::env::current_exe().expect("this program's own place").with_file_name(name)
}

/// What the plugin finds in its environment.
async fn variables(deployment: &Deployment, replica: &Replica, role: Role) -> Vec<(&'static str, String)> {
    let key = deployment.key(&deployment.account, role).await;
    vec![
        ("HALLMARK_URL", format!("http://{}", replica.api)),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", key.id.to_string()),
        ("AWS_SECRET_ACCESS_KEY", key.secret.to_string()),
    ]
}
