//! What one page of `ListSigningJobs` costs in an account with a million jobs, as a ratio to what it costs in one with
//! ten thousand, under each filter and with the plans. `cargo run --release -p hallmark-tests --bin lists -- --jobs N`
//! Ends with a failure when a page costs more than three times as much.
#![expect(clippy::expect_used, reason = "a measurement that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

mod case;
mod history;
mod index;
mod plan;

use case::{Case, cases};
use hallmark_api::account::AccountId;
use hallmark_api::job::JobId;
use hallmark_store::Store;
use hallmark_store::job::JobFilter;
use hallmark_tests::deployment::Deployment;
use history::{Accounts, FEW, Stage, accounts};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const PAGE: usize = 25;
/// Pages of each account that are measured; Postgres decides about plans in the first five.
const ROUNDS: usize = 15;
const WARM_UP: usize = 6;
const MOST: f64 = 3.0;

#[tokio::main]
async fn main() -> ExitCode {
    let many = jobs_asked_for();
    let deployment = Deployment::start().await;
    let owner = deployment.owner().await;
    println!("filling accounts with {FEW} and {many} jobs");
    let small = accounts(&deployment, &owner, 100_000_000_000, FEW).await;
    let large = accounts(&deployment, &owner, 200_000_000_000, many).await;

    let mut worst: f64 = 0.0;
    let (mut plans, mut sweeps) = (Vec::new(), Vec::new());
    for stage in Stage::ALL {
        for (accounts, jobs) in [(&small, FEW), (&large, many)] {
            stage.begin(&owner, &accounts.own, jobs).await;
            stage.begin(&owner, &accounts.hub, jobs).await;
        }
        index::analyze(&owner).await;
        let store = deployment.store().await;
        println!(
            "\n{}: milliseconds a page with {FEW} jobs, with {many}, ratio; first page | deep page",
            stage.text()
        );
        for case in cases(stage) {
            worst = worst.max(compare(&store, &case, &small, &large).await);
            sweeps.extend(sweep(&store, stage, &case, &large).await);
        }
        store.close().await;
        plans.extend(explain(&deployment, stage, &large).await);
    }
    println!("\nlists read to their end in the large account:\n{}", sweeps.join("\n"));
    println!(
        "what the indexes beside the key cost an insert: {:.2} times as long\n",
        index::cost(&owner).await
    );
    println!("plans of first pages in the large account\n{}", plans.join("\n"));
    println!("worst ratio {worst:.2}");
    owner.close().await;
    deployment.stop().await;
    if worst > MOST { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn jobs_asked_for() -> i64 {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let jobs = match arguments.as_slice() {
        [] => Some(1_000_000),
        [option, jobs] if option == "--jobs" => jobs.parse().ok(),
        _ => None,
    };
    jobs.expect("usage: lists [--jobs N]")
}

/// Reads one page, and says where the next one begins.
async fn page(
    store: &Store,
    account: &AccountId,
    filter: &JobFilter,
    before: Option<JobId>,
) -> Option<JobId> {
    let mut view = store.report(account).await.expect("a view");
    view.jobs_before(before, filter, PAGE).await.expect("a page").next
}

async fn timed(store: &Store, case: &Case, accounts: &Accounts, before: Option<JobId>) -> Duration {
    let (account, filter) = (case.side.account(accounts), (case.filter)(accounts));
    let began = Instant::now();
    page(store, account, &filter, before).await;
    began.elapsed()
}

/// Measures a page of both accounts in turn; answers with the greater of the two ratios.
async fn compare(store: &Store, case: &Case, small: &Accounts, large: &Accounts) -> f64 {
    print!("  {:24}{:36}", case.side.text(), case.filter_text);
    let mut worst: f64 = 0.0;
    for deep in [false, true] {
        let mut taken = [Vec::new(), Vec::new()];
        for round in 0..WARM_UP + ROUNDS {
            for (accounts, taken) in [small, large].into_iter().zip(&mut taken) {
                let before = deep.then(|| case.side.middle(accounts));
                let one = timed(store, case, accounts, before).await;
                if round >= WARM_UP {
                    taken.push(one);
                }
            }
        }
        let [few, many] = taken.map(|mut taken| {
            taken.sort_unstable();
            taken[taken.len() / 2].as_secs_f64() * 1000.0
        });
        let ratio = many / few;
        print!("{few:8.2}{many:8.2}{ratio:7.2}{}", if deep { "" } else { "  |" });
        worst = worst.max(ratio);
    }
    println!("{}", if worst > MOST { "  TOO MUCH" } else { "" });
    worst
}

/// Reads to its end a list whose pages are empty.
async fn sweep(store: &Store, stage: Stage, case: &Case, accounts: &Accounts) -> Option<String> {
    let (account, filter) = (case.side.account(accounts), (case.filter)(accounts));
    let mut view = store.report(account).await.expect("a view");
    let first = view.jobs_before(None, &filter, PAGE).await.expect("a page");
    drop(view);
    if first.next.is_none() || !first.jobs.is_empty() {
        return None;
    }
    let (began, mut pages, mut next) = (Instant::now(), 1, first.next);
    while let Some(before) = next {
        next = page(store, account, &filter, Some(before)).await;
        pages += 1;
    }
    let took = began.elapsed().as_secs_f64();
    let list = format!("  {:26}{:24}{:36}", stage.text(), case.side.text(), case.filter_text);
    Some(format!("{list}{pages:5} pages in {took:5.1} s"))
}

/// The plans of each case's first page.
async fn explain(deployment: &Deployment, stage: Stage, accounts: &Accounts) -> Vec<String> {
    let log = deployment.log_plans(true).await;
    let store = deployment.store().await;
    let mut explained = Vec::new();
    for case in cases(stage) {
        let began = plan::log_end(&log);
        timed(&store, &case, accounts, None).await;
        explained.push(format!("\n{}, {}, {}", stage.text(), case.side.text(), case.filter_text));
        explained.extend(plan::plans(&log, began));
    }
    store.close().await;
    deployment.log_plans(false).await;
    explained
}
