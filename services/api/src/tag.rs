//! Tags of signing profiles.

use crate::account::{AccountId, Region};
use crate::arn::{Arn, Resource, arn_schema};
use crate::exception::Exception;
use crate::newtype::{Malformed, Text, string_newtype};
use crate::operation::{Effect, Exceptions, Nothing, Operation, Request, Target};
use crate::profile::{ProfileName, own_profile};
use http::Method;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

string_newtype! {
    /// The key of a tag (AWS Signer model, shape `TagKey`; `+-=` there is a range of characters).
    TagKey,
    Text::new(
        "a tag key: 1 to 128 letters, digits and any of +,-./:;<=_ that do not begin with 'aws:'",
        1..=128,
        Some("[a-zA-Z+-=._:/]+"),
        "team",
    )
    .reserving("aws:")
}

string_newtype! {
    /// The value of a tag (AWS Signer model, shape `TagValue`).
    TagValue,
    Text::new("a tag value: at most 256 characters", 0..=256, None, "supply-chain")
}

/// The most tags of one request (AWS Signer model, shapes `TagMap` and `TagKeyList`).
const REQUEST_LIMIT: usize = 200;

/// The most tags that a profile has at a time (AWS Signer developer guide, tagging in the console).
pub const PROFILE_LIMIT: usize = 50;

/// The tags of a profile, or those of one request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<TagKey, TagValue>")]
pub struct Tags(BTreeMap<TagKey, TagValue>);

impl TryFrom<BTreeMap<TagKey, TagValue>> for Tags {
    type Error = &'static str;

    fn try_from(tags: BTreeMap<TagKey, TagValue>) -> Result<Self, Self::Error> {
        if tags.len() > REQUEST_LIMIT { Err("at most 200 tags are allowed") } else { Ok(Self(tags)) }
    }
}

impl Tags {
    /// Keys and values, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&TagKey, &TagValue)> {
        self.0.iter()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// How many there would be if `others` were added; equal keys count once.
    pub fn count_with(&self, others: &Self) -> usize {
        self.count() + others.0.keys().filter(|key| !self.0.contains_key(*key)).count()
    }
}

impl FromIterator<(TagKey, TagValue)> for Tags {
    fn from_iter<I: IntoIterator<Item = (TagKey, TagValue)>>(tags: I) -> Self {
        Self(tags.into_iter().collect())
    }
}

fn tags_schema(description: &str, least: usize) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(description))
        .property_names(Some(TagKey::schema()))
        .additional_properties(Some(Ref::from_schema_name(TagValue::name())))
        .min_properties(Some(least))
        .max_properties(Some(REQUEST_LIMIT))
        .into()
}

impl PartialSchema for Tags {
    fn schema() -> RefOr<Schema> {
        tags_schema("The tags of a profile, or those of one request.", 0)
    }
}

impl ToSchema for Tags {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((TagValue::name().into(), TagValue::schema()));
    }
}

/// Tags to be added: one at the least.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Tags")]
pub struct SomeTags(Tags);

impl TryFrom<Tags> for SomeTags {
    type Error = &'static str;

    fn try_from(tags: Tags) -> Result<Self, Self::Error> {
        if tags.count() == 0 { Err("at least one tag is needed") } else { Ok(Self(tags)) }
    }
}

impl PartialSchema for SomeTags {
    fn schema() -> RefOr<Schema> {
        tags_schema("Tags to be added: one at the least.", 1)
    }
}

impl ToSchema for SomeTags {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Tags::schemas(schemas);
    }
}

impl SomeTags {
    /// The tags.
    pub fn tags(&self) -> &Tags {
        &self.0
    }
}

/// Keys of tags to be removed: 1 to 200.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Vec<TagKey>")]
#[schema(min_items = 1, max_items = 200)]
pub struct TagKeys(Vec<TagKey>);

impl TryFrom<Vec<TagKey>> for TagKeys {
    type Error = &'static str;

    fn try_from(keys: Vec<TagKey>) -> Result<Self, Self::Error> {
        if (1..=REQUEST_LIMIT).contains(&keys.len()) {
            Ok(Self(keys))
        } else {
            Err("1 to 200 tag keys are allowed")
        }
    }
}

impl TagKeys {
    /// The keys as they were given.
    pub fn as_slice(&self) -> &[TagKey] {
        &self.0
    }
}

/// The ARN of a profile: the one resource that has tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "Arn")]
pub struct ProfileArn {
    /// The region it names.
    pub region: Region,
    /// The account that owns the profile.
    pub account: AccountId,
    /// The profile.
    pub name: ProfileName,
}

impl TryFrom<String> for ProfileArn {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        match text.parse() {
            Ok(Arn { region, account, resource: Resource::SigningProfile(name) }) => {
                Ok(Self { region, account, name })
            }
            _ => Err(Malformed::new(
                &text,
                "an ARN of a signing profile (arn:aws:signer:REGION:ACCOUNT:/signing-profiles/NAME)",
            )),
        }
    }
}

impl From<ProfileArn> for Arn {
    fn from(ProfileArn { region, account, name }: ProfileArn) -> Self {
        Self { region, account, resource: Resource::SigningProfile(name) }
    }
}

impl PartialSchema for ProfileArn {
    fn schema() -> RefOr<Schema> {
        arn_schema(
            "ARN of a signing profile.",
            "signing-profiles/[a-zA-Z0-9_]{2,64}",
            "arn:aws:signer:us-east-1:123456789012:/signing-profiles/release_images",
        )
    }
}

impl ToSchema for ProfileArn {}

/// The path of the tagging operations.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourcePath {
    /// The profile.
    pub resource_arn: ProfileArn,
}

const PATH: &str = "/tags/{resourceArn}";

/// The ARN holds slashes, which not every client encodes.
const ROUTE: &str = "/tags/{*resourceArn}";

fn tagged(path: &ResourcePath) -> Vec<Target> {
    own_profile(&path.resource_arn.name, &path.resource_arn.account)
}

/// `TagResource`: adds tags to a profile, or changes their values.
#[derive(Debug, ToSchema)]
pub struct TagResource;

/// Body of [`TagResource`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TagResourceBody {
    /// The tags.
    pub tags: SomeTags,
}

impl Operation for TagResource {
    const ACTION: &'static str = "signer:TagResource";
    const METHOD: Method = Method::POST;
    const PATH: &'static str = PATH;
    const ROUTE: &'static str = ROUTE;
    const EFFECT: Effect = Effect::Write;
    const ERRORS: &[Exception] = &[Exception::BadRequest, Exception::NotFound];
    const EXCEPTIONS: Exceptions = Exceptions::Tagging;
    type Path = ResourcePath;
    type Query = Nothing;
    type Body = TagResourceBody;
    type Output = Nothing;

    fn resources(request: &Request<Self>, _: &AccountId) -> Vec<Target> {
        tagged(&request.path)
    }
}

/// `UntagResource`: removes tags from a profile.
#[derive(Debug, ToSchema)]
pub struct UntagResource;

/// Query of [`UntagResource`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UntagResourceQuery {
    /// The keys of the tags.
    pub tag_keys: TagKeys,
}

impl Operation for UntagResource {
    const ACTION: &'static str = "signer:UntagResource";
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = PATH;
    const ROUTE: &'static str = ROUTE;
    const EFFECT: Effect = Effect::Write;
    const ERRORS: &[Exception] = &[Exception::BadRequest, Exception::NotFound];
    const EXCEPTIONS: Exceptions = Exceptions::Tagging;
    type Path = ResourcePath;
    type Query = UntagResourceQuery;
    type Body = Nothing;
    type Output = Nothing;

    fn resources(request: &Request<Self>, _: &AccountId) -> Vec<Target> {
        tagged(&request.path)
    }
}

/// `ListTagsForResource`.
#[derive(Debug, ToSchema)]
pub struct ListTagsForResource;

/// Answer of [`ListTagsForResource`].
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListTagsForResourceOutput {
    /// The tags of the profile.
    pub tags: Tags,
}

impl Operation for ListTagsForResource {
    const ACTION: &'static str = "signer:ListTagsForResource";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = PATH;
    const ROUTE: &'static str = ROUTE;
    const EFFECT: Effect = Effect::Read;
    const ERRORS: &[Exception] = &[Exception::BadRequest, Exception::NotFound];
    const EXCEPTIONS: Exceptions = Exceptions::Tagging;
    type Path = ResourcePath;
    type Query = Nothing;
    type Body = Nothing;
    type Output = ListTagsForResourceOutput;

    fn resources(request: &Request<Self>, _: &AccountId) -> Vec<Target> {
        tagged(&request.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::parse;

    const ARN: &str = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/my_profile";

    #[test]
    fn tag_keys_follow_the_model() {
        for right in ["k", "a:b/c.d=e", "x1", "a;b<c,d+e-f_g"] {
            assert!(right.parse::<TagKey>().is_ok(), "{right}");
        }
        for wrong in ["", "aws:x", "a b", "\u{e9}", "a>b", &"k".repeat(129)] {
            assert!(wrong.parse::<TagKey>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn tag_values_are_counted_in_characters() {
        for right in ["", "a b+c/\u{e9}", &"\u{e9}".repeat(256)] {
            assert!(right.parse::<TagValue>().is_ok(), "{right}");
        }
        assert!("v".repeat(257).parse::<TagValue>().is_err());
    }

    #[test]
    fn tags_are_counted_by_key() {
        let tags = |text: &str| serde_json::from_str::<Tags>(text).unwrap();
        assert_eq!(tags(r#"{"a":"1","b":"2"}"#).count_with(&tags(r#"{"b":"3","c":"4"}"#)), 3);
    }

    #[test]
    fn only_profiles_have_tags() {
        let read = |arn: &str, body: &str| {
            parse::<TagResource>(vec![("resourceArn".into(), arn.into())], "", body.as_bytes())
                .map(|request| request.path.resource_arn.name.to_string())
                .map_err(|error| error.to_string())
        };
        let body = r#"{"tags":{"a":"b"}}"#;
        assert_eq!(read(ARN, body).as_deref(), Ok("my_profile"));
        for other in ["/aaaaaaaaaa", "/", "%2Fx"] {
            let error = read(&format!("{ARN}{other}"), body).unwrap_err();
            assert!(error.contains("is not an ARN of a signing profile"), "{error}");
        }
        for (body, reason) in [
            ("{}", "missing field `tags`"),
            (r#"{"tags":{}}"#, "tags: at least one tag"),
            (r#"{"tags":[]}"#, "tags: "),
            (r#"{"tags":{"aws:a":"b"}}"#, "'aws:a' is not a tag key"),
        ] {
            let error = read(ARN, body).unwrap_err();
            assert!(error.contains(reason), "{body}: {error}");
        }
    }

    #[test]
    fn keys_to_remove() {
        let read = |query: &str| {
            parse::<UntagResource>(vec![("resourceArn".into(), ARN.into())], query, b"")
                .map(|request| request.query.tag_keys.as_slice().len())
                .map_err(|error| error.to_string())
        };
        assert_eq!(read("tagKeys=a&tagKeys=b%2Fc"), Ok(2));
        let many = vec!["tagKeys=k"; 201].join("&");
        for (query, reason) in [
            ("", "missing field `tagKeys`"),
            ("tagKeys=", "the parameter has no value"),
            ("tagKeys=aws:a", "'aws:a' is not a tag key"),
            (many.as_str(), "1 to 200 tag keys"),
        ] {
            let error = read(query).unwrap_err();
            assert!(error.contains(reason), "{query}: {error}");
        }
    }
}
