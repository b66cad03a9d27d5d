//! Policies of profiles: what their owner permits other accounts.

use crate::error::noun;
use crate::{StoreError, Tx, View};
use hallmark_api::permission::{Permission, StatementId};
use hallmark_api::profile::ProfileName;
use uuid::Uuid;

/// A profile's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its revision.
    pub revision: Uuid,
    /// Its statements, in the order in which they were added.
    pub permissions: Vec<Permission>,
}

impl View {
    /// The policy of a profile; none while it has no statements.
    pub async fn policy(&mut self, profile: &ProfileName) -> Result<Option<Policy>, StoreError> {
        let account = self.account().clone();
        let rows = sqlx::query!(
            r#"SELECT l.revision_id, p.statement_id, p.action, p.principal, p.profile_version
               FROM profile_policies l JOIN profile_permissions p USING (account_id, profile_name)
               WHERE l.account_id = $1 AND l.profile_name = $2 ORDER BY p.created_at"#,
            account.as_str(),
            profile.as_str()
        )
        .fetch_all(&mut *self.transaction)
        .await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let revision = first.revision_id;
        let permissions = rows
            .into_iter()
            .map(|row| {
                permission(&row.statement_id, row.action, row.principal, row.profile_version.as_deref())
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Some(Policy { revision, permissions }))
    }
}

/// Reads a statement's columns back into its noun.
pub(crate) fn permission(
    statement_id: &str,
    action: String,
    principal: String,
    profile_version: Option<&str>,
) -> Result<Permission, StoreError> {
    let column = "profile_permissions.profile_version";
    Ok(Permission {
        action,
        principal,
        statement_id: noun("profile_permissions.statement_id", statement_id)?,
        profile_version: profile_version.map(|version| noun(column, version)).transpose()?,
    })
}

impl Tx {
    /// Adds a statement to a profile's policy, which this makes if need be, under a new revision.
    pub async fn insert_permission(
        &mut self,
        profile: &ProfileName,
        permission: &Permission,
        revision: Uuid,
    ) -> Result<(), StoreError> {
        let (account, now) = (self.account().clone(), self.head_time());
        sqlx::query!(
            "INSERT INTO profile_policies (account_id, profile_name, revision_id) VALUES ($1, $2, $3)
             ON CONFLICT ON CONSTRAINT profile_policies_pkey DO UPDATE SET revision_id = $3",
            account.as_str(),
            profile.as_str(),
            revision
        )
        .execute(&mut *self.transaction)
        .await?;
        sqlx::query!(
            "INSERT INTO profile_permissions (account_id, profile_name, statement_id, action, principal,
                                              profile_version, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            account.as_str(),
            profile.as_str(),
            permission.statement_id.as_str(),
            permission.action,
            permission.principal,
            permission.profile_version.as_ref().map(hallmark_api::profile::ProfileVersion::as_str),
            now
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Removes a statement; the last one takes the policy with it, any other leaves it a new revision.
    pub async fn remove_permission(
        &mut self,
        profile: &ProfileName,
        statement: &StatementId,
        revision: Uuid,
    ) -> Result<(), StoreError> {
        let account = self.account().clone();
        sqlx::query!(
            "DELETE FROM profile_permissions WHERE account_id = $1 AND profile_name = $2 AND statement_id = $3",
            account.as_str(),
            profile.as_str(),
            statement.as_str()
        )
        .execute(&mut *self.transaction)
        .await?;
        sqlx::query!(
            "UPDATE profile_policies SET revision_id = $3 WHERE account_id = $1 AND profile_name = $2",
            account.as_str(),
            profile.as_str(),
            revision
        )
        .execute(&mut *self.transaction)
        .await?;
        sqlx::query!(
            "DELETE FROM profile_policies l WHERE account_id = $1 AND profile_name = $2
             AND NOT EXISTS (SELECT FROM profile_permissions p
                             WHERE (p.account_id, p.profile_name) = (l.account_id, l.profile_name))",
            account.as_str(),
            profile.as_str()
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}
