//! `hallmarkctl completions`.

use super::context::Context;
use super::exit::Failure;
use clap::{Args, Command, ValueEnum};
use clap_complete::{Shell, generate};

/// Shells that completions are written for.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum KnownShell {
    /// source <(hallmarkctl completions bash)
    Bash,
    /// hallmarkctl completions zsh > "${fpath[1]}/_hallmarkctl"
    Zsh,
    /// hallmarkctl completions fish > ~/.config/fish/completions/hallmarkctl.fish
    Fish,
}

/// Write a shell's completions to the standard output.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: KnownShell,
}

impl Completions {
    /// Completions of this command line.
    pub(crate) fn run(self, context: &Context, mut commands: Command) -> Result<(), Failure> {
        let shell = match self.shell {
            KnownShell::Bash => Shell::Bash,
            KnownShell::Zsh => Shell::Zsh,
            KnownShell::Fish => Shell::Fish,
        };
        let mut script = Vec::new();
        generate(shell, &mut commands, "hallmarkctl", &mut script);
        context.output.print(&String::from_utf8_lossy(&script))
    }
}
