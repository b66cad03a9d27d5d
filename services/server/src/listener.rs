//! Taking connections: HTTP/1.1 and HTTP/2 on one port, with limits and with TLS where there is a
//! certificate, until the service ends.

use crate::first_words::FirstWords;
use crate::lifecycle::Lifecycle;
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
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
/// The most octets of a request's head.
const HEAD_LIMIT: u32 = 32 * 1024;
/// How long to wait after the system refuses a connection (out of descriptors, say) before the next.
const REFUSED_PAUSE: Duration = Duration::from_millis(50);

/// Serves `router` on `listener` until the service ends, then lets requests under way finish.
pub fn listen(lifecycle: &Lifecycle, listener: TcpListener, tls: Option<TlsAcceptor>, router: Router) {
    let connections = lifecycle.clone();
    lifecycle.spawn(async move {
        let graceful = GracefulShutdown::new();
        let free = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                accepted = accept(&listener, &free) => accepted,
                () = connections.ending() => break,
            };
            let Some((stream, place)) = accepted else { continue };
            let (router, tls, watcher) = (router.clone(), tls.clone(), graceful.watcher());
            connections.spawn(async move {
                match tls {
                    None => serve(stream, router, watcher).await,
                    Some(tls) => match tokio::time::timeout(HEAD_TIMEOUT, tls.accept(stream)).await {
                        Ok(Ok(stream)) => serve(stream, router, watcher).await,
                        Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
                        Err(_) => tracing::debug!("TLS handshake timed out"),
                    },
                }
                drop(place);
            });
        }
        drop(listener);
        graceful.shutdown().await;
    });
}

/// Serves one connection to its end.
async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + 'static, router: Router, watcher: Watcher) {
    let builder = builder();
    let stream = FirstWords::within(HEAD_TIMEOUT, stream);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "connection ended");
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
