//! Strangers who ask.

use hallmark_tests::ocsp::{Said, said};
use hallmark_tests::public::Public;
use rand::Rng as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const CONNECTIONS: usize = 64;
const LASTING: Duration = Duration::from_secs(5);
/// How many ask while latency is measured: few enough that they do not wait for each other.
pub(crate) const ASKERS: usize = 4;
const QUESTIONS: usize = 5_000;

/// Answers a second, asked by all connections one after the other.
pub(crate) async fn throughput(public: &Public, question: &[u8]) -> f64 {
    let mut connections = JoinSet::new();
    let began = Instant::now();
    for _ in 0..CONNECTIONS {
        let (public, question) = (public.clone(), question.to_owned());
        connections.spawn(async move {
            let mut count = 0_u32;
            while began.elapsed() < LASTING {
                let answer = public.post("/ocsp", "application/ocsp-request", question.clone()).await;
                assert!(answer.status == 200 && answer.body.len() > 20, "{answer:?}");
                count += 1;
            }
            count
        });
    }
    let count: u32 = connections.join_all().await.into_iter().sum();
    f64::from(count) / began.elapsed().as_secs_f64()
}

/// In milliseconds.
pub(crate) struct Latency {
    pub(crate) median: f64,
    pub(crate) p99: f64,
}

/// How long answers take, asked about random ones of so many certificates, all of them revoked.
pub(crate) async fn latency<Q>(public: &Public, certificates: i64, question: Arc<Q>) -> Latency
where
    Q: Fn(i64) -> (Vec<u8>, Vec<u8>) + Send + Sync + 'static,
{
    let mut askers = JoinSet::new();
    for _ in 0..ASKERS {
        let (public, question) = (public.clone(), question.clone());
        askers.spawn(async move {
            let mut taken = Vec::with_capacity(QUESTIONS);
            for _ in 0..QUESTIONS {
                let (question, name) = question(rand::rng().random_range(0..certificates));
                let began = Instant::now();
                let answer = public.ask(&question).await;
                taken.push(began.elapsed());
                assert_eq!(said(&answer, &name), Some(Said::Revoked));
            }
            taken
        });
    }
    let mut taken: Vec<Duration> = askers.join_all().await.into_iter().flatten().collect();
    taken.sort();
    let at = |hundredth: usize| taken[taken.len() * hundredth / 100].as_secs_f64() * 1000.0;
    Latency { median: at(50), p99: at(99) }
}
