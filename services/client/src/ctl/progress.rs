//! Progress of whatever takes longer than a second, on a terminal's standard error and nowhere else.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// How long a command may be silent.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often what is shown moves.
const TICK: Duration = Duration::from_millis(120);

/// How far a command is.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Something without a known end.
    pub(crate) fn new(what: &str) -> Self {
        Self::styled(None, what, "{spinner} {msg} ({elapsed})")
    }

    /// Something that gets longer, counted.
    pub(crate) fn counting(what: &str) -> Self {
        Self::styled(None, what, "{spinner} {msg}: {pos} ({elapsed})")
    }

    /// Something of so many steps.
    pub(crate) fn steps(what: &str, count: usize) -> Self {
        Self::styled(Some(count as u64), what, "{spinner} {msg}: {pos} of {len} ({elapsed}, {eta} to go)")
    }

    fn styled(length: Option<u64>, what: &str, template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar.with_message(what.to_owned()))
    }

    /// So much more is done.
    pub(crate) fn advance(&self, count: usize) {
        self.0.inc(count as u64);
    }

    /// Waits for something, and shows that it goes on once that takes long.
    pub(crate) async fn during<F: Future>(&self, future: F) -> F::Output {
        tokio::pin!(future);
        tokio::select! {
            biased;
            output = &mut future => return output,
            () = tokio::time::sleep(PATIENCE) => {}
        }
        self.0.set_draw_target(ProgressDrawTarget::stderr());
        self.0.enable_steady_tick(TICK);
        let output = future.await;
        self.0.finish_and_clear();
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_right() {
        for progress in [Progress::new("a"), Progress::counting("a"), Progress::steps("a", 2)] {
            progress.advance(1);
            assert_eq!(progress.0.position(), 1);
        }
        for template in
            ["{spinner} {msg}: {pos} of {len} ({elapsed}, {eta} to go)", "{spinner} {msg}: {pos} ({elapsed})"]
        {
            assert!(ProgressStyle::with_template(template).is_ok());
        }
    }
}
