//! Output: answers on the standard output, as tables or as JSON, and whatever else there is to say on the standard
//! error.

use super::exit::{Exit, Failure};
use super::page::Page;
use crate::environment::variable;
use clap::ValueEnum;
use serde::Serialize;
use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};

/// How answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// Tables, for people.
    #[default]
    Table,
    /// JSON, for scripts.
    Json,
}

/// Whether there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless the variable for no colours is set.
    #[default]
    #[value(help = "On a terminal, unless NO_COLOR is set")]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// Where a command writes.
#[derive(Debug)]
pub(crate) struct Output {
    format: Format,
    colors: ColorChoice,
}

impl Output {
    pub(crate) fn new(format: Format, colors: ColorChoice) -> Self {
        if colors == ColorChoice::Always {
            // Else the library would still heed NO_COLOR.
            crossterm::style::force_color_output(true);
        }
        Self { format, colors }
    }

    /// Whether answers are for scripts.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Shows an answer: its members to scripts, a page to people.
    pub(crate) fn show(&self, answer: &impl Serialize, page: impl FnOnce() -> Page) -> Result<(), Failure> {
        match self.format {
            Format::Json => {
                let text = serde_json::to_string_pretty(answer);
                let text = text.map_err(|error| Failure::new(Exit::Machine, error.to_string()))?;
                self.print(&format!("{text}\n"))
            }
            Format::Table => self.print(&page().text(self.has_colors(&stdout()))),
        }
    }

    /// Shows an answer with its verdict, which stands even where nobody reads the answer.
    pub(crate) fn conclude(
        &self,
        answer: &impl Serialize,
        page: impl FnOnce() -> Page,
        verdict: Result<(), Failure>,
    ) -> Result<(), Failure> {
        let shown = self.show(answer, page);
        verdict.and(shown)
    }

    /// Writes a text to the standard output. A reader that went away ends the command quietly.
    #[expect(clippy::unused_self, reason = "whoever writes is handed where to")]
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = stdout().lock();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::unread(),
            _ => Failure::new(Exit::Machine, format!("the output cannot be written: {error}")),
        })
    }

    /// Says something beside the answer.
    pub(crate) fn say(&self, page: &Page) {
        let text = page.text(self.has_colors(&stderr()));
        // Nobody is left to be told that it could not be said.
        let _ = stderr().lock().write_all(text.as_bytes());
    }

    /// Says why a command did not succeed.
    #[expect(clippy::unused_self, reason = "whoever writes is handed where to")]
    pub(crate) fn complain(&self, failure: &Failure) {
        let _ = stderr().lock().write_all(failure.text().as_bytes());
    }

    fn has_colors(&self, stream: &impl IsTerminal) -> bool {
        match self.colors {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                stream.is_terminal()
                    && variable("NO_COLOR").is_none()
                    && variable("TERM").is_some_and(|term| term != "dumb")
            }
        }
    }
}
