//! Page tokens: where a list goes on, sealed so that only the same caller asking the same list can use it.

use crate::error::ApiError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hallmark_store::seal::{KeyEncryptionKey, Location};
use std::fmt::Display;
use time::OffsetDateTime;

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

    /// Makes a page of `entries`, of which one more was asked for than `count`, and the token of the next page if
    /// there is one.
    pub fn page<T>(
        &self,
        scope: &str,
        mut entries: Vec<T>,
        count: usize,
        last: impl FnOnce(&T) -> String,
    ) -> Result<(Vec<T>, Option<String>), ApiError> {
        let more = entries.len() > count;
        entries.truncate(count);
        let last = entries.last().filter(|_| more).map(last);
        let next_token = last.map(|last| self.token(scope, &last)).transpose()?;
        Ok((entries, next_token))
    }
}

/// A place in a list that is ordered by time and then by id, as tokens carry it. Times are whole microseconds, as
/// the database keeps them.
pub fn place_text(time: OffsetDateTime, id: impl Display) -> String {
    format!("{} {id}", time.unix_timestamp_nanos() / 1000)
}

/// Reads what [`place_text`] wrote.
pub fn read_place(text: &str) -> Result<(OffsetDateTime, &str), ApiError> {
    let unreadable = || ApiError::internal("a page token of ours holds no place");
    let (micros, id) = text.split_once(' ').ok_or_else(unreadable)?;
    let nanos = micros.parse::<i128>().ok().and_then(|micros| micros.checked_mul(1000));
    let time = nanos.and_then(|nanos| OffsetDateTime::from_unix_timestamp_nanos(nanos).ok());
    Ok((time.ok_or_else(unreadable)?, id))
}

fn place(scope: &str) -> Location<'_> {
    Location { table: "page token", row: scope, column: "last" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

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

    #[test]
    fn the_last_page_has_no_token() {
        let paging = Paging::new(KeyEncryptionKey::new(&[7; 32]).unwrap());
        for (found, shown, goes_on_after) in [(0, 0, None), (1, 1, None), (2, 2, None), (3, 2, Some("1"))] {
            let found: Vec<usize> = (0..found).collect();
            let (page, token) = paging.page("a", found, 2, ToString::to_string).unwrap();
            assert_eq!(page.len(), shown);
            assert_eq!(paging.read("a", token.as_deref()).unwrap().as_deref(), goes_on_after);
        }
    }

    #[test]
    fn places_are_exact_to_the_microsecond() {
        let time = datetime!(2026-01-02 03:04:05.678901 UTC);
        assert_eq!(read_place(&place_text(time, "id")).unwrap(), (time, "id"));
        for wrong in ["", "1", "x y", "170141183460469231731687303715884105727 x"] {
            assert!(read_place(wrong).is_err(), "{wrong}");
        }
    }
}
