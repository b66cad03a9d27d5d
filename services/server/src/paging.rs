//! Page tokens: where a list goes on, sealed so that only the same caller asking the same list can use it.

use crate::error::ApiError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallmark_store::seal::{KeyEncryptionKey, Location};

/// Makes and reads page tokens. Every replica holds the same key.
#[derive(Debug)]
pub struct Paging(KeyEncryptionKey);

impl Paging {
    /// Tokens under this key.
    pub fn new(key: KeyEncryptionKey) -> Self {
        Self(key)
    }

    /// A token for the page that begins after `last`, in the list that `scope` describes: caller,
    /// operation and filters.
    pub fn token(&self, scope: &str, last: &str) -> Result<String, ApiError> {
        let sealed = self.0.seal(place(scope), last.as_bytes())?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Where the page of a token begins; a token that was edited, or made for another list or caller, is
    /// a `ValidationException`.
    pub fn read(&self, scope: &str, token: Option<&str>) -> Result<Option<String>, ApiError> {
        let Some(token) = token else { return Ok(None) };
        let invalid =
            || ApiError::validation("nextToken: the token was not issued for this list and this caller");
        let sealed = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
        let last = self.0.open(place(scope), &sealed).map_err(|_| invalid())?;
        String::from_utf8(last.to_vec()).map(Some).map_err(|_| invalid())
    }
}

fn place(scope: &str) -> Location<'_> {
    Location { table: "page token", row: scope, column: "last" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_bound_to_their_list() {
        let paging = Paging::new(KeyEncryptionKey::new(&[7; 32]).unwrap());
        let token = paging.token("a", "last").unwrap();
        assert_eq!(paging.read("a", Some(&token)).unwrap().as_deref(), Some("last"));
        assert_eq!(paging.read("a", None).unwrap(), None);
        assert!(paging.read("b", Some(&token)).is_err());
        let edited = format!("{}A", &token[..token.len() - 1]);
        for wrong in ["", "x", "=", &edited, &token[1..]] {
            assert!(wrong == token || paging.read("a", Some(wrong)).is_err(), "{wrong}");
        }
    }
}
