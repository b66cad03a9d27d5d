//! What the commands say.

use std::io::Write as _;

/// Says something on standard output.
pub(crate) fn say(line: &str) {
    // Whoever started us may have stopped listening; the work goes on all the same.
    let _ = writeln!(std::io::stdout(), "{line}");
}
