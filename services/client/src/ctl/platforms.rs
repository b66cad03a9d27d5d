//! `hallmarkctl platforms`.

use super::context::Context;
use super::exit::{Exit, Failure};
use super::table::Table;
use clap::Subcommand;
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::platform::{ListSigningPlatforms, ListSigningPlatformsQuery};
use serde::Deserialize;
use serde_json::{Value, json};

/// What profiles can be put for.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum PlatformsCommand {
    /// List platforms.
    List,
}

/// What the table shows of a platform. All of it comes from the service, and goes to scripts as it came.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Platform {
    #[serde(rename = "platformId")]
    id: String,
    display_name: String,
    category: String,
    target: String,
    #[serde(default)]
    partner: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    platforms: Vec<Value>,
    next_token: Option<String>,
}

impl PlatformsCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let service = context.service().await?;
        let (mut platforms, mut next_token) = (Vec::new(), None);
        loop {
            let query = ListSigningPlatformsQuery {
                category: None,
                partner: None,
                target: None,
                max_results: None,
                next_token,
            };
            let request = Request::<ListSigningPlatforms> { path: Nothing {}, query, body: Nothing {} };
            let page: Answer = service.ask_reading(request).await?;
            platforms.extend(page.platforms);
            next_token = page.next_token;
            if next_token.is_none() {
                break;
            }
        }
        let shown = serde_json::from_value::<Vec<Platform>>(Value::Array(platforms.clone()));
        let shown =
            shown.map_err(|error| Failure::new(Exit::Unanswered, format!("the platforms: {error}")))?;
        context.output.show(&json!({ "platforms": platforms }), || table(&shown).into())
    }
}

fn table(platforms: &[Platform]) -> Table {
    let mut table = Table::new(["PLATFORM", "CATEGORY", "TARGET", "PARTNER", "NAME"]);
    for platform in platforms {
        table.row([
            platform.id.as_str().into(),
            platform.category.as_str().into(),
            platform.target.as_str().into(),
            platform.partner.as_str().into(),
            platform.display_name.trim_end().into(),
        ]);
    }
    table
}
