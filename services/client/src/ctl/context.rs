//! What every command is handed: where to write, and the service once it is needed.

use super::exit::Failure;
use super::global::Global;
use super::list::List;
use super::output::Output;
use super::progress::Progress;
use crate::connection::Connection;
use crate::error::ClientError;
use crate::settings::{Given, Settings};
use hallmark_api::account::Region;
use hallmark_api::operation::{Effect, MaxResults, Nothing, Operation, Request};
use serde::de::DeserializeOwned;

/// Where a command writes and how it finds the service.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) output: Output,
    given: Given,
}

impl Context {
    pub(crate) fn new(global: &Global) -> Self {
        Self { output: Output::new(global.output, global.color), given: global.given() }
    }

    /// What is given, by flags or otherwise, of where the service is and how it is known.
    pub(crate) fn given(&self) -> &Given {
        &self.given
    }

    /// The service. Nothing is sent yet.
    pub(crate) async fn service(&self) -> Result<Service, Failure> {
        let settings = Settings::find(self.given.clone(), None).await;
        Ok(Service { connection: Connection::new(settings.map_err(|error| Failure::from(&error))?) })
    }
}

/// The service, and who asks it.
#[derive(Debug)]
pub(crate) struct Service {
    connection: Connection,
}

impl Service {
    /// The connection itself.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The deployment's region.
    pub(crate) fn region(&self) -> &Region {
        &self.connection.settings().region
    }

    /// Sends one request, and shows that it goes on once that takes long.
    pub(crate) async fn ask<O>(&self, request: Request<O>) -> Result<O::Output, Failure>
    where
        O: Operation,
        O::Output: DeserializeOwned,
    {
        self.ask_reading::<O, O::Output>(request).await
    }

    /// The same, for answers that are read as something else than the operation's output.
    pub(crate) async fn ask_reading<O: Operation, T: DeserializeOwned>(
        &self,
        request: Request<O>,
    ) -> Result<T, Failure> {
        let what = if O::EFFECT == Effect::Read { "asking the service" } else { "telling the service" };
        let sent = self.connection.send_reading::<O, T>(&request);
        Progress::new(what).during(sent).await.map_err(|error| Failure::of::<O>(&error))
    }

    /// Sends one of many requests.
    pub(crate) async fn send<O>(&self, request: &Request<O>) -> Result<O::Output, ClientError>
    where
        O: Operation,
        O::Output: DeserializeOwned,
    {
        self.connection.send(request).await
    }

    /// Reads a list, all of it or the first so many entries, and shows how far it is. Tells whether there are more.
    pub(crate) async fn list<O>(
        &self,
        query: O::Query,
        limit: Option<usize>,
        what: &'static str,
    ) -> Result<(Vec<O::Entry>, bool), Failure>
    where
        O: List,
        O::Output: DeserializeOwned,
    {
        let progress = Progress::counting(what);
        let read = progress.during(self.entries::<O>(query, limit, &progress)).await;
        read.map_err(|error| Failure::of::<O>(&error))
    }

    /// The entries of a list, page by page: all of them, or the first so many. Tells whether there are more.
    pub(crate) async fn entries<O>(
        &self,
        query: O::Query,
        limit: Option<usize>,
        progress: &Progress,
    ) -> Result<(Vec<O::Entry>, bool), ClientError>
    where
        O: List,
        O::Output: DeserializeOwned,
    {
        let mut entries = Vec::new();
        let mut request = Request::<O> { path: Nothing {}, query, body: Nothing {} };
        loop {
            let wanted = limit.map(|limit| limit - entries.len());
            O::place(&mut request.query).1.clone_from(&wanted.and_then(page_size));
            let (page, next) = O::parts(self.connection.send(&request).await?);
            progress.advance(page.len());
            entries.extend(page);
            if next.is_none() || limit.is_some_and(|limit| entries.len() >= limit) {
                return Ok((entries, next.is_some()));
            }
            *O::place(&mut request.query).0 = next;
        }
    }
}

/// The size of a page that is not to be longer than what is wanted; the service's own when that is more.
fn page_size(wanted: usize) -> Option<MaxResults> {
    u32::try_from(wanted).ok().and_then(|wanted| MaxResults::try_from(wanted).ok())
}
