//! A deployment for one test: its own Postgres in its own directory, gone when the test is.

use crate::client::Client;
use crate::moving::MovingTime;
use hallmark_api::account::AccountId;
use hallmark_api::principal::Role;
use hallmark_server::addresses::Addresses;
use hallmark_server::chance::Chance;
use hallmark_server::clock::Clock;
use hallmark_server::init::{self, AccessKey};
use hallmark_server::issuing::issuing_ca::Maker;
use hallmark_server::paging::Paging;
use hallmark_server::postgres::{self, Install, Postgres};
use hallmark_server::service::{Listeners, Service, Settings};
use hallmark_store::Store;
use hallmark_store::deployment::Deployment as DeploymentRow;
use hallmark_store::seal::KeyEncryptionKey;
use sqlx::postgres::{PgPool, PgPoolOptions};
use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// The region of every test's deployment.
pub const REGION: &str = "us-east-1";
const KEK: [u8; KeyEncryptionKey::LENGTH] = [7; KeyEncryptionKey::LENGTH];

/// Where nobody publishes.
const NOWHERE: &str = "http://pki.invalid";

/// A Postgres of its own, migrated and initialised, with one account.
pub struct Deployment {
    postgres: Postgres,
    /// The account.
    pub account: AccountId,
    chance: Chance,
    addresses: Addresses,
    clock: Arc<Clock>,
    _data_dir: TempDir,
}

/// One replica of the service.
pub struct Replica {
    service: Service,
    /// Where its API listens.
    pub api: SocketAddr,
    /// Where it publishes.
    pub pki: SocketAddr,
    /// Where its health is.
    pub ops: SocketAddr,
}

impl Deployment {
    /// Starts Postgres and initialises it.
    pub async fn start() -> Self {
        Self::begin(None, Arc::new(Clock::System)).await
    }

    /// The same, with a Postgres and replicas whose clocks move as `time` says.
    pub async fn start_in(time: &MovingTime) -> Self {
        Self::begin(Some(time.programs().to_owned()), time.clock().clone()).await
    }

    async fn begin(binaries: Option<PathBuf>, clock: Arc<Clock>) -> Self {
        let data_dir = tempfile::tempdir().expect("a temporary directory");
        let chance = Chance::default();
        let options = postgres::Options {
            data_dir: data_dir.path().to_owned(),
            binaries,
            path: search_path(),
            runtime_dir: None,
            install: Install::Never,
            new_cluster_id: chance.octets().expect("randomness"),
        };
        let postgres = postgres::start(&options, &|_| {}).await.expect("Postgres starts");
        hallmark_store::connect::migrate(postgres.url()).await.expect("the schema applies");
        let account = AccountId::from_number(123_456_789_012).expect("an account id");
        let addresses = Addresses::new(NOWHERE).expect("a URL");
        let deployment = Self { postgres, account, chance, addresses, clock, _data_dir: data_dir };
        deployment.initialise().await;
        deployment
    }

    async fn initialise(&self) {
        let store = self.store().await;
        let now = self.clock.now();
        let row = DeploymentRow {
            region: REGION.parse().expect("a region"),
            country: "US".into(),
            state: "WA".into(),
            organization: "Hallmark Tests".into(),
        };
        init::deployment(&store, &row, &self.chance, now).await.expect("initialised");
        init::account(&store, &self.maker(&row), &self.account, "tests", now).await.expect("an account");
    }

    /// What makes issuing CAs, for commands of the deployment that are run without a replica. Nothing is published
    /// where their certificates say.
    fn maker<'a>(&'a self, row: &'a DeploymentRow) -> Maker<'a> {
        Maker { deployment: row, addresses: &self.addresses, chance: &self.chance }
    }

    /// Settings for the commands of a deployment that publishes at this URL, as files in a directory; answers with the
    /// one that `--config` takes.
    pub fn settings(&self, directory: &Path, pki_url: &str) -> PathBuf {
        let (key, settings) = (directory.join("key-encryption.key"), directory.join("hallmark.toml"));
        std::fs::write(&key, KEK).expect("written");
        std::fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("its owner's alone");
        let text = format!(
            "[database]\nurl = \"{}\"\n[keys]\nkey_encryption_key_file = \"{}\"\n[pki]\nurl = \"{pki_url}\"\n",
            self.postgres.url(),
            key.display()
        );
        std::fs::write(&settings, text).expect("written");
        settings
    }

    /// The store, as the service opens it.
    pub async fn store(&self) -> Store {
        let kek = KeyEncryptionKey::new(&KEK).expect("a key");
        Store::connect(self.postgres.url(), 8, kek).await.expect("connected")
    }

    /// The database as its owner sees it, past every grant.
    pub async fn owner(&self) -> PgPool {
        PgPoolOptions::new().max_connections(8).connect(self.postgres.url()).await.expect("connected")
    }

    /// Randomness.
    pub fn chance(&self) -> &Chance {
        &self.chance
    }

    /// Where issuing CAs that are made by commands say that they are published; nobody is there.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Starts a replica.
    pub async fn replica(&self) -> Replica {
        self.replica_sharing(self.clock.clone()).await
    }

    /// Starts a replica that lives by this clock.
    pub async fn replica_at(&self, clock: Clock) -> Replica {
        self.replica_sharing(Arc::new(clock)).await
    }

    /// Starts a replica that lives by a clock which others look at too.
    pub async fn replica_sharing(&self, clock: Arc<Clock>) -> Replica {
        let settings = |pki| Settings::new(&format!("http://{pki}")).expect("a URL");
        self.replica_with(settings, clock).await
    }

    /// Starts a replica with the settings for whoever publishes at its address.
    pub async fn replica_with(
        &self,
        settings: impl FnOnce(SocketAddr) -> Settings,
        clock: Arc<Clock>,
    ) -> Replica {
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let listeners = Listeners::bind(any, any, any).await.expect("free ports");
        let address = |listener: &tokio::net::TcpListener| listener.local_addr().expect("bound");
        let (api, pki, ops) = (address(&listeners.api), address(&listeners.pki), address(&listeners.ops));
        let paging = Paging::new(KeyEncryptionKey::derive(&KEK, "page tokens").expect("a key"));
        let service = Service::start(self.store().await, paging, listeners, settings(pki), clock);
        Replica { service: service.await.expect("started"), api, pki, ops }
    }

    /// Makes another account.
    pub async fn another_account(&self, number: u64) -> AccountId {
        let store = self.store().await;
        let row = store.deployment().await.expect("readable").expect("initialised");
        let account = AccountId::from_number(number).expect("an account id");
        init::account(&store, &self.maker(&row), &account, "another", self.clock.now())
            .await
            .expect("an account");
        store.close().await;
        account
    }

    /// A client of `replica` with a new key in this role.
    pub async fn client(&self, replica: &Replica, role: Role) -> Client {
        self.client_of(&self.account, replica, role).await
    }

    /// A client of `replica` with a new key in this role of an account.
    pub async fn client_of(&self, account: &AccountId, replica: &Replica, role: Role) -> Client {
        let key = self.key(account, role).await;
        Client::new(replica.api, key.id.as_str(), &key.secret).by(self.clock.clone())
    }

    /// A new key in this role of an account.
    pub async fn key(&self, account: &AccountId, role: Role) -> AccessKey {
        let store = self.store().await;
        let principal = role.as_str().parse().expect("a principal's name");
        let key = init::access_key(&store, account, &principal, role, &self.chance).await;
        store.close().await;
        key.expect("an access key")
    }

    /// Whether sessions that begin from now on log the plans of their statements; answers with the log.
    #[expect(clippy::disallowed_methods, reason = "a setting of the server is no statement of the service")]
    pub async fn log_plans(&self, whether: bool) -> PathBuf {
        let settings = "session_preload_libraries = auto_explain\nauto_explain.log_min_duration = 0\n\
                        auto_explain.log_analyze = on\nauto_explain.log_buffers = on\n";
        let cluster = self.postgres.home().join("cluster");
        std::fs::write(cluster.join("postgresql.auto.conf"), if whether { settings } else { "" })
            .expect("the cluster's settings");
        let pid = std::fs::read_to_string(cluster.join("postmaster.pid")).expect("a running server");
        let pid = pid.lines().next().expect("its process");
        assert!(std::process::Command::new("kill").args(["-HUP", pid]).status().expect("kill").success());
        loop {
            let owner = self.owner().await;
            let setting = "SELECT current_setting('auto_explain.log_min_duration', true)";
            let loaded: Option<String> =
                sqlx::query_scalar(setting).fetch_one(&owner).await.expect("a setting");
            owner.close().await;
            // Where it was set once and is no more, it is known and empty.
            if (loaded.as_deref() == Some("0")) == whether {
                return self.postgres.home().join("server.log");
            }
        }
    }

    /// Stops Postgres.
    pub async fn stop(self) {
        // Run as root the cluster lies outside the temporary directory.
        let home = self.postgres.home().to_owned();
        self.postgres.stop().await.expect("Postgres stops");
        std::fs::remove_dir_all(home).expect("the cluster goes with its test");
    }
}

impl Replica {
    /// The service itself.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// What it publishes at a path, or answers about its health, in text; with the status.
    pub async fn get(address: SocketAddr, path: &str) -> (u16, String) {
        let reply = reqwest::get(format!("http://{address}{path}")).await.expect("the replica answers");
        (reply.status().as_u16(), reply.text().await.expect("a whole body"))
    }

    /// Ends the replica; fails the test when a request hangs.
    pub async fn end(self) {
        assert!(self.service.end().await, "the replica drained in time");
    }
}

#[expect(clippy::disallowed_methods, reason = "tests find Postgres as the service does")]
fn search_path() -> Option<std::ffi::OsString> {
    std::env::var_os("PATH")
}
