//! Issuers: the CAs that issue an account's certificates.

use crate::account::AccountId;
use crate::certificate::IssuedCertificate;
use crate::exception::Exception;
use crate::operation::{Effect, MaxResults, Nothing, Operation, Request, Target};
use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `ListIssuers`: the issuing CAs of the account, newest first.
#[derive(Debug, ToSchema)]
pub struct ListIssuers;

/// Query of [`ListIssuers`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListIssuersQuery {
    /// Entries in one page.
    pub max_results: Option<MaxResults>,
    /// Where the previous page ended.
    #[schema(example = "Zm9yLXRoaXMtY2FsbGVyLWFuZC1saXN0LWFsb25l")]
    pub next_token: Option<String>,
}

/// Answer of [`ListIssuers`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListIssuersOutput {
    /// The issuing CAs by their certificates, the last made first.
    pub issuers: Vec<IssuedCertificate>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Zm9yLXRoaXMtY2FsbGVyLWFuZC1saXN0LWFsb25l")]
    pub next_token: Option<String>,
}

impl Operation for ListIssuers {
    const ACTION: &'static str = "hallmark:ListIssuers";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/hallmark/issuers";
    const EFFECT: Effect = Effect::Read;
    const ERRORS: &[Exception] = &[Exception::Validation];
    type Path = Nothing;
    type Query = ListIssuersQuery;
    type Body = Nothing;
    type Output = ListIssuersOutput;

    fn resources(_: &Request<Self>, _: &AccountId) -> Vec<Target> {
        Vec::new()
    }
}
