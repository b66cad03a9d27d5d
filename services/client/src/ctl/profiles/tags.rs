//! `hallmarkctl profiles tags`, `tag` and `untag`.

use super::find;
use crate::ctl::context::{Context, Service};
use crate::ctl::exit::Failure;
use crate::ctl::page::Page;
use crate::ctl::table::Table;
use clap::Args;
use hallmark_api::operation::{Nothing, Request};
use hallmark_api::profile::ProfileName;
use hallmark_api::tag::{
    ListTagsForResource, ProfileArn, ResourcePath, SomeTags, TagKey, TagKeys, TagResource, TagResourceBody,
    TagValue, Tags, UntagResource, UntagResourceQuery,
};
use std::str::FromStr;

/// A tag as it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TagPair(TagKey, TagValue);

impl TagPair {
    /// Key and value.
    pub(crate) fn into_pair(self) -> (TagKey, TagValue) {
        (self.0, self.1)
    }
}

impl FromStr for TagPair {
    type Err = String;

    /// Keys may hold equals signs, but hardly do: the first one ends the key.
    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
        let key = key.parse().map_err(|error| format!("{error}"))?;
        Ok(Self(key, value.parse().map_err(|error| format!("{error}"))?))
    }
}

/// Add tags to a profile, or change their values.
#[derive(Debug, Args)]
pub(crate) struct Tag {
    /// The profile.
    #[arg(value_name = "PROFILE")]
    name: ProfileName,
    /// The tags.
    #[arg(required = true, value_name = "KEY=VALUE")]
    tags: Vec<TagPair>,
}

/// Remove tags from a profile.
#[derive(Debug, Args)]
pub(crate) struct Untag {
    /// The profile.
    #[arg(value_name = "PROFILE")]
    name: ProfileName,
    /// The tags' keys.
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<TagKey>,
}

async fn place(service: &Service, name: &ProfileName) -> Result<ResourcePath, Failure> {
    let arn = find(service, name, None).await?.profile.arn;
    let resource_arn = ProfileArn::try_from(arn.to_string());
    Ok(ResourcePath { resource_arn: resource_arn.map_err(Failure::unusable)? })
}

/// Shows a profile's tags.
pub(crate) async fn list(context: &Context, name: ProfileName) -> Result<(), Failure> {
    let service = context.service().await?;
    let path = place(&service, &name).await?;
    let tags =
        service.ask(Request::<ListTagsForResource> { path, query: Nothing {}, body: Nothing {} }).await?;
    context.output.show(&tags, || {
        let mut table = Table::new(["KEY", "VALUE"]);
        for (key, value) in tags.tags.iter() {
            table.row([key.as_str().into(), value.as_str().into()]);
        }
        table.into()
    })
}

impl Tag {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let service = context.service().await?;
        let tags: Tags = self.tags.into_iter().map(TagPair::into_pair).collect();
        let tags = SomeTags::try_from(tags).map_err(Failure::unusable)?;
        let path = place(&service, &self.name).await?;
        let request = Request::<TagResource> { path, query: Nothing {}, body: TagResourceBody { tags } };
        let done = service.ask(request).await?;
        context
            .output
            .show(&done, || Page::new().line(format!("The signing profile {} is tagged.", self.name)))
    }
}

impl Untag {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let service = context.service().await?;
        let tag_keys = TagKeys::try_from(self.keys).map_err(Failure::unusable)?;
        let path = place(&service, &self.name).await?;
        let request =
            Request::<UntagResource> { path, query: UntagResourceQuery { tag_keys }, body: Nothing {} };
        let done = service.ask(request).await?;
        context.output.show(&done, || {
            Page::new().line(format!("The signing profile {} has these tags no more.", self.name))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_as_they_are_typed() {
        let pair = |text: &str| text.parse::<TagPair>().map(|pair| (pair.0.to_string(), pair.1.to_string()));
        assert_eq!(pair("team=a=b"), Ok(("team".into(), "a=b".into())));
        assert_eq!(pair("team="), Ok(("team".into(), String::new())));
        for wrong in ["team", "=x", "aws:x=y", ""] {
            assert!(pair(wrong).is_err(), "{wrong}");
        }
    }
}
