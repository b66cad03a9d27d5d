//! The schemas of an OpenAPI document: which of them there are, and an example of each.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, Object, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The schemas that are referred to, by name.
#[derive(Default)]
pub(super) struct Schemas {
    known: BTreeMap<String, RefOr<Schema>>,
    /// Those that stand in requests, where null is taken for an absent member. Answers never hold null.
    asked: BTreeSet<String>,
}

/// Which members an example shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Required,
    All,
}

impl Schemas {
    /// Learns what the parameters of a request refer to, which no schema of their own holds together.
    pub(super) fn learn_parts<T: ToSchema>(&mut self) {
        let mut parts = Vec::new();
        T::schemas(&mut parts);
        for (name, schema) in parts {
            self.known.entry(name).or_insert(schema);
        }
    }

    /// Learns the body of a request.
    pub(super) fn learn_asked<T: ToSchema>(&mut self) -> RefOr<Schema> {
        for (name, schema) in with_parts::<T>() {
            self.asked.insert(name.clone());
            self.known.insert(name, schema);
        }
        Ref::from_schema_name(T::name()).into()
    }

    /// Learns the body of an answer.
    pub(super) fn learn_answered<T: ToSchema>(&mut self) -> RefOr<Schema> {
        for (name, schema) in with_parts::<T>() {
            self.known.entry(name).or_insert(schema);
        }
        Ref::from_schema_name(T::name()).into()
    }

    /// All of them.
    pub(super) fn finish(self) -> BTreeMap<String, RefOr<Schema>> {
        let Self { known, asked } = self;
        let settle = |(name, schema)| {
            let schema = if asked.contains(&name) { schema } else { without_null(schema) };
            (name, schema)
        };
        known.into_iter().map(settle).collect()
    }

    /// An example with every member.
    pub(super) fn example(&self, schema: &RefOr<Schema>) -> Value {
        self.compose(schema, Shown::All)
    }

    /// An example of a request: what it must hold, and nothing that would need a platform to suit.
    pub(super) fn request_example(&self, schema: &RefOr<Schema>) -> Value {
        self.compose(schema, Shown::Required)
    }

    fn compose(&self, schema: &RefOr<Schema>, shown: Shown) -> Value {
        match schema {
            RefOr::Ref(reference) => {
                let name = reference.ref_location.rsplit('/').next().unwrap_or_default();
                self.known.get(name).map_or(Value::Null, |schema| self.compose(schema, shown))
            }
            RefOr::T(Schema::Object(object)) => self.compose_object(object, shown),
            RefOr::T(Schema::Array(array)) => match (array.example.as_ref(), &array.items) {
                (Some(example), _) => example.clone(),
                (None, ArrayItems::RefOrSchema(items)) => json!([self.compose(items, shown)]),
                (None, ArrayItems::False) => json!([]),
            },
            RefOr::T(Schema::OneOf(one_of)) => {
                one_of.items.first().map_or(Value::Null, |item| self.compose(item, shown))
            }
            RefOr::T(Schema::AllOf(all_of)) => {
                let parts = all_of.items.iter().filter_map(|item| match self.compose(item, shown) {
                    Value::Object(members) => Some(members),
                    _ => None,
                });
                Value::Object(parts.flatten().collect())
            }
            RefOr::T(_) => Value::Null,
        }
    }

    fn compose_object(&self, object: &Object, shown: Shown) -> Value {
        let said = object.example.as_ref().or(object.examples.first());
        if let Some(example) = said.or(object.enum_values.as_ref().and_then(|values| values.first())) {
            return example.clone();
        }
        match only_type(&object.schema_type) {
            Type::Boolean => json!(true),
            Type::Integer | Type::Number => json!(1),
            Type::Object => {
                let members = object
                    .properties
                    .iter()
                    .filter(|(name, _)| shown == Shown::All || object.required.contains(name));
                let mut example: Map<String, Value> =
                    members.map(|(name, schema)| (name.clone(), self.compose(schema, shown))).collect();
                if let Some(AdditionalProperties::RefOr(value)) = object.additional_properties.as_deref() {
                    let key = object.property_names.as_deref().map(|names| RefOr::T(names.clone()));
                    let key = key.and_then(|names| self.compose(&names, shown).as_str().map(str::to_owned));
                    example.insert(key.unwrap_or_else(|| "key".to_owned()), self.compose(value, shown));
                }
                Value::Object(example)
            }
            _ => json!("text"),
        }
    }
}

fn with_parts<T: ToSchema>() -> Vec<(String, RefOr<Schema>)> {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    schemas
}

fn only_type(types: &SchemaType) -> Type {
    match types {
        SchemaType::Type(one) => one.clone(),
        SchemaType::Array(several) => {
            several.iter().find(|one| **one != Type::Null).cloned().unwrap_or(Type::Null)
        }
        SchemaType::AnyValue => Type::Null,
    }
}

/// The same schema without the alternative null, in its members too.
pub(super) fn without_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::OneOf(mut one_of)) => {
            one_of.items.retain(|item| !is_null(item));
            match one_of.items.pop() {
                Some(only) if one_of.items.is_empty() => without_null(only),
                last => {
                    one_of.items.extend(last);
                    RefOr::T(Schema::OneOf(one_of))
                }
            }
        }
        RefOr::T(Schema::Object(mut object)) => {
            object.schema_type = never_null(object.schema_type);
            for member in object.properties.values_mut() {
                *member = without_null(std::mem::take(member));
            }
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.schema_type = never_null(array.schema_type);
            RefOr::T(Schema::Array(array))
        }
        RefOr::T(Schema::AllOf(mut all_of)) => {
            all_of.items = all_of.items.into_iter().map(without_null).collect();
            RefOr::T(Schema::AllOf(all_of))
        }
        other => other,
    }
}

fn never_null(types: SchemaType) -> SchemaType {
    match &types {
        SchemaType::Array(_) => SchemaType::Type(only_type(&types)),
        _ => types,
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null))
}

/// A schema and what is said of it in its place, apart.
pub(super) fn described(mut schema: RefOr<Schema>) -> (RefOr<Schema>, String) {
    let description = match &mut schema {
        RefOr::Ref(reference) => std::mem::take(&mut reference.description),
        RefOr::T(Schema::Object(object)) => object.description.take().unwrap_or_default(),
        RefOr::T(Schema::Array(array)) => array.description.take().unwrap_or_default(),
        RefOr::T(_) => String::new(),
    };
    (schema, description)
}

/// The members of a structure.
pub(super) struct Members {
    pub(super) description: String,
    pub(super) properties: BTreeMap<String, RefOr<Schema>>,
    pub(super) required: Vec<String>,
}

impl Members {
    pub(super) fn of<T: PartialSchema>() -> Self {
        match T::schema() {
            RefOr::T(Schema::Object(object)) => Self {
                description: object.description.unwrap_or_default(),
                properties: object.properties,
                required: object.required,
            },
            _ => Self { description: String::new(), properties: BTreeMap::new(), required: Vec::new() },
        }
    }
}
