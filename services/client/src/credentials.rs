//! Credentials, where AWS's SDKs find them: the environment, the shared files, a web identity.

use crate::clock;
use crate::error::ClientError;
use crate::settings::Settings;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_types::region::Region;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// How long before their end credentials are got anew.
const MARGIN: Duration = Duration::from_mins(1);

/// Credentials, asked for when first needed and again before they expire.
pub(crate) struct CredentialSource {
    chain: CredentialsProviderChain,
    latest: Mutex<Option<Credentials>>,
}

impl std::fmt::Debug for CredentialSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CredentialSource")
    }
}

impl CredentialSource {
    /// A profile that was asked for by name comes before the environment, as it does in AWS's own command line.
    pub(crate) fn new(settings: &Settings) -> Self {
        let config = ProviderConfig::without_region()
            .with_region(Some(Region::new(settings.region.to_string())))
            .with_http_client(settings.transport.clone());
        let environment = EnvironmentVariableCredentialsProvider::new();
        let files = ProfileFileCredentialsProvider::builder().configure(&config);
        let web_identity = WebIdentityTokenCredentialsProvider::builder().configure(&config).build();
        let chain = match &settings.profile {
            Some(name) => CredentialsProviderChain::first_try("Profile", files.profile_name(name).build()),
            None => CredentialsProviderChain::first_try("Environment", environment)
                .or_else("Profile", files.build())
                .or_else("WebIdentityToken", web_identity),
        };
        Self { chain, latest: Mutex::new(None) }
    }

    /// Credentials that are good for a while.
    pub(crate) async fn credentials(&self) -> Result<Credentials, ClientError> {
        let mut latest = self.latest.lock().await;
        let soon = SystemTime::from(clock::now()) + MARGIN;
        if let Some(known) = latest.as_ref().filter(|known| known.expiry().is_none_or(|expiry| expiry > soon))
        {
            return Ok(known.clone());
        }
        let fresh = self.chain.provide_credentials().await.map_err(|error| explain(&error))?;
        Ok(latest.insert(fresh).clone())
    }
}

fn explain(error: &CredentialsError) -> ClientError {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => ClientError::NoCredentials,
        other => {
            let mut deepest: &dyn std::error::Error = other;
            while let Some(cause) = deepest.source() {
                deepest = cause;
            }
            ClientError::Credentials(deepest.to_string())
        }
    }
}
