//! Commands: what notation starts the plugin for.

use super::error::PluginError;
use std::ffi::OsString;

/// A command of the contract, under the name that it has there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    GetPluginMetadata,
    DescribeKey,
    GenerateSignature,
    GenerateEnvelope,
    VerifySignature,
}

impl Command {
    const ALL: [(&'static str, Self); 5] = [
        ("get-plugin-metadata", Self::GetPluginMetadata),
        ("describe-key", Self::DescribeKey),
        ("generate-signature", Self::GenerateSignature),
        ("generate-envelope", Self::GenerateEnvelope),
        ("verify-signature", Self::VerifySignature),
    ];

    /// Reads the words after the program's name: exactly one.
    pub(super) fn read(mut words: impl Iterator<Item = OsString>) -> Result<Self, PluginError> {
        let names = || Self::ALL.map(|(name, _)| name).join(", ");
        let Some(word) = words.next() else {
            return Err(PluginError::validation(format!(
                "this is a plugin for notation, which starts it with one of {}; install it with: notation plugin \
                 install --file notation-hallmark",
                names()
            )));
        };
        let word: String = word.to_string_lossy().chars().take(64).collect();
        if words.next().is_some() {
            return Err(PluginError::validation(format!("nothing may follow the command {word:?}")));
        }
        let found = Self::ALL.into_iter().find(|(name, _)| *name == word);
        found
            .map(|(_, command)| command)
            .ok_or_else(|| PluginError::validation(format!("the command {word:?} is none of {}", names())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Command, PluginError> {
        Command::read(words.iter().map(OsString::from))
    }

    #[test]
    fn each_command_is_known_by_its_name() {
        for (name, command) in Command::ALL {
            assert_eq!(read(&[name]).unwrap(), command);
        }
    }

    #[test]
    fn other_words_are_refused() {
        for words in [&[][..], &[""], &["sign"], &["Describe-Key"], &["describe-key", "x"], &["--help"]] {
            let error = read(words).unwrap_err();
            assert!(
                error.message().contains("notation")
                    || words.len() > 1
                    || error.message().contains("none of")
            );
        }
        assert!(read(&["sign"]).unwrap_err().message().contains("generate-envelope, verify-signature"));
    }
}
