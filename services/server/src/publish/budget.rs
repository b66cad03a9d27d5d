//! How much work strangers may cause at a time. What they ask for is signed one after the other, so that however many
//! ask, most of the machine stays with whoever calls the API.

use tokio::sync::{Semaphore, SemaphorePermit};

/// How many questions are worked on, or wait for it, at a time; a further one is told to come again.
const WITHIN: usize = 1024;
/// How many of them are looked up in the database by something else than a round of questions.
const LOOKUPS: usize = 2;
/// How many signatures are made at a time.
const SIGNERS: usize = 1;

/// The budget of one replica.
#[derive(Debug)]
pub(super) struct Budget {
    within: Semaphore,
    lookups: Semaphore,
    signers: Semaphore,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self {
            within: Semaphore::new(WITHIN),
            lookups: Semaphore::new(LOOKUPS),
            signers: Semaphore::new(SIGNERS),
        }
    }

    /// Places for as many questions among those that are worked on; none when there are too many.
    pub(super) fn enter(&self, questions: usize) -> Option<SemaphorePermit<'_>> {
        self.within.try_acquire_many(u32::try_from(questions).ok()?).ok()
    }

    /// A turn to look something up. None once the semaphore is closed, which it never is.
    pub(super) async fn lookup(&self) -> Option<SemaphorePermit<'_>> {
        self.lookups.acquire().await.ok()
    }

    /// Makes a signature when its turn has come.
    pub(super) async fn sign<T>(&self, sign: impl FnOnce() -> T) -> T {
        let _turn = self.signers.acquire().await;
        sign()
    }
}
