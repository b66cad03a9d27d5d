//! Textual encodings (RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::Document;

/// Length of a line (RFC 7468 section 2).
const LINE: usize = 64;

/// Writes DER under a label.
pub(crate) fn write(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem + "-----END " + label + "-----\n"
}

/// Reads what stands under a label; the error says what is wrong.
pub(crate) fn read(label: &str, pem: &str) -> Result<Document, String> {
    let (found, document) = Document::from_pem(pem).map_err(|error| error.to_string())?;
    if found != label {
        return Err("its PEM is labelled as something else".to_owned());
    }
    Ok(document)
}

/// The documents that stand one after the other, each with its boundaries; what stands around them is passed over.
pub(crate) fn split(text: &str) -> Vec<&str> {
    const BEGIN: &str = "-----BEGIN ";
    let starts: Vec<usize> = text.match_indices(BEGIN).map(|(start, _)| start).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(start, end)| text[*start..end].trim_end()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_short_and_labels_are_checked() {
        for length in [0, 1, 47, 48, 49, 500] {
            let der: Vec<u8> =
                [&[0x30, 0x82], u16::try_from(length).unwrap().to_be_bytes().as_slice(), &vec![7; length]]
                    .concat();
            let pem = write("THING", &der);
            assert!(pem.lines().all(|line| line.len() <= LINE), "{pem}");
        }
        let pem = write("THING", &[0x30, 1, 7]);
        assert_eq!(read("THING", &pem).unwrap().as_bytes(), [0x30, 1, 7]);
        assert!(read("OTHER", &pem).is_err());
        assert!(read("THING", "").is_err());
    }
}
