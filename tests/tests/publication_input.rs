//! What strangers send that is no question, or too much of one: each gets the protocol's own error.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallmark_tests::deployment::Replica;
use hallmark_tests::ocsp::{Hash, Said, element, error, question, said};
use hallmark_tests::public::{Answer, Public};
use hallmark_tests::publication::{Published, Signed};
use hallmark_tests::timestamp::{SHA256, stamp_request};

const MALFORMED: u8 = 1;
const UNAUTHORIZED: u8 = 6;
const OCSP: &str = "application/ocsp-request";

/// The answer is the protocol's own, whatever was asked.
fn is_error(answer: &Answer, status: u8, about: &str) {
    assert_eq!(
        (answer.status, answer.media_type.as_str(), answer.body.as_slice()),
        (200, "application/ocsp-response", &error(status)[..]),
        "{about}"
    );
}

/// Bodies that are no questions, by what is wrong with them.
fn malformed(signed: &Signed) -> Vec<(String, Vec<u8>)> {
    let name = signed.named(Hash::Sha1);
    let good = question(&[&name], Some(&[7; 16]));
    let ten_thousand = question(&vec![name.as_slice(); 10_000], None);
    let nested = |depth: u32| (0..depth).fold(Vec::new(), |inner, _| element(0x30, &[&inner]));
    // The parts of the name in another order.
    let (algorithm, rest) = name[2..].split_at(11);
    let unsorted = element(0x30, &[rest, algorithm]);
    let mut cases = vec![
        ("nothing".to_owned(), vec![]),
        ("zeros".to_owned(), vec![0; 100]),
        ("a length without content".to_owned(), vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff]),
        ("an indefinite length".to_owned(), vec![0x30, 0x80, 0, 0]),
        ("something behind it".to_owned(), [good.as_slice(), &[0]].concat()),
        ("more than fits".to_owned(), vec![0x30; 16 * 1024 + 1]),
        ("much more than fits".to_owned(), vec![0x30; 1 << 19]),
        ("10,000 names".to_owned(), ten_thousand),
        ("65 names".to_owned(), question(&vec![name.as_slice(); 65], None)),
        ("no name".to_owned(), question(&[], None)),
        ("nested".to_owned(), nested(3_000)),
        ("nested within a question".to_owned(), question(&[&nested(2_000)], None)),
        ("unsorted".to_owned(), question(&[&unsorted], None)),
        ("no nonce in the nonce".to_owned(), question(&[&name], Some(&[]))),
        ("a nonce of 129 octets".to_owned(), question(&[&name], Some(&[7; 129]))),
        ("an absurd nonce".to_owned(), question(&[&name], Some(&[7; 15_000]))),
    ];
    cases.extend((0..good.len()).map(|length| (format!("{length} octets of it"), good[..length].to_vec())));
    cases
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_question_is_malformed() {
    let service = Published::start().await;
    let signed = service.sign("single").await;
    let public = &service.public[0];
    for (about, body) in malformed(&signed) {
        is_error(&public.post("/ocsp", OCSP, body.clone()).await, MALFORMED, &about);
        if body.len() < 8 * 1024 {
            let path = format!("/ocsp/{}", STANDARD.encode(body));
            is_error(&public.get(&path).await, MALFORMED, &format!("{about}, in a path"));
        }
    }
    for path in
        ["/ocsp", "/ocsp/", "/ocsp/%ff%fe", "/ocsp/!!!", "/ocsp/MEow/../x", "/ocsp/M", "/ocsp/%00", "/ocsp//"]
    {
        is_error(&public.get(path).await, MALFORMED, path);
    }
    let good = question(&[&signed.named(Hash::Sha1)], None);
    for media_type in ["text/plain", "application/ocsp-response", "application/timestamp-query", ""] {
        is_error(&public.post("/ocsp", media_type, good.clone()).await, MALFORMED, media_type);
    }
    let with_parameter = public.post("/ocsp", "Application/OCSP-Request; charset=x", good.clone()).await;
    assert_eq!(said(&with_parameter.body, &signed.named(Hash::Sha1)), Some(Said::Good));
    service.end().await;
}

/// Flipped anywhere, a question is malformed, nobody's or about something that was never issued; never about the
/// certificate, and never a failure.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_with_a_flipped_bit_is_another() {
    let service = Published::start().await;
    let signed = service.sign("single").await;
    let name = signed.named(Hash::Sha256);
    let good = question(&[&name], None);
    let ours = [error(MALFORMED).to_vec(), error(UNAUTHORIZED).to_vec()];
    for place in 0..good.len() {
        for bit in 0..8 {
            let mut altered = good.clone();
            altered[place] ^= 1 << bit;
            let answer = service.public[place % 2].ask(&altered).await;
            let status = said(&answer, &name);
            assert_eq!(status, None, "{place}.{bit}");
            let unknown = answer.windows(2).any(|part| part == [0x82, 0]);
            assert!(ours.contains(&answer) || unknown, "{place}.{bit}: {answer:02x?}");
        }
    }
    service.end().await;
}

/// A name by a digest that is not computed here.
fn named_by(algorithm: &[u8], length: usize, signed: &Signed) -> Vec<u8> {
    let hash = element(0x04, &[&vec![7; length]]);
    let serial_number = element(0x02, &[signed.serial_number().as_bytes()]);
    let algorithm = element(0x30, &[&element(0x06, &[algorithm]), &[5, 0]]);
    element(0x30, &[&algorithm, &hash, &hash, &serial_number])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_by_another_digest_is_nobodys() {
    let service = Published::start().await;
    let signed = service.sign("single").await;
    for (about, algorithm, length) in [
        ("MD5", &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5][..], 16),
        ("SHA-384", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2], 48),
        ("SHA3-512", &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 10], 64),
        ("nothing known", &[0x2a, 3, 4, 5], 20),
    ] {
        let name = named_by(algorithm, length, &signed);
        let answer = service.public[0].post("/ocsp", OCSP, question(&[&name], None)).await;
        is_error(&answer, UNAUTHORIZED, about);
    }
    service.end().await;
}

const SHA1: &[u8] = &[0x2b, 0x0e, 3, 2, 0x1a];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_stamped_is_refused_with_the_reason() {
    let service = Published::start().await;
    let good = stamp_request(SHA256, 32, &[]);
    let number = |length: usize| element(0x02, &[&vec![0x7f; length]]);
    let extension = element(0x30, &[&element(0x06, &[&[0x2a, 3]]), &element(0x04, &[&[5, 0]])]);
    let (algorithm, format, request) = ([7, 0x80], [2, 4], [5, 0x20]);
    let mut cases = vec![
        ("SHA-1", stamp_request(SHA1, 20, &[]), &algorithm[..]),
        ("a digest of nobody", stamp_request(&[0x2a, 3, 4], 32, &[]), &algorithm),
        ("an imprint too short", stamp_request(SHA256, 31, &[]), &format),
        ("an imprint too long", stamp_request(SHA256, 33, &[]), &format),
        ("a nonce of 65 octets", stamp_request(SHA256, 32, &number(65)), &request),
        ("an absurd nonce", stamp_request(SHA256, 32, &number(900)), &request),
        ("another policy", stamp_request(SHA256, 32, &element(0x06, &[&[0x2a, 3, 4]])), &[0, 0, 1]),
        ("an extension", stamp_request(SHA256, 32, &element(0xa0, &[&extension])), &[7, 0, 0, 0x80]),
        ("something behind it", [good.as_slice(), &[0]].concat(), &format),
        ("too long", stamp_request(SHA256, 32, &number(2_000)), &format),
        ("much too long", vec![0x30; 1 << 19], &format),
        ("nested", (0..400).fold(Vec::new(), |inner, _| element(0x30, &[&inner])), &format),
    ];
    cases.extend((0..good.len()).map(|length| ("a part of it", good[..length].to_vec(), &format[..])));
    for (about, body, bits) in cases {
        let answer = service.public[0].post("/tsa", "application/timestamp-query", body).await;
        assert_eq!(
            (answer.status, answer.media_type.as_str()),
            (200, "application/timestamp-reply"),
            "{about}"
        );
        // The failure is the last element (RFC 3161 section 2.4.2).
        assert!(answer.body.len() < 200 && answer.body.ends_with(bits), "{about}: {:02x?}", answer.body);
    }
    let answer = service.public[0].post("/tsa", "application/ocsp-request", good.clone()).await;
    assert!(answer.status == 200 && answer.body.ends_with(&format), "another media type");
    assert_eq!(service.public[0].get("/tsa").await.status, 405);
    service.end().await;
}

#[tokio::test]
async fn nothing_is_stamped_unless_that_is_switched_on() {
    let deployment = hallmark_tests::deployment::Deployment::start().await;
    let replica: Replica = deployment.replica().await;
    let request = stamp_request(SHA256, 32, &[]);
    let answer = Public::at(replica.pki).post("/tsa", "application/timestamp-query", request).await;
    assert_eq!(answer.status, 404);
    replica.end().await;
    deployment.stop().await;
}
