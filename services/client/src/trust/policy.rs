//! Trust policies (Notary Project `trust-store-trust-policy.md`): what is there is kept, and what is new is added.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A trust policy document. Members that are not known here are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustPolicy {
    version: String,
    trust_policies: Vec<Statement>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// One statement: for these repositories, these identities below these roots.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    name: String,
    #[serde(default)]
    registry_scopes: Vec<String>,
    signature_verification: Value,
    #[serde(default)]
    trust_stores: Vec<String>,
    #[serde(default)]
    trusted_identities: Vec<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// A statement that cannot be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A scope that is none, or all.
    #[error("{scope:?} is no registry scope: name a repository, as registry.example.com/app, and never *")]
    Scope {
        /// The scope.
        scope: String,
    },
    /// The version of the document.
    #[error("the trust policy has the version {version:?}; only 1.0 is known")]
    Version {
        /// Its version.
        version: String,
    },
    /// notation allows each scope once.
    #[error("the statement {statement:?} is about {scope} already; add to it with --name {statement}")]
    ScopeTaken {
        /// The other statement.
        statement: String,
        /// The scope.
        scope: String,
    },
    /// There is one that already trusts everything.
    #[error("the statement {statement:?} trusts any identity (*); remove that first")]
    TrustsAll {
        /// The statement.
        statement: String,
    },
    /// There is one that is about everything.
    #[error(
        "the statement {statement:?} is about every repository (*); remove that first, or choose another --name"
    )]
    EveryRepository {
        /// The statement.
        statement: String,
    },
    /// There is one that verifies nothing or only part.
    #[error(
        "the statement {statement:?} does not verify at the level strict; remove it first, or choose another --name"
    )]
    NotStrict {
        /// The statement.
        statement: String,
    },
    /// Every root of a statement can vouch for every identity of it.
    #[error("the statement {statement:?} trusts other roots too ({store}); choose another --name")]
    OtherRoots {
        /// The statement.
        statement: String,
        /// The trust store that holds them.
        store: String,
    },
}

impl Default for TrustPolicy {
    fn default() -> Self {
        Self { version: "1.0".to_owned(), trust_policies: Vec::new(), rest: Map::new() }
    }
}

impl Statement {
    /// A statement at the level `strict`.
    pub fn new(
        name: &str,
        scopes: Vec<String>,
        stores: Vec<String>,
        identities: Vec<String>,
    ) -> Result<Self, PolicyError> {
        if let Some(scope) = scopes.iter().find(|scope| !is_repository(scope)) {
            return Err(PolicyError::Scope { scope: scope.clone() });
        }
        Ok(Self {
            name: name.to_owned(),
            registry_scopes: scopes,
            signature_verification: json!({"level": "strict"}),
            trust_stores: stores,
            trusted_identities: identities,
            rest: Map::new(),
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The trust stores that it names, each by type and name.
    pub(super) fn stores(&self) -> impl Iterator<Item = (&str, &str)> {
        self.trust_stores.iter().filter_map(|store| store.split_once(':'))
    }

    fn add(&mut self, other: &Self) -> Result<(), PolicyError> {
        let statement = self.name.clone();
        if self.trusted_identities.iter().any(|identity| identity == "*") {
            return Err(PolicyError::TrustsAll { statement });
        }
        if self.registry_scopes.iter().any(|scope| scope == "*") {
            return Err(PolicyError::EveryRepository { statement });
        }
        if self.signature_verification["level"] != "strict"
            || !self.signature_verification["override"].is_null()
        {
            return Err(PolicyError::NotStrict { statement });
        }
        let is_own = |store: &&String| store.split_once(':').is_some_and(|(_, name)| name == self.name);
        if let Some(store) = self.trust_stores.iter().find(|store| !is_own(store)) {
            return Err(PolicyError::OtherRoots { statement, store: store.clone() });
        }
        add_missing(&mut self.registry_scopes, &other.registry_scopes);
        add_missing(&mut self.trust_stores, &other.trust_stores);
        add_missing(&mut self.trusted_identities, &other.trusted_identities);
        Ok(())
    }
}

/// `registry/repository`, without tag or digest (facts of notation's parser: host, slash, path).
fn is_repository(scope: &str) -> bool {
    let known = |character: char| character.is_ascii_alphanumeric() || "._-:/[]".contains(character);
    let Some((host, path)) = scope.split_once('/') else { return false };
    let lower = |character: char| !character.is_ascii_uppercase() && character != ':';
    !host.is_empty() && !path.is_empty() && scope.chars().all(known) && path.chars().all(lower)
}

fn add_missing(list: &mut Vec<String>, more: &[String]) {
    for one in more {
        if !list.contains(one) {
            list.push(one.clone());
        }
    }
}

impl TrustPolicy {
    /// The statement of a name.
    pub(super) fn statement(&self, name: &str) -> Option<&Statement> {
        self.trust_policies.iter().find(|statement| statement.name == name)
    }

    /// The document with a statement added, or added to the one of its name.
    pub fn with(&self, statement: &Statement) -> Result<Self, PolicyError> {
        if self.version != "1.0" {
            return Err(PolicyError::Version { version: self.version.clone() });
        }
        let mut merged = self.clone();
        let others = self.trust_policies.iter().filter(|other| other.name != statement.name);
        for other in others {
            let taken = statement.registry_scopes.iter().find(|scope| other.registry_scopes.contains(scope));
            if let Some(scope) = taken {
                return Err(PolicyError::ScopeTaken { statement: other.name.clone(), scope: scope.clone() });
            }
        }
        match merged.trust_policies.iter_mut().find(|known| known.name == statement.name) {
            Some(known) => known.add(statement)?,
            None => merged.trust_policies.push(statement.clone()),
        }
        Ok(merged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/app";

    fn statement(scope: &str, identity: &str) -> Statement {
        Statement::new(
            "hallmark",
            vec![scope.to_owned()],
            vec!["signingAuthority:hallmark".to_owned()],
            vec![identity.to_owned()],
        )
        .unwrap()
    }

    fn document(json: &Value) -> TrustPolicy {
        serde_json::from_value(json.clone()).unwrap()
    }

    fn existing(verification: &Value, identities: &Value) -> TrustPolicy {
        document(&json!({"version": "1.0", "trustPolicies": [{
            "name": "hallmark", "registryScopes": ["a.example.com/old"], "signatureVerification": verification,
            "trustStores": ["signingAuthority:other"], "trustedIdentities": identities}]}))
    }

    #[test]
    fn what_is_there_is_kept() {
        let before = json!({"version": "1.0", "note": "ours", "trustPolicies": [
            {"name": "others", "registryScopes": ["*"], "signatureVerification": {"level": "audit"},
             "trustStores": ["ca:acme"], "trustedIdentities": ["*"], "globalPolicy": true}]});
        let after = document(&before).with(&statement("r.example.com/app", ARN)).unwrap();
        let after = serde_json::to_value(after).unwrap();
        assert_eq!(after["note"], "ours");
        assert_eq!(after["trustPolicies"][0], before["trustPolicies"][0]);
        assert_eq!(after["trustPolicies"][1]["trustedIdentities"], json!([ARN]));
        assert_eq!(after["trustPolicies"][1]["signatureVerification"], json!({"level": "strict"}));
    }

    #[test]
    fn a_statement_grows_and_adding_twice_changes_nothing() {
        let once = TrustPolicy::default().with(&statement("r.example.com/app", ARN)).unwrap();
        assert_eq!(once.with(&statement("r.example.com/app", ARN)).unwrap(), once);
        let other = format!("{ARN}2");
        let twice = once.with(&statement("r.example.com/other", &other)).unwrap();
        let grown = &twice.trust_policies[0];
        assert_eq!(grown.registry_scopes, ["r.example.com/app", "r.example.com/other"]);
        assert_eq!(grown.trusted_identities, [ARN, other.as_str()]);
    }

    #[test]
    fn trust_is_never_widened_silently() {
        let strict = json!({"level": "strict"});
        let new = statement("r.example.com/app", ARN);
        let refused = |policy: TrustPolicy| policy.with(&new).unwrap_err();
        let all = refused(existing(&strict, &json!(["*"])));
        assert!(matches!(all, PolicyError::TrustsAll { .. }), "{all}");
        let mut everywhere = existing(&strict, &json!([ARN]));
        everywhere.trust_policies[0].registry_scopes = vec!["*".to_owned()];
        let everywhere = refused(everywhere);
        assert!(matches!(everywhere, PolicyError::EveryRepository { .. }), "{everywhere}");
        for weak in
            [json!({"level": "audit"}), json!({"level": "strict", "override": {"revocation": "skip"}})]
        {
            let weak = refused(existing(&weak, &json!([ARN])));
            assert!(matches!(weak, PolicyError::NotStrict { .. }), "{weak}");
        }
        let others = refused(existing(&strict, &json!([ARN])));
        assert!(matches!(others, PolicyError::OtherRoots { .. }), "{others}");
        let elsewhere = document(&json!({"version": "1.0", "trustPolicies": [{
            "name": "other", "registryScopes": ["r.example.com/app"], "signatureVerification": strict}]}));
        assert!(matches!(refused(elsewhere), PolicyError::ScopeTaken { .. }));
        assert!(matches!(
            refused(document(&json!({"version": "2.0", "trustPolicies": []}))),
            PolicyError::Version { .. }
        ));
    }

    #[test]
    fn scopes_are_repositories() {
        for scope in ["r.example.com/app", "localhost:5000/team/app", "[::1]:5000/app", "local/app"] {
            assert!(is_repository(scope), "{scope}");
        }
        for scope in [
            "",
            "*",
            "r.example.com",
            "r.example.com/*",
            "r.example.com/app:v1",
            "/app",
            "r/",
            "r/a@sha256:0",
            "r/App",
        ] {
            assert!(!is_repository(scope), "{scope}");
        }
    }
}
