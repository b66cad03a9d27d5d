//! Tags of signing profiles, as the database keeps them.

use crate::{StoreError, Tx};
use hallmark_api::profile::ProfileName;
use hallmark_api::tag::{TagKey, Tags};

impl Tx {
    /// Adds tags to a profile of this account; those it has under the same keys take the new values.
    pub async fn put_tags(&mut self, profile: &ProfileName, tags: &Tags) -> Result<(), StoreError> {
        let account = self.account().clone();
        let (keys, values): (Vec<String>, Vec<String>) =
            tags.iter().map(|(key, value)| (key.to_string(), value.to_string())).unzip();
        sqlx::query!(
            "INSERT INTO tags (account_id, profile_name, tag_key, tag_value)
             SELECT $1, $2, tag.key, tag.value FROM unnest($3::text[], $4::text[]) AS tag (key, value)
             ON CONFLICT (account_id, profile_name, tag_key) DO UPDATE SET tag_value = excluded.tag_value",
            account.as_str(),
            profile.as_str(),
            &keys,
            &values
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Removes tags from a profile of this account; keys that it does not have are passed over.
    pub async fn delete_tags(&mut self, profile: &ProfileName, keys: &[TagKey]) -> Result<(), StoreError> {
        let account = self.account().clone();
        let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
        sqlx::query!(
            "DELETE FROM tags WHERE account_id = $1 AND profile_name = $2 AND tag_key = ANY ($3)",
            account.as_str(),
            profile.as_str(),
            &keys
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}
