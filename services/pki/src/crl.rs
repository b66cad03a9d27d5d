//! Certificate revocation lists (RFC 5280 section 5), version 2, one per shard.

mod entry;
mod list;

pub use entry::CrlEntry;
pub use list::{Crl, CrlContents, CrlScope};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, NOW, serial};
    use crate::{HttpUrl, Issuer, PkiError, Revocation, RevocationReason, SerialNumber};
    use aws_lc_rs::rand::SystemRandom;
    use time::Duration;

    fn contents() -> CrlContents {
        CrlContents {
            scope: CrlScope::Shard(HttpUrl::new("http://pki.example.com/crl/1/7.crl").unwrap()),
            number: 7,
            this_update: NOW,
            next_update: NOW + Duration::hours(4),
        }
    }

    fn entry(serial_number: SerialNumber) -> CrlEntry {
        let reason = Some(RevocationReason::KeyCompromise);
        CrlEntry { serial_number, revocation: Revocation::new(NOW - Duration::DAY, reason).unwrap() }
    }

    fn issue(issuer: &Issuer, entries: Vec<CrlEntry>) -> Result<Crl, PkiError> {
        issuer.issue_crl(&SystemRandom::new(), &contents(), entries)
    }

    fn rule(refused: Result<Crl, PkiError>) -> &'static str {
        match refused {
            Err(PkiError::Refused { rule, .. } | PkiError::CertificateUnfit { rule, .. }) => rule,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_issued_is_read_back() {
        let issuer = fixture::issuer(&fixture::root());
        let unspecified = CrlEntry {
            serial_number: serial(1),
            revocation: Revocation::new(NOW - Duration::HOUR, None).unwrap(),
        };
        let crl = issue(&issuer, vec![entry(serial(3)), unspecified.clone()]).unwrap();
        crl.check_issued_by(issuer.certificate()).unwrap();
        assert_eq!(crl.contents(), &contents());
        assert_eq!(crl.entries(), [unspecified, entry(serial(3))], "sorted");
        assert_eq!(Crl::from_der(crl.der()).unwrap(), crl);
    }

    #[test]
    fn numbers_are_sorted_as_numbers() {
        let issuer = fixture::issuer(&fixture::root());
        let number = |octets: &[u8]| SerialNumber::from_bytes(octets).unwrap();
        let sorted = [number(&[5]), number(&[0, 0x80]), number(&[1, 0]), number(&[0, 0x80, 0])];
        let crl = issue(&issuer, sorted.iter().rev().cloned().map(entry).collect()).unwrap();
        let found: Vec<_> = crl.entries().iter().map(|entry| entry.serial_number.clone()).collect();
        assert_eq!(found, sorted);
    }

    #[test]
    fn an_empty_list_is_a_list() {
        let issuer = fixture::issuer(&fixture::root());
        let crl = issue(&issuer, vec![]).unwrap();
        assert!(crl.entries().is_empty());
        assert!(!crl.der().windows(3).any(|part| part == [0x5a, 0x30, 0x00]), "no empty list after a time");
        crl.check_issued_by(issuer.certificate()).unwrap();
    }

    #[test]
    fn a_year_of_weekly_lists_is_signed_ahead() {
        let root = fixture::root();
        for week in 0..52 {
            let this_update = NOW + Duration::weeks(week);
            let contents = CrlContents {
                scope: CrlScope::Complete,
                number: 1 + u64::try_from(week).unwrap(),
                this_update,
                next_update: this_update + Duration::days(10),
            };
            let crl = root.issue_crl(&SystemRandom::new(), &contents, vec![entry(serial(1))]).unwrap();
            crl.check_issued_by(root.certificate()).unwrap();
            assert_eq!(crl.contents(), &contents);
        }
    }

    #[test]
    fn broken_rules_are_refused() {
        let root = fixture::root();
        let issuer = fixture::issuer(&root);
        let twice = vec![entry(serial(1)), entry(serial(2)), entry(serial(1))];
        assert_eq!(rule(issue(&issuer, twice)), "would list a serial number twice");

        let late = CrlContents { next_update: NOW, ..contents() };
        let refused = issuer.issue_crl(&SystemRandom::new(), &late, vec![]);
        assert_eq!(rule(refused), "would be superseded no later than it is issued");
        let within_a_second = CrlContents { next_update: NOW + Duration::NANOSECOND, ..contents() };
        issuer.issue_crl(&SystemRandom::new(), &within_a_second, vec![]).unwrap_err();

        let key = fixture::key();
        let no_lists = fixture::crooked_issuer(&root, key.public_key(), |_| ());
        let refused = issue(&Issuer::new(no_lists, key).unwrap(), vec![]);
        assert_eq!(rule(refused), "must have a critical keyUsage with cRLSign");
    }

    #[test]
    fn a_shard_is_full_at_ten_thousand_and_below_a_mebibyte() {
        let issuer = fixture::issuer(&fixture::root());
        let entries = |count: u32| -> Vec<CrlEntry> {
            let random = |number: u32| {
                let mut octets = [0xff; 12];
                octets[..4].copy_from_slice(&number.to_be_bytes());
                octets
            };
            (0..count)
                .map(|number| entry(SerialNumber::from_parts(fixture::ACCOUNT, random(number))))
                .collect()
        };
        let crl = issue(&issuer, entries(10_000)).unwrap();
        assert!(crl.der().len() < 1 << 20, "{}", crl.der().len());
        assert_eq!(rule(issue(&issuer, entries(10_001))), "would have more than 10,000 entries");
    }

    #[test]
    fn an_altered_list_is_nobodys() {
        let issuer = fixture::issuer(&fixture::root());
        let crl = issue(&issuer, vec![entry(serial(1))]).unwrap();
        for place in 0..crl.der().len() {
            let mut der = crl.der().to_vec();
            der[place] ^= 1;
            let altered = Crl::from_der(&der).and_then(|crl| crl.check_issued_by(issuer.certificate()));
            assert!(altered.is_err(), "{place}");
            assert!(Crl::from_der(&crl.der()[..place]).is_err(), "{place}");
        }
        Crl::from_der(&[crl.der(), &[0]].concat()).unwrap_err();
        Crl::from_der(&vec![0x30; 3 << 20]).unwrap_err();
    }

    #[test]
    fn a_list_is_its_issuers_alone() {
        let root = fixture::root();
        let (issuer, double) = (fixture::issuer(&root), fixture::issuer(&root));
        let crl = issue(&issuer, vec![]).unwrap();
        assert_eq!(crl.check_issued_by(double.certificate()), Err(PkiError::SignatureInvalid));
        let refused = crl.check_issued_by(root.certificate()).map(|()| crl);
        assert_eq!(rule(refused), "names another issuer");
    }
}
