//! What a replica does of its own accord, in the background: it makes the next issuing CAs in time, and renews the
//! root's CRL.

use crate::context::Context;
use crate::lifecycle::Lifecycle;
use crate::publish::root_crl;
use std::sync::Arc;
use std::time::Duration;

/// How long after a round the next one begins. Nothing that it looks after is due within hours.
const PAUSE: Duration = Duration::from_hours(1);

/// Looks after the deployment until the service ends.
pub(crate) fn watch(lifecycle: &Lifecycle, context: Arc<Context>) {
    let ending = lifecycle.clone();
    lifecycle.spawn(async move {
        loop {
            let round = async {
                if let Err(error) = look_after(&context).await {
                    tracing::error!(error = format!("{error:#}"), "looking after the issuing CAs");
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

/// One round. Replicas may do this at the same time; whoever comes second finds nothing left to do.
pub(crate) async fn look_after(context: &Context) -> anyhow::Result<()> {
    let now = context.clock.now();
    root_crl::renew(&context.store, &context.chance, now).await?;
    let Some(root) = context.store.trust_anchor().await?.issuer else { return Ok(()) };
    for account in context.store.accounts().await? {
        let made = context.desks.maker().rotate(&context.store, &root, &account, now).await?;
        if made > 0 {
            tracing::info!(%account, made, "made the next issuing CAs");
        }
    }
    Ok(())
}
