//! `hallmarkctl profiles create`.

use super::audience::Audience;
use super::tags::TagPair;
use crate::ctl::context::Context;
use crate::ctl::exit::{Exit, Failure};
use crate::ctl::page::Page;
use crate::ctl::table::Table;
use clap::Args;
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::platform::{NOTATION, PlatformId};
use hallmark_api::profile::{ProfileName, ProfilePath, PutSigningProfile, PutSigningProfileBody};
use hallmark_api::validity::{SignatureValidityPeriod, ValidityType};
use std::str::FromStr;

/// Put a profile, and show who will and will not accept its signatures.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The profile's name, which is taken for ever: a canceled profile does not free it.
    #[arg(value_name = "PROFILE")]
    name: ProfileName,
    /// Whom its signatures are for. It cannot be changed later.
    #[arg(long = "for", value_enum, value_name = "AUDIENCE")]
    audience: Audience,
    /// How long a signature is valid: 90d, 12m or 3y; 135 months at most [default: 135m].
    #[arg(long, value_name = "PERIOD")]
    validity: Option<Period>,
    /// A tag to begin with; once for each.
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    tags: Vec<TagPair>,
}

/// A validity period as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Period(SignatureValidityPeriod);

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let units = [
            (["d", "day", "days"], ValidityType::Days),
            (["m", "month", "months"], ValidityType::Months),
            (["y", "year", "years"], ValidityType::Years),
        ];
        let digits = text.trim_end_matches(|character: char| !character.is_ascii_digit());
        let unit = text[digits.len()..].trim();
        let unit = units.into_iter().find(|(names, _)| names.contains(&unit)).map(|(_, unit)| unit);
        match (digits.parse(), unit) {
            (Ok(value), Some(unit)) => {
                SignatureValidityPeriod::new(value, unit).map(Self).map_err(|error| error.to_string())
            }
            _ => Err("write a number of days, months or years, as 90d, 12m or 3y".to_owned()),
        }
    }
}

impl Create {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let service = context.service().await?;
        let tags = (!self.tags.is_empty()).then(|| self.tags.into_iter().map(TagPair::into_pair).collect());
        let request = Request::<PutSigningProfile> {
            path: ProfilePath { profile_name: self.name.clone() },
            query: Nothing {},
            body: PutSigningProfileBody {
                platform_id: notation()?,
                signature_validity_period: self.validity.map(|period| period.0),
                signing_material: None,
                overrides: None,
                signing_parameters: self.audience.parameters(),
                tags,
            },
        };
        let made = service.ask(request).await?;
        context.output.show(&made, || {
            let mut facts = Table::facts();
            facts.fact("profile", self.name.as_str());
            facts.fact("version", made.profile_version.as_str());
            facts.fact("arn", made.arn.to_string());
            Page::from(facts)
                .table_under("Who accepts its signatures:", self.audience.table())
                .table_under("What to type next:", next_steps(&self.name))
        })
    }
}

fn next_steps(name: &ProfileName) -> Table {
    let mut steps = Table::facts();
    steps.fact(
        &format!("hallmarkctl trust export --profile {name} --scope REPOSITORY"),
        "what a verifier needs to trust it",
    );
    steps.fact(
        &format!("hallmarkctl permissions add {name} --principal ACCOUNT --statement-id ID"),
        "lets another account sign with it",
    );
    steps
}

fn notation() -> Result<PlatformId, Failure> {
    NOTATION.id.parse().map_err(|error| Failure::new(Exit::Machine, format!("{error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_as_they_are_typed() {
        let period = |text: &str| text.parse::<Period>().map(|period| (period.0.value(), period.0.unit()));
        assert_eq!(period("90d"), Ok((90, ValidityType::Days)));
        assert_eq!(period("1 month"), Ok((1, ValidityType::Months)));
        assert_eq!(period("3years"), Ok((3, ValidityType::Years)));
        for wrong in ["", "d", "12", "12h", "1.5y", "12mm", "é"] {
            assert!(period(wrong).unwrap_err().starts_with("write a number"), "{wrong}");
        }
        assert!(period("-1d").unwrap_err().contains("1 to 4107 DAYS"));
        assert!(period("12y").unwrap_err().contains("1 to 11 YEARS"));
    }
}
