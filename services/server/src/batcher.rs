//! The batcher: takes what queued up while the last round was in flight. No timer, so an idle service
//! answers at once and a busy one works in larger rounds.

use crate::error::ApiError;
use crate::lifecycle::Lifecycle;
use futures_util::FutureExt as _;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// A queue whose items are worked off in rounds, one round at a time.
pub struct Batcher<Q, A> {
    queue: mpsc::Sender<(Q, oneshot::Sender<A>)>,
}

impl<Q, A> std::fmt::Debug for Batcher<Q, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Batcher")
    }
}

impl<Q, A> Clone for Batcher<Q, A> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

/// The most items of one round.
const ROUND_LIMIT: usize = 256;
/// How long one round may take: longer than the database lets any statement.
const ROUND_TIMEOUT: Duration = Duration::from_secs(20);
/// The most items that wait; a further one is told to come again.
const QUEUE_LIMIT: usize = 4096;

impl<Q: Send + 'static, A: Send + 'static> Batcher<Q, A> {
    /// Starts a batcher that answers each round through `round`, which returns one answer for each item,
    /// in their order. It ends when the last handle to it is dropped.
    pub fn start<F, R>(round: F) -> Self
    where
        F: Fn(Vec<Q>) -> R + Send + 'static,
        R: Future<Output = Vec<A>> + Send,
    {
        let (queue, mut waiting) = mpsc::channel::<(Q, oneshot::Sender<A>)>(QUEUE_LIMIT);
        Lifecycle::spawn_background(async move {
            let mut taken = Vec::with_capacity(ROUND_LIMIT);
            while waiting.recv_many(&mut taken, ROUND_LIMIT).await > 0 {
                let (items, replies): (Vec<Q>, Vec<_>) = taken.drain(..).unzip();
                let answers = answers(round(items)).await;
                for (reply, answer) in replies.into_iter().zip(answers) {
                    // Whoever asked may have gone; the round's work stands all the same.
                    let _ = reply.send(answer);
                }
            }
        });
        Self { queue }
    }

    /// Waits for the answer to one item.
    pub async fn ask(&self, item: Q) -> Result<A, ApiError> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send((item, reply)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => ApiError::TooManyRequests,
            mpsc::error::TrySendError::Closed(_) => ApiError::internal("the batcher has stopped"),
        })?;
        answer.await.map_err(|_| ApiError::internal("the round did not answer"))
    }
}

/// What a round says. One that panics or hangs answers nobody, which is an error to each who asked; the next
/// one goes on.
async fn answers<A>(round: impl Future<Output = Vec<A>>) -> Vec<A> {
    match tokio::time::timeout(ROUND_TIMEOUT, AssertUnwindSafe(round).catch_unwind()).await {
        Ok(Ok(answers)) => answers,
        Ok(Err(_)) => {
            tracing::error!("a round panicked");
            Vec::new()
        }
        Err(_) => {
            tracing::error!("a round did not end within {ROUND_TIMEOUT:?}");
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_item_gets_its_own_answer() {
        let batcher = Batcher::start(async |items: Vec<u32>| {
            tokio::task::yield_now().await;
            items.iter().map(|item| item * 2).collect()
        });
        let asked = (0..1000).map(|item| {
            let batcher = batcher.clone();
            async move { batcher.ask(item).await.unwrap() }
        });
        let mut tasks = tokio::task::JoinSet::new();
        for (item, asked) in (0..1000).zip(asked) {
            tasks.spawn(async move { assert_eq!(asked.await, item * 2) });
        }
        assert_eq!(tasks.join_all().await.len(), 1000);
    }

    #[tokio::test]
    async fn a_round_that_panics_is_not_the_last() {
        let batcher = Batcher::start(async |items: Vec<u32>| {
            assert_ne!(items, [0]);
            items
        });
        assert!(matches!(batcher.ask(0).await, Err(ApiError::Internal(_))));
        assert_eq!(batcher.ask(1).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn an_item_without_an_answer_is_an_error() {
        let batcher = Batcher::<u32, u32>::start(async |_| Vec::new());
        assert!(matches!(batcher.ask(1).await, Err(ApiError::Internal(_))));
    }
}
