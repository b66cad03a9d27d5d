//! Taking connections: HTTP/1.1 and HTTP/2 on one port, with limits and with TLS where there is a
//! certificate, until the service ends.

use crate::first_words::FirstWords;
use crate::lifecycle::Lifecycle;
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

/// How long a client may take over the head of a request, or over the TLS handshake.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The most connections of one listener at a time; further ones wait in the kernel's queue.
const CONNECTIONS: usize = 4096;
/// How many requests one HTTP/2 connection may have under way.
const STREAMS: u32 = 128;
/// How old a connection grows. One that is idle, or whose client does not read, costs its client nothing and keeps a place
/// from everybody else.
const AGE: Duration = Duration::from_mins(10);
/// How long the last answers of a connection may take.
const LAST_ANSWERS: Duration = Duration::from_mins(1);
/// The most octets of a request's head.
const HEAD_LIMIT: u32 = 32 * 1024;
/// How long to wait after the system refuses a connection (out of descriptors, say) before the next.
const REFUSED_PAUSE: Duration = Duration::from_millis(50);

/// Serves `router` on `listener` until the service ends, then lets requests under way finish.
pub fn listen(lifecycle: &Lifecycle, listener: TcpListener, tls: Option<TlsAcceptor>, router: Router) {
    let connections = lifecycle.clone();
    lifecycle.spawn(async move {
        let free = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                accepted = accept(&listener, &free) => accepted,
                () = connections.ending() => break,
            };
            let Some((stream, place)) = accepted else { continue };
            let (router, tls, lifecycle) = (router.clone(), tls.clone(), connections.clone());
            connections.spawn(async move {
                match tls {
                    None => serve(stream, router, &lifecycle).await,
                    Some(tls) => match tokio::time::timeout(HEAD_TIMEOUT, tls.accept(stream)).await {
                        Ok(Ok(stream)) => serve(stream, router, &lifecycle).await,
                        Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
                        Err(_) => tracing::debug!("TLS handshake timed out"),
                    },
                }
                drop(place);
            });
        }
    });
}

/// Serves one connection to its end: the client's, its own old age, or the service's. In the last two cases what was asked
/// is answered still.
async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + 'static, router: Router, lifecycle: &Lifecycle) {
    let builder = builder();
    let stream = FirstWords::within(HEAD_TIMEOUT, stream);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    let over = async {
        tokio::select! {
            () = tokio::time::sleep(AGE) => {}
            () = lifecycle.ending() => {}
        }
    };
    let ended = tokio::select! {
        ended = connection.as_mut() => Ok(ended),
        () = over => {
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(LAST_ANSWERS, connection).await
        }
    };
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "connection ended"),
        Err(_) => tracing::debug!("a client did not take its last answers"),
    }
}

async fn accept(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = free.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // Answers are one small write each; waiting for more to send would only delay them.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "set_nodelay");
            }
            Some((stream, place))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(REFUSED_PAUSE).await;
            None
        }
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_LIMIT as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD_LIMIT)
        .keep_alive_interval(Some(HEAD_TIMEOUT));
    builder
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// What a client hears of a handler that takes so long, until its connection ends.
    async fn heard(takes: Duration) -> String {
        let lifecycle = Lifecycle::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let slow = async move || {
            tokio::time::sleep(takes).await;
            "at last"
        };
        listen(&lifecycle, listener, None, Router::new().route("/", get(slow)));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut heard = Vec::new();
        let ended = tokio::time::timeout(2 * AGE, client.read_to_end(&mut heard)).await;
        ended.expect("the connection ends").unwrap();
        lifecycle.end();
        assert!(lifecycle.drain().await);
        String::from_utf8(heard).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_of_old_age() {
        assert!(heard(AGE + LAST_ANSWERS / 2).await.ends_with("at last"), "what was asked is answered");
        assert_eq!(heard(AGE + 2 * LAST_ANSWERS).await, "", "it lasts no longer");
    }
}
