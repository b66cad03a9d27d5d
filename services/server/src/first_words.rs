//! A connection that must speak up: hyper's own timeouts begin only once it is clear which HTTP a client speaks, and
//! one that stays silent, or breaks off within the preface of HTTP/2, would keep its place for ever.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// The octets after which every version of HTTP is told apart: the preface of HTTP/2 (RFC 9113 section 3.4).
const ENOUGH: usize = 24;

/// A stream whose first words must come in time.
pub(crate) struct FirstWords<S> {
    stream: S,
    missing: usize,
    deadline: Pin<Box<Sleep>>,
}

impl<S> FirstWords<S> {
    /// Gives `stream` this long for its first words.
    pub(crate) fn within(limit: Duration, stream: S) -> Self {
        Self { stream, missing: ENOUGH, deadline: Box::pin(tokio::time::sleep(limit)) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstWords<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(task, buffer);
        self.missing = self.missing.saturating_sub(buffer.filled().len() - before);
        if read.is_pending() && self.missing > 0 {
            ready!(self.deadline.as_mut().poll(task));
            return Poll::Ready(Err(ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstWords<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(task, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(task)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(task, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn silence_ends() {
        for words in ["", "PRI * HTTP/2.0"] {
            let (mut client, server) = tokio::io::duplex(64);
            let mut server = FirstWords::within(LIMIT, server);
            client.write_all(words.as_bytes()).await.unwrap();
            let mut read = vec![0; words.len()];
            server.read_exact(&mut read).await.unwrap();
            assert_eq!(server.read_u8().await.unwrap_err().kind(), ErrorKind::TimedOut, "{words}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_spoken_may_pause() {
        let (mut client, server) = tokio::io::duplex(64);
        let mut server = FirstWords::within(LIMIT, server);
        client.write_all(&[b'x'; ENOUGH]).await.unwrap();
        server.read_exact(&mut [0; ENOUGH]).await.unwrap();
        let later = async {
            tokio::time::sleep(LIMIT * 2).await;
            client.write_all(b"y").await.unwrap();
        };
        let (read, ()) = tokio::join!(server.read_u8(), later);
        assert_eq!(read.unwrap(), b'y');
    }
}
