//! How long it takes, and how much memory, until what was revoked is in its CRLs.

use crate::history::Batch;
use hallmark_pki::Certificate;
use hallmark_tests::publication::{Published, list};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How many clients fetch lists at a time.
const CLIENTS: usize = 4;

/// Revokes a profile version, and fetches the lists of its certificates until all are in them.
pub(crate) async fn measure(service: &Published, issuer: &Certificate, batch: &Batch) {
    let public = &service.public[1];
    let paths: Vec<String> =
        batch.shards.clone().map(|shard| format!("/crl/{}/{shard}.crl", issuer.serial_number())).collect();
    // Somebody asked for each before.
    for path in &paths {
        list(public, path).await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    forget_peak();
    let before = peak();
    batch.revoke(service).await;
    let acknowledged = Instant::now();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let paths: Vec<String> = paths.iter().skip(client).step_by(CLIENTS).cloned().collect();
        let public = public.clone();
        let full = usize::try_from(batch.size.min(10_000)).expect("few");
        clients.spawn(async move {
            let mut longest = 0;
            for path in paths {
                loop {
                    let crl = list(&public, &path).await;
                    longest = longest.max(crl.der().len());
                    if crl.entries().len() == full && crl.entries().iter().all(is_new) {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
            longest
        });
    }
    let longest = clients.join_all().await.into_iter().max().unwrap_or_default();
    println!(
        "\n{} certificates were in their {} lists of at most {} KiB {:.1} s after their revocation; {} MiB resident \
         at most, {} MiB before",
        batch.size,
        paths.len(),
        longest / 1024,
        acknowledged.elapsed().as_secs_f64(),
        peak() / 1024,
        before / 1024
    );
}

/// Whether an entry says what the last revocation did: that of the profile takes effect first.
fn is_new(entry: &hallmark_pki::CrlEntry) -> bool {
    entry.revocation.effective_at().unix_timestamp() == 1_700_000_000
}

/// The most memory that this process had at a time, in KiB, since the last call of [`forget_peak`].
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
}

fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").expect("forgotten");
}
