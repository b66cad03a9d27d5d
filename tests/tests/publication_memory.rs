//! Strangers that send without an end cost no memory. In a process of its own, for no other test's memory counts.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use hallmark_tests::publication::Published;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The most memory that this process had at a time, in KiB, since the last call of [`forget_peak`].
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// Sends a body without an end, in chunks, until it is answered; says how many octets were taken.
async fn endless(address: SocketAddr, chunk: &[u8]) -> (u64, String) {
    let (mut from, mut to) = TcpStream::connect(address).await.unwrap().into_split();
    let head = "POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\n\
                Transfer-Encoding: chunked\r\n\r\n";
    to.write_all(head.as_bytes()).await.unwrap();
    let sending = async {
        let mut sent = 0;
        let size = format!("{:x}\r\n", chunk.len());
        while to.write_all(size.as_bytes()).await.is_ok()
            && to.write_all(chunk).await.is_ok()
            && to.write_all(b"\r\n").await.is_ok()
            && sent < 64 << 20
        {
            sent += chunk.len() as u64;
        }
        sent
    };
    let answered = async {
        let mut answer = Vec::new();
        // A connection that is reset after its answer has been answered.
        let _ = from.read_to_end(&mut answer).await;
        answer
    };
    let (sent, answer) = tokio::join!(sending, answered);
    (sent, String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_does_not_grow_with_what_strangers_send() {
    const STRANGERS: usize = 64;
    let service = Published::start().await;
    let address = service.replicas[0].pki;
    let chunk = Arc::new(vec![0x30; 1 << 20]);
    // Once for whatever stays for good.
    endless(address, &chunk).await;
    forget_peak();
    let before = peak();
    let mut strangers = JoinSet::new();
    for _ in 0..STRANGERS {
        let chunk = chunk.clone();
        strangers.spawn(async move { endless(address, &chunk).await });
    }
    for (sent, answer) in strangers.join_all().await {
        assert!(sent < 64 << 20, "it was cut off");
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let grown = peak().saturating_sub(before);
    println!("{STRANGERS} endless bodies at once: {grown} KiB more");
    // The longest question has 16 KiB, and a connection reads as much again, and twice that for its own buffers; whoever
    // sends is in this process too.
    assert!(grown < 128 * STRANGERS as u64, "{grown} KiB");
    service.end().await;
}
