//! Texts as terminals show them.

use hallmark_api::timestamp::EpochSeconds;
use hallmark_api::validity::SignatureValidityPeriod;
use time::UtcOffset;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// Escapes whatever a terminal would obey or an eye would not see: reasons, tags and subjects are other people's words.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || turns(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Whether a character has no shape of its own and changes how others are read (Unicode Standard Annex 9, and the
/// zero-width ones).
fn turns(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A time in UTC, in whole seconds.
pub(crate) fn time_text(time: EpochSeconds) -> String {
    const FORMAT: &[BorrowedFormatItem<'_>] =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    // Years are four digits long, which is all that could fail here.
    time.0.to_offset(UtcOffset::UTC).format(FORMAT).unwrap_or_else(|_| time.0.to_string())
}

/// A time from which a revocation takes effect, as the service keeps it: up to whole seconds.
pub(crate) fn effective_text(time: EpochSeconds) -> String {
    let whole = time.0.replace_nanosecond(0).unwrap_or(time.0);
    let up = if whole < time.0 { whole + time::Duration::SECOND } else { whole };
    time_text(EpochSeconds(up))
}

/// "135 months", "1 day".
pub(crate) fn period_text(period: SignatureValidityPeriod) -> String {
    let unit = period.unit().as_str().to_lowercase();
    match period.value() {
        1 => format!("1 {}", unit.trim_end_matches('s')),
        count => format!("{count} {unit}"),
    }
}

/// "1 signature", "2 signatures".
pub(crate) fn count_text(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// As much of a digest as tells it from others at a glance.
pub(crate) fn short_digest(digest: &str) -> String {
    const SHOWN: usize = "sha256:".len() + 12;
    match digest.get(..SHOWN) {
        Some(begin) if digest.len() > SHOWN => format!("{begin}…"),
        _ => digest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hallmark_api::validity::ValidityType;
    use time::macros::datetime;

    #[test]
    fn terminals_are_not_commanded() {
        assert_eq!(visible("größer, 理由"), "größer, 理由");
        assert_eq!(visible("\u{1b}]0;x\u{7}\u{9b}2J\r\n\t"), "\\u{1b}]0;x\\u{7}\\u{9b}2J\\r\\n\\t");
        assert_eq!(visible("a\u{202e}b\u{200b}c\u{2066}d"), "a\\u{202e}b\\u{200b}c\\u{2066}d");
    }

    #[test]
    fn texts() {
        assert_eq!(time_text(EpochSeconds(datetime!(2026-01-01 1:00:00.9 +1))), "2026-01-01T00:00:00Z");
        assert_eq!(
            effective_text(EpochSeconds(datetime!(2026-01-01 0:00:00.001 UTC))),
            "2026-01-01T00:00:01Z"
        );
        assert_eq!(effective_text(EpochSeconds(datetime!(2026-01-01 0:00:00 UTC))), "2026-01-01T00:00:00Z");
        let period = |value, unit| period_text(SignatureValidityPeriod::new(value, unit).unwrap());
        assert_eq!(period(135, ValidityType::Months), "135 months");
        assert_eq!(period(1, ValidityType::Days), "1 day");
        assert_eq!(count_text(1, "signature"), "1 signature");
        assert_eq!(count_text(0, "signature"), "0 signatures");
        assert_eq!(short_digest(&format!("sha256:{}", "0f".repeat(32))), "sha256:0f0f0f0f0f0f…");
        assert_eq!(short_digest("sha256:0f"), "sha256:0f");
    }
}
