//! `hallmark principal`: making principals and their access keys.

use super::{deployment, open, place, which};
use crate::chance::Chance;
use crate::config::{OutputFormat, PrincipalArgs, PrincipalCommand};
use crate::say::say;
use crate::{env_file, init};
use serde::Serialize;
use zeroize::Zeroizing;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    account: &'a str,
    principal: &'a str,
    role: &'a str,
    access_key_id: &'a str,
    secret_access_key: &'a str,
}

/// Makes a principal's access key and prints it, this once.
pub async fn principal(command: PrincipalCommand) -> anyhow::Result<()> {
    let PrincipalCommand::Create(PrincipalArgs { settings, name, role, account, output }) = command;
    let config = settings.checked()?;
    let (store, _) = open(&config).await?;
    let deployment = deployment(&store).await?;
    let account = which(&store, account).await?;
    let key = init::access_key(&store, &account, &name, role, &Chance::default()).await?;
    match output {
        OutputFormat::Env => {
            let text = env_file::text(&place(&config, &deployment), &account, &key, &[])?;
            say(text.trim_end());
        }
        OutputFormat::Json => {
            let shown = Shown {
                account: account.as_str(),
                principal: name.as_str(),
                role: role.as_str(),
                access_key_id: key.id.as_str(),
                secret_access_key: &key.secret,
            };
            say(&Zeroizing::new(serde_json::to_string_pretty(&shown)?));
        }
    }
    Ok(())
}
