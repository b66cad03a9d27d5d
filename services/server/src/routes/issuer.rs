//! Operations on issuers.

use super::certificate::{issued, place};
use crate::caller::Call;
use crate::context::Context;
use crate::error::ApiError;
use crate::paging::place_text;
use hallmark_api::issuer::{ListIssuers, ListIssuersOutput};
use hallmark_api::operation::Request;
use std::sync::Arc;

/// `ListIssuers`.
pub(super) async fn list(
    context: Arc<Context>,
    call: Call,
    request: Request<ListIssuers>,
) -> Result<ListIssuersOutput, ApiError> {
    let query = request.query;
    let scope = format!("ListIssuers {}", call.principal());
    let before = place(context.paging.read(&scope, query.next_token.as_deref())?.as_deref())?;
    let count = query.max_results.unwrap_or_default().count();

    let mut view = context.report(&call).await?;
    let issuers = view.issuers_before(before.as_ref(), count + 1).await?;
    let (issuers, next_token) = context
        .paging
        .page(&scope, issuers, count, |last| place_text(last.issued_at, last.certificate.serial_number()))?;
    Ok(ListIssuersOutput { issuers: issuers.iter().map(issued).collect::<Result<_, _>>()?, next_token })
}
