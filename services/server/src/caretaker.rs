//! What a replica does of its own accord, in the background: it makes the next issuing CAs in time, renews the root's
//! CRL, and forgets replies that nobody will ask for again.

use crate::context::Context;
use crate::idempotency::KEPT;
use crate::lifecycle::Lifecycle;
use crate::publish::root_crl;
use anyhow::Context as _;
use hallmark_api::account::AccountId;
use hallmark_store::{Change, Store, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// How long after a round the next one begins. Nothing that it looks after is due within hours.
const PAUSE: Duration = Duration::from_hours(1);
/// How many replies are forgotten at a time: signatures wait meanwhile.
const FORGOTTEN_AT_A_TIME: u16 = 1_000;

/// Looks after the deployment until the service ends.
pub(crate) fn watch(lifecycle: &Lifecycle, context: Arc<Context>) {
    let ending = lifecycle.clone();
    lifecycle.spawn(async move {
        loop {
            let round = async {
                if let Err(error) = look_after(&context).await {
                    tracing::error!(error = format!("{error:#}"), "looking after the deployment");
                }
                tokio::time::sleep(PAUSE).await;
            };
            tokio::select! {
                () = round => {}
                () = ending.ending() => return,
            }
        }
    });
}

/// One round. Replicas may do this at the same time; whoever comes second finds nothing left to do. What fails keeps
/// nothing else from being done; the error says all that failed.
pub(crate) async fn look_after(context: &Context) -> anyhow::Result<()> {
    let now = context.clock.now();
    let mut failed = Vec::new();
    failed
        .extend(root_crl::renew(&context.store, &context.chance, now).await.context("the root's CRL").err());
    let accounts = context.store.accounts().await?;
    for account in &accounts {
        let forgotten = forget_replies(&context.store, account).await;
        failed.extend(forgotten.with_context(|| format!("replies of account {account}")).err());
    }
    if let Some(root) = context.store.trust_anchor().await?.issuer {
        for account in &accounts {
            match context.desks.maker().rotate(&context.store, &root, account, now).await {
                Ok(0) => {}
                Ok(made) => tracing::info!(%account, made, "made the next issuing CAs"),
                Err(error) => failed.push(error.context(format!("issuing CAs of account {account}"))),
            }
        }
    }
    let failed: Vec<String> = failed.iter().map(|error| format!("{error:#}")).collect();
    anyhow::ensure!(failed.is_empty(), "{}", failed.join("; "));
    Ok(())
}

/// Forgets the replies of an account that are kept no longer.
async fn forget_replies(store: &Store, account: &AccountId) -> Result<(), StoreError> {
    loop {
        let mut tx = store.lock(account).await?;
        let lapsed = tx.head_time() - KEPT;
        let forgotten = tx.forget_replies(lapsed, FORGOTTEN_AT_A_TIME.into()).await?;
        if forgotten == 0 {
            return Ok(());
        }
        tx.commit(Change::Record).await?;
        if forgotten < FORGOTTEN_AT_A_TIME.into() {
            return Ok(());
        }
    }
}
