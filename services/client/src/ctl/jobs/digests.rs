//! Files of artifact digests, one on each line.

use crate::ctl::exit::{Exit, Failure};
use hallmark_api::digest::Digest;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

/// How many wrong lines are named.
const NAMED: usize = 5;

/// Reads a file, or the standard input for `-`. Nothing of a file is taken that is not right as a whole.
pub(super) fn read(file: &Path) -> Result<Vec<Digest>, Failure> {
    let wrong = |error: String| Failure::new(Exit::Usage, format!("{}: {error}", file.display()));
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    parse(&text.map_err(|error| wrong(error.to_string()))?).map_err(wrong)
}

/// The digests of a text, each once, in their order.
fn parse(text: &str) -> Result<Vec<Digest>, String> {
    let (mut digests, mut wrong) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for (at, line) in text.lines().enumerate() {
        let word = line.split('#').next().unwrap_or_default().trim();
        if word.is_empty() {
            continue;
        }
        match word.parse::<Digest>() {
            Ok(digest) if seen.insert(digest.clone()) => digests.push(digest),
            Ok(_) => {}
            Err(error) => wrong.push(format!("line {}: {error}", at + 1)),
        }
    }
    if !wrong.is_empty() {
        let more = wrong.len().saturating_sub(NAMED);
        wrong.truncate(NAMED);
        let rest = if more == 0 { String::new() } else { format!("; and {more} more") };
        return Err(format!("{}{rest}", wrong.join("; ")));
    }
    if digests.is_empty() { Err("there is no digest in it".to_owned()) } else { Ok(digests) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(octet: &str) -> String {
        format!("sha256:{}", octet.repeat(32))
    }

    #[test]
    fn comments_blanks_and_repetitions_are_nothing() {
        let (one, other) = (digest("0a"), digest("0b"));
        let text = format!("# incident\n\n {one} # the first\r\n{other}\n{one}\n\t\n");
        let read: Vec<_> = parse(&text).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(read, [one, other]);
    }

    #[test]
    fn one_wrong_line_spoils_all() {
        let right = digest("0a");
        let error = parse(&format!("{right}\nsha256:short\n{right}x\n")).unwrap_err();
        assert!(error.contains("line 2: 'sha256:short' is not a digest"), "{error}");
        assert!(error.contains("line 3: "), "{error}");
        let error = parse(&"x\n".repeat(9)).unwrap_err();
        assert!(error.ends_with("; and 4 more"), "{error}");
        for empty in ["", "# nothing\n\n"] {
            assert_eq!(parse(empty).unwrap_err(), "there is no digest in it");
        }
        assert!(parse(&format!("{right} {right}")).is_err());
    }
}
