//! Questions before trust is destroyed.

use super::exit::{Exit, Failure};
use clap::Args;
use std::io::{BufRead, IsTerminal, Write, stderr, stdin};

/// What lets a command that destroys trust go ahead unasked.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Confirmation {
    /// Go ahead without asking; what will be affected is shown all the same.
    #[arg(long, short)]
    yes: bool,
}

impl Confirmation {
    /// Goes on if this is what is wanted. Whoever cannot be asked has not said yes.
    pub(crate) fn ask(self, question: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !stdin().is_terminal() || !stderr().is_terminal() {
            let sentence = format!("there is no terminal to ask on: {question} Nothing was changed.");
            return Err(Failure::new(Exit::Unconfirmed, sentence).next("--yes goes ahead without asking"));
        }
        let asked = write!(stderr(), "\n{question} [yes/no] ").and_then(|()| stderr().flush());
        let mut answer = String::new();
        let read = asked.and_then(|()| stdin().lock().read_line(&mut answer));
        read.map_err(|error| Failure::new(Exit::Unconfirmed, format!("nothing was changed: {error}")))?;
        if is_yes(&answer) { Ok(()) } else { Err(Failure::new(Exit::Unconfirmed, "nothing was changed")) }
    }
}

/// Anything but yes is no.
fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_but_yes_is_no() {
        for yes in ["y\n", "yes\n", "YES\r\n", " Yes "] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n\n", "no\n", "yess\n", "yes no\n", "ye\n", "1\n"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}
