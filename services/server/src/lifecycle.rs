//! Starting tasks, and ending them: the one place where a task is spawned.

use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long requests under way may take to end after the first signal.
const DRAIN_LIMIT: Duration = Duration::from_secs(20);

/// The tasks of a running service, and the word that tells them to end.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    tasks: TaskTracker,
    ending: CancellationToken,
}

impl Lifecycle {
    /// A service that has just begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a task that [`drain`](Self::drain) waits for.
    #[expect(clippy::disallowed_methods, reason = "the one place where a task is spawned")]
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(self.tasks.track_future(task));
    }

    /// Starts a task that works for others and ends with them or with the process; nobody waits for it.
    #[expect(clippy::disallowed_methods, reason = "the one place where a task is spawned")]
    pub fn spawn_background(task: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(task);
    }

    /// Does something to its end, also when whoever waits for it goes.
    #[expect(clippy::disallowed_methods, reason = "the one place where a task is spawned")]
    pub async fn finish<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
        match tokio::spawn(work).await.map_err(tokio::task::JoinError::try_into_panic) {
            Ok(done) => done,
            Err(Ok(panic)) => std::panic::resume_unwind(panic),
            // Tasks are given up only when the runtime ends, and everything with it.
            Err(Err(_)) => std::future::pending().await,
        }
    }

    /// Works something out that takes long, on a thread of its own. Who asks says how much of that goes on at a time.
    pub async fn work_out<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
        Ok(tokio::task::spawn_blocking(work).await?)
    }

    /// Resolves once the service is to end.
    pub async fn ending(&self) {
        self.ending.cancelled().await;
    }

    /// Tells every task to end.
    pub fn end(&self) {
        self.ending.cancel();
    }

    /// Waits until every task has ended; says whether all did in time and before a second signal.
    pub async fn drain(&self) -> bool {
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => true,
            () = tokio::time::sleep(DRAIN_LIMIT) => false,
            () = signalled() => false,
        }
    }
}

/// Resolves at the next SIGINT or SIGTERM.
pub async fn signalled() {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        tracing::error!("signals cannot be received; the service ends with its process alone");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
