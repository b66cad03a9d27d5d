//! Control-plane facts, cached per replica and stamped with their account's epoch.
//!
//! A cached fact decides nothing by itself: whatever is decided from it carries the stamp, and the
//! transaction that commits or reads compares the stamp with the account's epoch ([`crate::context`]).

use crate::batcher::Batcher;
use crate::error::ApiError;
use hallmark_api::access_key::AccessKeyId;
use hallmark_api::account::AccountId;
use hallmark_api::profile::ProfileName;
use hallmark_auth::sigv4::{CredentialScope, DerivedKey, SecretKey};
use hallmark_store::principal::Credential;
use hallmark_store::profile::Profile;
use hallmark_store::{Epoch, Store};
use moka::future::Cache;
use std::sync::{Arc, Mutex, PoisonError};

/// A fact and the epoch of its account when it was read.
#[derive(Debug)]
pub struct Stamped<T> {
    /// The epoch.
    pub epoch: Epoch,
    /// The fact.
    pub fact: T,
}

/// A credential with the SigV4 key last derived from it: requests of one day use the same.
#[derive(Debug)]
pub struct KnownCredential {
    /// The credential.
    pub credential: Credential,
    derived: Mutex<Option<(CredentialScope, Arc<DerivedKey>)>>,
}

impl KnownCredential {
    /// A credential from which nothing is derived yet.
    pub fn new(credential: Credential) -> Self {
        Self { credential, derived: Mutex::new(None) }
    }

    /// The SigV4 key for a scope.
    pub fn derive(&self, scope: &CredentialScope) -> Arc<DerivedKey> {
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        match &*derived {
            Some((known, key)) if known == scope => key.clone(),
            _ => {
                let key = Arc::new(SecretKey::new(self.credential.secret.as_bytes()).derive(scope));
                *derived = Some((scope.clone(), key.clone()));
                key
            }
        }
    }
}

/// What a cache holds at the most.
const CACHE_LIMIT: u64 = 10_000;

type CredentialAnswer = Result<Option<Arc<Stamped<KnownCredential>>>, String>;

/// The cached facts.
#[derive(Debug)]
pub struct Facts {
    store: Store,
    credentials: Cache<AccessKeyId, Arc<Stamped<KnownCredential>>>,
    profiles: Cache<(AccountId, ProfileName), Arc<Stamped<Profile>>>,
    loader: Batcher<AccessKeyId, CredentialAnswer>,
}

impl Facts {
    /// No facts yet.
    pub fn new(store: Store) -> Self {
        let loading = store.clone();
        let loader = Batcher::start(move |keys: Vec<AccessKeyId>| {
            let store = loading.clone();
            async move { load(&store, &keys).await }
        });
        Self { store, credentials: Cache::new(CACHE_LIMIT), profiles: Cache::new(CACHE_LIMIT), loader }
    }

    /// The credential behind a key, from the cache or else from the database.
    pub async fn credential(
        &self,
        key: &AccessKeyId,
    ) -> Result<Option<Arc<Stamped<KnownCredential>>>, ApiError> {
        match self.credentials.get(key).await {
            Some(known) => Ok(Some(known)),
            None => self.confirm_credential(key).await,
        }
    }

    /// The credential behind a key as the database has it now; reads that wait together share a statement.
    pub async fn confirm_credential(
        &self,
        key: &AccessKeyId,
    ) -> Result<Option<Arc<Stamped<KnownCredential>>>, ApiError> {
        if key.account().is_none() {
            // No key of ours, so there is nothing to look up.
            return Ok(None);
        }
        let found = self.loader.ask(key.clone()).await?.map_err(ApiError::internal)?;
        match &found {
            Some(known) => self.credentials.insert(key.clone(), known.clone()).await,
            None => self.credentials.invalidate(key).await,
        }
        Ok(found)
    }

    /// A profile, from the cache or else from the database. Absence is never cached.
    pub async fn profile(
        &self,
        account: &AccountId,
        name: &ProfileName,
    ) -> Result<Option<Arc<Stamped<Profile>>>, ApiError> {
        let place = (account.clone(), name.clone());
        match self.profiles.get(&place).await {
            Some(known) => Ok(Some(known)),
            None => self.confirm_profile(account, name).await,
        }
    }

    /// A profile as the database has it now; none also when there is no such account.
    pub async fn confirm_profile(
        &self,
        account: &AccountId,
        name: &ProfileName,
    ) -> Result<Option<Arc<Stamped<Profile>>>, ApiError> {
        let place = (account.clone(), name.clone());
        let Some(mut view) = self.store.view_if_exists(account).await? else { return Ok(None) };
        let epoch = view.epoch();
        let found = view.profiles(std::slice::from_ref(name)).await?.pop();
        let found = found.map(|fact| Arc::new(Stamped { epoch, fact }));
        if let Some(known) = &found {
            self.profiles.insert(place, known.clone()).await;
        }
        Ok(found)
    }

    /// Keeps a credential that was read under a newer epoch.
    pub async fn learn_credential(
        &self,
        epoch: Epoch,
        credential: Credential,
    ) -> Arc<Stamped<KnownCredential>> {
        let key = credential.access_key_id.clone();
        let known = Arc::new(Stamped { epoch, fact: KnownCredential::new(credential) });
        self.credentials.insert(key, known.clone()).await;
        known
    }

    /// Keeps a profile that was read under a newer epoch.
    pub async fn learn_profile(
        &self,
        account: &AccountId,
        epoch: Epoch,
        profile: Profile,
    ) -> Arc<Stamped<Profile>> {
        let place = (account.clone(), profile.name.clone());
        let known = Arc::new(Stamped { epoch, fact: profile });
        self.profiles.insert(place, known.clone()).await;
        known
    }
}

async fn load(store: &Store, keys: &[AccessKeyId]) -> Vec<CredentialAnswer> {
    let mut distinct = keys.to_vec();
    distinct.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    distinct.dedup();
    let found = match store.credentials(&distinct).await {
        Ok(found) => found,
        Err(error) => return vec![Err(error.to_string()); keys.len()],
    };
    let known: Vec<_> = found
        .into_iter()
        .map(|(credential, epoch)| Arc::new(Stamped { epoch, fact: KnownCredential::new(credential) }))
        .collect();
    keys.iter()
        .map(|key| Ok(known.iter().find(|known| known.fact.credential.access_key_id == *key).cloned()))
        .collect()
}
