//! Settings: where the service is and how it is asked. What is given comes first, then Hallmark's own variables, then
//! what AWS's SDKs look at: their variables and their shared files.

use crate::environment::variable;
use crate::error::ClientError;
use crate::loopback::is_loopback;
use crate::transport::Transport;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_types::service_config::ServiceConfigKey;
use hallmark_api::account::Region;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// How long a request may take in all, its repetitions included, unless another time is given.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest time that can be given.
const LONGEST_TIMEOUT: Duration = Duration::from_hours(1);

/// Settings as flags or a plugin's configuration give them.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// URL of the API.
    pub endpoint: Option<String>,
    /// The deployment's region.
    pub region: Option<String>,
    /// The profile of AWS's shared files.
    pub profile: Option<String>,
    /// A file of certificates in PEM: the only ones that a service's certificate may end in.
    pub ca_file: Option<PathBuf>,
    /// How long a request may take in all, in seconds.
    pub timeout: Option<String>,
    /// Whether a service on another machine may be asked without TLS (`true` or `false`).
    pub plain_http: Option<String>,
}

impl Given {
    /// How whoever is asked is known: by the certificates that are given, or by the machine's.
    pub(crate) fn transport(&self) -> Transport {
        let ca_file = self.ca_file.clone();
        Transport::new(ca_file.or_else(|| either("HALLMARK_CA_FILE", "AWS_CA_BUNDLE").map(PathBuf::from)))
    }

    /// How long a request may take in all.
    pub(crate) fn timeout(&self) -> Result<Duration, ClientError> {
        check_timeout(self.timeout.clone().or_else(|| variable("HALLMARK_TIMEOUT")))
    }
}

/// Settings that are whole.
#[derive(Debug, Clone)]
pub struct Settings {
    /// URL of the API.
    pub endpoint: Url,
    /// The deployment's region.
    pub region: Region,
    /// How long a request may take in all.
    pub timeout: Duration,
    pub(crate) profile: Option<String>,
    pub(crate) transport: Transport,
}

impl Settings {
    /// Looks the settings up. `deployment` is the region that an ARN names, for whoever has not set one.
    pub async fn find(given: Given, deployment: Option<&Region>) -> Result<Self, ClientError> {
        let (transport, timeout) = (given.transport(), given.timeout()?);
        let sdk = shared(given.profile.as_deref(), &transport).await;
        let endpoint =
            given.endpoint.or_else(|| variable("HALLMARK_URL")).or_else(|| configured_endpoint(&sdk));
        let plain_http = given.plain_http.or_else(|| variable("HALLMARK_PLAIN_HTTP"));
        let region = given.region.or_else(|| sdk.region().map(ToString::to_string));
        Ok(Self {
            endpoint: check_endpoint(endpoint, plain_http.as_deref())?,
            region: check_region(region, deployment)?,
            timeout,
            profile: given.profile,
            transport,
        })
    }
}

fn either(first: &str, second: &str) -> Option<String> {
    variable(first).or_else(|| variable(second))
}

/// What AWS's variables and shared files say. Neither asks the network: a machine's metadata service knows nothing of
/// Hallmark.
async fn shared(profile: Option<&str>, transport: &Transport) -> SdkConfig {
    let mut of_files = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        of_files = of_files.profile_name(profile);
    }
    let region =
        RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(of_files.build());
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .no_credentials()
        .region(region)
        .http_client(transport.clone());
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    loader.load().await
}

/// `AWS_ENDPOINT_URL_SIGNER`, a profile's `endpoint_url` for the service `signer`, or those for all services.
fn configured_endpoint(sdk: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("signer")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let of_service = key.ok().and_then(|key| sdk.service_config()?.load_config(key));
    of_service.or_else(|| sdk.endpoint_url().map(str::to_owned)).filter(|url| !url.is_empty())
}

fn check_endpoint(endpoint: Option<String>, plain_http: Option<&str>) -> Result<Url, ClientError> {
    let setting = |text: String| Err(ClientError::Setting(text));
    let Some(text) = endpoint else {
        return setting(
            "the service's address is not known: set HALLMARK_URL, for example to https://hallmark.example.com"
                .to_owned(),
        );
    };
    let url = match Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => url,
        _ => {
            return setting(format!(
                "the service's address {text:?} is no URL that begins with http:// or https://"
            ));
        }
    };
    let rest = [
        Some(url.username()),
        url.password(),
        Some(url.path().trim_end_matches('/')),
        url.query(),
        url.fragment(),
    ];
    if rest.into_iter().flatten().any(|part| !part.is_empty()) {
        return setting("the service's address must be a scheme, a host and a port".to_owned());
    }
    let allowed = match plain_http {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => {
            return setting(format!(
                "plain HTTP is allowed with true or not with false, but not with {other:?}"
            ));
        }
    };
    if url.scheme() == "http" && !allowed && !is_loopback(&url) {
        return setting(format!(
            "{url} would be asked without TLS, and whoever is on the way could answer in its name; use https://, \
             or allow it with HALLMARK_PLAIN_HTTP=true"
        ));
    }
    Ok(url)
}

fn check_region(region: Option<String>, deployment: Option<&Region>) -> Result<Region, ClientError> {
    let region = match (region, deployment) {
        (Some(text), _) => text.parse().map_err(|error| ClientError::Setting(format!("{error}")))?,
        (None, Some(named)) => return Ok(named.clone()),
        (None, None) => {
            return Err(ClientError::Setting(
                "the deployment's region is not known: set AWS_REGION, for example to us-east-1".to_owned(),
            ));
        }
    };
    match deployment {
        Some(named) if *named != region => Err(ClientError::Setting(format!(
            "the ARN names the region {named}, but {region} is set; a deployment has one region"
        ))),
        _ => Ok(region),
    }
}

fn check_timeout(text: Option<String>) -> Result<Duration, ClientError> {
    let Some(text) = text else { return Ok(TIMEOUT) };
    let seconds = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|time| !time.is_zero() && *time <= LONGEST_TIMEOUT).ok_or_else(|| {
        ClientError::Setting(format!("the timeout {text:?} is no number of seconds above 0 and up to 3600"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for (endpoint, plain_http, right) in [
            ("http://127.0.0.1:8080", None, true),
            ("http://[::1]:8080", None, true),
            ("http://localhost:8080", None, true),
            ("http://signer.localhost:8080", None, true),
            ("http://hallmark.example.com", None, false),
            ("http://hallmark.example.com", Some("false"), false),
            ("http://hallmark.example.com", Some("true"), true),
            ("http://hallmark.example.com", Some("yes"), false),
            ("http://127.0.0.1.example.com", None, false),
            ("https://hallmark.example.com", None, true),
            ("https://user@hallmark.example.com", None, false),
            ("https://hallmark.example.com/?a=b", None, false),
            ("https://hallmark.example.com/api", None, false),
            ("ftp://127.0.0.1", None, false),
            ("hallmark.example.com", None, false),
            ("", None, false),
        ] {
            let read = check_endpoint(Some(endpoint.to_owned()), plain_http);
            assert_eq!(read.is_ok(), right, "{endpoint} {plain_http:?}: {read:?}");
        }
    }

    #[test]
    fn regions_agree() {
        let here: Region = "us-east-1".parse().unwrap();
        let region = |set: Option<&str>, named| check_region(set.map(str::to_owned), named);
        assert_eq!(region(Some("us-east-1"), Some(&here)).unwrap(), here);
        assert_eq!(region(None, Some(&here)).unwrap(), here);
        assert!(region(Some("eu-west-1"), Some(&here)).is_err());
        assert!(region(Some("No Region"), None).is_err());
        assert!(region(None, None).is_err());
    }

    #[test]
    fn timeouts() {
        let timeout = |text: &str| check_timeout(Some(text.to_owned())).ok();
        assert_eq!(timeout("2.5"), Some(Duration::from_millis(2500)));
        assert_eq!(check_timeout(None).ok(), Some(TIMEOUT));
        for wrong in ["0", "-1", "1h", "inf", "NaN", "3601", ""] {
            assert_eq!(timeout(wrong), None, "{wrong}");
        }
    }
}
