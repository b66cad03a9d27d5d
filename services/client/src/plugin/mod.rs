//! The notation plugin: the Notary Project's plugin contract 1.0 (`plugin-extensibility.md`).
//!
//! A command is the only argument and its request, in JSON, the standard input. The answer, in JSON, is all that ever
//! stands on standard output; an error stands, in JSON, on standard error, with exit status 1.

mod attributes;
mod capability;
mod chain;
mod command;
mod config;
mod envelope;
mod error;
mod identity;
mod key;
mod metadata;
mod request;
mod signature;
mod verification;

use command::Command;
use error::PluginError;
use serde::Serialize;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// Carries out the command that this process was started with.
pub fn run() -> ExitCode {
    match answer().and_then(say) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn answer() -> Result<Vec<u8>, PluginError> {
    let command = Command::read(std::env::args_os().skip(1))?;
    let request = request::read(io::stdin().lock())?;
    match command {
        Command::GetPluginMetadata => encode(&metadata::answer(&request)?),
        Command::DescribeKey => wait(key::describe(&request)),
        Command::GenerateSignature => wait(signature::generate(&request)),
        Command::GenerateEnvelope => wait(envelope::generate(&request)),
        Command::VerifySignature => wait(verification::verify(&request)),
    }
}

/// One thread is enough for one question after the other, and starts fastest.
fn wait<A: Serialize>(answer: impl Future<Output = Result<A, PluginError>>) -> Result<Vec<u8>, PluginError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| PluginError::other(format!("no event loop: {error}")))?;
    let outcome = runtime.block_on(answer);
    // What still waits for a name server or a credential process would hold the answer up past the deadline.
    runtime.shutdown_background();
    encode(&outcome?)
}

fn encode(answer: &impl Serialize) -> Result<Vec<u8>, PluginError> {
    serde_json::to_vec(answer)
        .map_err(|error| PluginError::other(format!("the answer cannot be written: {error}")))
}

fn say(mut answer: Vec<u8>) -> Result<(), PluginError> {
    answer.push(b'\n');
    let mut output = io::stdout().lock();
    let written = output.write_all(&answer).and_then(|()| output.flush());
    written.map_err(|error| PluginError::other(format!("nobody takes the answer: {error}")))
}

/// Where nobody listens either, the exit status says it.
fn complain(error: &PluginError) {
    let mut text = serde_json::to_vec(error).unwrap_or_default();
    text.push(b'\n');
    let _ = io::stderr().lock().write_all(&text);
}
