//! The names of subjects, in the one form that this service issues.

use crate::PkiError;
use der::asn1::{ObjectIdentifier, PrintableStringRef};
use der::{Decode, Tag, Tagged};
use rcgen::string::PrintableString;
use rcgen::{DistinguishedName, DnType, DnValue};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::Name;

/// A subject. In certificates its attributes stand in the order of the fields, each alone in its
/// RDN; verifiers without a plugin can pin any of them by `x509.subject`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// C: two capital letters (ISO 3166), a `PrintableString`.
    pub country: String,
    /// ST: at most 128 characters, as UTF-8.
    pub state: String,
    /// O: at most 64 characters, as UTF-8.
    pub organization: String,
    /// OU: at most 64 characters, as UTF-8.
    pub organizational_unit: Option<String>,
    /// CN: at most 64 characters, as UTF-8.
    pub common_name: String,
    /// SERIALNUMBER: at most 64 characters, a `PrintableString`.
    pub serial_number: Option<String>,
}

/// An attribute type with its upper bound (RFC 5280 appendix A.1) and its place in a subject.
#[derive(Clone, Copy)]
enum Attribute {
    Country,
    State,
    Organization,
    OrganizationalUnit,
    CommonName,
    SerialNumber,
}

impl Attribute {
    fn name(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::State => "state",
            Self::Organization => "organization",
            Self::OrganizationalUnit => "organizational unit",
            Self::CommonName => "common name",
            Self::SerialNumber => "serial number",
        }
    }

    /// The last arc of its identifier below id-at (2.5.4).
    fn arc(self) -> u64 {
        match self {
            Self::Country => 6,
            Self::State => 8,
            Self::Organization => 10,
            Self::OrganizationalUnit => 11,
            Self::CommonName => 3,
            Self::SerialNumber => 5,
        }
    }

    /// The string type it is written in.
    fn tag(self) -> Tag {
        match self {
            Self::Country | Self::SerialNumber => Tag::PrintableString,
            _ => Tag::Utf8String,
        }
    }

    /// The rule that a value breaks, if any.
    fn broken_rule(self, value: &str) -> Option<&'static str> {
        let country = value.len() == 2 && value.bytes().all(|octet| octet.is_ascii_uppercase());
        let (limit, too_long) = match self {
            Self::State => (128, "is longer than 128 characters"),
            _ => (64, "is longer than 64 characters"),
        };
        match self {
            _ if value.is_empty() => Some("is empty"),
            Self::Country if !country => Some("is not two capital letters"),
            _ if value.chars().count() > limit => Some(too_long),
            _ if value.trim() != value => Some("begins or ends with a space"),
            _ if value.chars().any(char::is_control) => Some("holds a control character"),
            Self::SerialNumber if PrintableStringRef::new(value).is_err() => {
                Some("holds a character outside PrintableString")
            }
            _ => None,
        }
    }
}

impl Subject {
    /// Whether every attribute may stand in a certificate.
    pub fn check(&self) -> Result<(), PkiError> {
        for (attribute, value) in self.attributes() {
            if let Some(rule) = attribute.broken_rule(value) {
                return Err(PkiError::SubjectInvalid { attribute: attribute.name(), rule });
            }
        }
        Ok(())
    }

    fn attributes(&self) -> impl Iterator<Item = (Attribute, &str)> {
        [
            (Attribute::Country, Some(&self.country)),
            (Attribute::State, Some(&self.state)),
            (Attribute::Organization, Some(&self.organization)),
            (Attribute::OrganizationalUnit, self.organizational_unit.as_ref()),
            (Attribute::CommonName, Some(&self.common_name)),
            (Attribute::SerialNumber, self.serial_number.as_ref()),
        ]
        .into_iter()
        .filter_map(|(attribute, value)| Some((attribute, value?.as_str())))
    }

    /// The name as the certificate builder takes it, checked.
    pub(crate) fn distinguished_name(&self) -> Result<DistinguishedName, PkiError> {
        self.check()?;
        let mut name = DistinguishedName::new();
        for (attribute, value) in self.attributes() {
            let value = match attribute.tag() {
                Tag::PrintableString => PrintableString::try_from(value)
                    .map(DnValue::PrintableString)
                    .map_err(|_| PkiError::SubjectInvalid {
                        attribute: attribute.name(),
                        rule: "holds a character outside PrintableString",
                    })?,
                _ => DnValue::Utf8String(value.to_owned()),
            };
            name.push(DnType::from_oid(&[2, 5, 4, attribute.arc()]), value);
        }
        Ok(name)
    }

    /// Reads a name in DER; the inner error is the rule that keeps it from being a subject.
    pub(crate) fn from_der(der: &[u8]) -> Result<Result<Self, &'static str>, PkiError> {
        Name::from_der(der)
            .map(|name| Self::from_name(&name))
            .map_err(|error| PkiError::CertificateUnreadable { reason: error.to_string() })
    }

    fn from_name(name: &Name) -> Result<Self, &'static str> {
        if name.iter_rdn().any(|rdn| rdn.len() != 1) {
            return Err("has a subject with an RDN that is not of one attribute");
        }
        for attribute in name.iter() {
            let arc = well_known_arc(attribute)
                .ok_or("has an attribute in its subject that some verifiers cannot name")?;
            if name.iter().filter(|other| well_known_arc(other) == Some(arc)).count() > 1 {
                return Err("has an attribute twice in its subject");
            }
            read_value(attribute)?;
        }
        let read = |attribute: Attribute| -> Result<Option<String>, &'static str> {
            let found = name.iter().find(|found| well_known_arc(found) == Some(attribute.arc()));
            found.map(read_value).transpose()
        };
        Ok(Self {
            country: read(Attribute::Country)?.ok_or("must have a subject with one C")?,
            state: read(Attribute::State)?.ok_or("must have a subject with one ST")?,
            organization: read(Attribute::Organization)?.ok_or("must have a subject with one O")?,
            organizational_unit: read(Attribute::OrganizationalUnit)?,
            common_name: read(Attribute::CommonName)?.ok_or("must have a subject with one CN")?,
            serial_number: read(Attribute::SerialNumber)?,
        })
    }
}

/// The last arc of an attribute type that every verifier can name: CN, SERIALNUMBER, C, L, ST, STREET, O,
/// OU, POSTALCODE, all below id-at (2.5.4).
fn well_known_arc(attribute: &AttributeTypeAndValue) -> Option<u64> {
    [3, 5, 6, 7, 8, 9, 10, 11, 17].into_iter().find(|arc| attribute.oid == id_at(*arc))
}

/// The attribute type with this arc, which is a small one, below id-at.
fn id_at(arc: u64) -> ObjectIdentifier {
    const ID_AT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4");
    u32::try_from(arc).ok().and_then(|arc| ID_AT.push_arc(arc).ok()).unwrap_or(ID_AT)
}

/// The value of one of the two string types that are issued and copied here, if it keeps to it.
fn read_value(attribute: &AttributeTypeAndValue) -> Result<String, &'static str> {
    let value = attribute.value.value();
    let keeps = match attribute.value.tag() {
        Tag::PrintableString => PrintableStringRef::new(value).is_ok(),
        tag => tag == Tag::Utf8String,
    };
    String::from_utf8(value.to_vec())
        .ok()
        .filter(|_| keeps)
        .ok_or("has an attribute in its subject that is neither a PrintableString nor a UTF8String")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn refusal(change: impl FnOnce(&mut Subject)) -> (&'static str, &'static str) {
        let mut subject = fixture::leaf_subject();
        change(&mut subject);
        match subject.check() {
            Err(PkiError::SubjectInvalid { attribute, rule }) => (attribute, rule),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_must_not_stand_in_a_certificate_is_refused() {
        for country in ["D", "DEU", "de", "D1", "ÄÖ"] {
            let refused = refusal(|subject| subject.country = country.to_owned());
            assert_eq!(refused, ("country", "is not two capital letters"));
        }
        let refused = refusal(|subject| subject.state = "x".repeat(129));
        assert_eq!(refused, ("state", "is longer than 128 characters"));
        let refused = refusal(|subject| subject.organization = "ü".repeat(65));
        assert_eq!(refused, ("organization", "is longer than 64 characters"));
        let refused = refusal(|subject| subject.organizational_unit = Some(String::new()));
        assert_eq!(refused, ("organizational unit", "is empty"));
        let refused = refusal(|subject| subject.common_name = " release".to_owned());
        assert_eq!(refused, ("common name", "begins or ends with a space"));
        let refused = refusal(|subject| subject.common_name = "re\nlease".to_owned());
        assert_eq!(refused, ("common name", "holds a control character"));
        let refused = refusal(|subject| subject.serial_number = Some("a_b".to_owned()));
        assert_eq!(refused, ("serial number", "holds a character outside PrintableString"));
    }

    #[test]
    fn the_longest_values_pass() {
        let subject =
            Subject { state: "ü".repeat(128), organization: "ü".repeat(64), ..fixture::leaf_subject() };
        subject.check().unwrap();
    }

    #[test]
    fn the_order_and_the_string_types_are_fixed() {
        let leaf = &fixture::hierarchy()[0];
        let name = Name::from_der(leaf.subject_der()).unwrap();
        let found: Vec<_> = name.iter().map(|found| (found.oid.to_string(), found.value.tag())).collect();
        let expected = [
            ("2.5.4.6", Tag::PrintableString),
            ("2.5.4.8", Tag::Utf8String),
            ("2.5.4.10", Tag::Utf8String),
            ("2.5.4.11", Tag::Utf8String),
            ("2.5.4.3", Tag::Utf8String),
            ("2.5.4.5", Tag::PrintableString),
        ]
        .map(|(oid, tag)| (oid.to_owned(), tag));
        assert_eq!(found, expected);
        assert_eq!(name.iter_rdn().count(), 6);
    }
}
