//! Logins: how the database is reached, with passwords that stay in their files.

use super::ConfigError;
use crate::private_file::read_password;
use std::path::PathBuf;
use url::Url;
use zeroize::Zeroizing;

/// How to reach the database as one login. The password stays in its file until it is used.
#[derive(Debug, Clone)]
pub struct Login {
    url: Url,
    password_file: Option<PathBuf>,
}

impl Login {
    /// What the settings say; nothing where they name no URL. A password in it is refused.
    pub(super) fn new(
        setting: &'static str,
        url: Option<String>,
        password_file: Option<PathBuf>,
    ) -> Result<Option<Self>, ConfigError> {
        let Some(url) = url else { return Ok(None) };
        let refuse = |reason| ConfigError::DatabaseUrl { setting, reason };
        let url =
            Url::parse(&url).map_err(|_| refuse("it is not a URL such as postgres://login@host/database"))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(refuse("it does not begin with postgres://"));
        }
        if url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password") {
            return Err(refuse("it holds a password, which belongs into a file (password_file)"));
        }
        Ok(Some(Self { url, password_file }))
    }

    /// Who logs in.
    pub fn name(&self) -> String {
        let user = self.url.query_pairs().find(|(name, _)| name == "user").map(|(_, user)| user.into_owned());
        user.unwrap_or_else(|| {
            percent_encoding::percent_decode_str(self.url.username()).decode_utf8_lossy().into_owned()
        })
    }

    /// The password, read from its file now; none when the login needs none.
    pub fn password(&self) -> anyhow::Result<Option<Zeroizing<String>>> {
        self.password_file.as_deref().map(read_password).transpose()
    }

    /// The URL with the password in it.
    pub fn url(&self) -> anyhow::Result<Zeroizing<String>> {
        let mut url = self.url.clone();
        if let Some(password) = self.password()? {
            // As a parameter, because the URL of a unix socket has no place for a password before its host.
            url.query_pairs_mut().append_pair("password", &password);
        }
        Ok(Zeroizing::new(url.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_find_their_way_into_the_url() {
        let directory = crate::private_file::tests::Directory::new();
        let file = directory.path().join("password");
        crate::private_file::replace_private_file(&file, b"a&b/c%\n").unwrap();
        for url in ["postgres:///hallmark?host=/run/x", "postgres://u%40x@db:5433/hallmark"] {
            let login =
                Login::new("database.url", Some(url.to_owned()), Some(file.clone())).unwrap().unwrap();
            let whole = Url::parse(&login.url().unwrap()).unwrap();
            let password = whole.query_pairs().find(|(name, _)| name == "password").unwrap().1.into_owned();
            assert_eq!(password, "a&b/c%", "{url}");
        }
        let login = Login::new("x", Some("postgres://u%40x@db/h".to_owned()), None).unwrap().unwrap();
        assert_eq!(login.name(), "u@x");
    }
}
