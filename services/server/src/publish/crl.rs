//! `/crl/{issuer}/{shard}.crl`: what of an issuer's certificates is revoked.

use super::chain::issuer_id;
use super::{Published, not_found, unavailable};
use crate::addresses::ROOT_SHARD;
use axum::extract::{Path, State};
use axum::response::Response;
use hallmark_api::account::AccountId;
use hallmark_pki::SerialNumber;
use hallmark_store::crl::Shard;
use http::HeaderMap;

pub(super) async fn crl(
    State(published): State<Published>,
    Path((issuer, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let number = file.strip_suffix(".crl").and_then(shard_number);
    let (Some(issuer), Some(number)) = (issuer_id(&issuer), number) else { return not_found() };
    let answer = if issuer == *published.context.trust_anchor.serial_number() {
        if number == ROOT_SHARD { published.root_list(&headers).await } else { Ok(not_found()) }
    } else {
        published.shard_list(issuer, number, &headers).await
    };
    answer.unwrap_or_else(|error| {
        tracing::error!(error = format!("{error:#}"), "a CRL cannot be published");
        unavailable()
    })
}

/// The number of a shard, written as addresses write it.
fn shard_number(text: &str) -> Option<i32> {
    let number: i32 = text.parse().ok()?;
    (number >= 0 && number.to_string() == text).then_some(number)
}

impl Published {
    /// The root's list. One that is over would be taken for what is true now, so there is none then.
    async fn root_list(&self, headers: &HeaderMap) -> anyhow::Result<Response> {
        let list = self.root_list.list(self.context.clock.now()).await?;
        if list.is_none() {
            tracing::error!("the root's CRLs that were signed ahead are over");
        }
        Ok(list.map_or_else(unavailable, |list| list.answer(headers)))
    }

    async fn shard_list(
        &self,
        issuer: SerialNumber,
        number: i32,
        headers: &HeaderMap,
    ) -> anyhow::Result<Response> {
        let Some(account) = issuer.account().and_then(AccountId::from_number) else {
            return Ok(not_found());
        };
        let shard = Shard { account, issuer, number };
        if !self.was_given_out(&shard).await? {
            return Ok(not_found());
        }
        let list = self.shards.list(&shard, self.context.clock.now()).await?;
        Ok(list.answer(headers))
    }

    /// Whether certificates may name this shard.
    async fn was_given_out(&self, shard: &Shard) -> anyhow::Result<bool> {
        let known =
            async || self.shard_counts.get(&shard.issuer).await.is_some_and(|count| shard.number < count);
        if known().await {
            return Ok(true);
        }
        let _turn = self.budget.lookup().await;
        if known().await {
            return Ok(true);
        }
        let Some(mut view) = self.context.store.view_if_exists(&shard.account).await? else {
            return Ok(false);
        };
        let Some(count) = view.shards(&shard.issuer).await? else { return Ok(false) };
        // There are only ever more of them.
        self.shard_counts.insert(shard.issuer.clone(), count).await;
        Ok(shard.number < count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_has_one_address() {
        assert_eq!((shard_number("0"), shard_number("17")), (Some(0), Some(17)));
        for other in ["", "00", "+1", "-1", "-0", "1 ", "2147483648", "x"] {
            assert_eq!(shard_number(other), None, "{other}");
        }
    }
}
