//! Certificates by the thousand, as the service would have put them on record.

use hallmark_api::account::AccountId;
use hallmark_pki::{Certificate, CertificateHash, SerialNumber};
use hallmark_tests::publication::Published;
use serde_json::json;
use sqlx::PgPool;

/// How many rows one statement inserts.
const STEP: i64 = 100_000;

/// The certificates of one profile, in shards of their issuing CA that no others are in.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    profile: &'static str,
    version: String,
    /// How many.
    pub(crate) size: i64,
    /// Their shards.
    pub(crate) shards: std::ops::Range<i32>,
    /// Stands first in what is random in their serial numbers.
    tag: u32,
}

impl Batch {
    /// A profile with as many certificates, each for a signature of its own.
    pub(crate) async fn insert(
        service: &Published,
        issuer: &Certificate,
        profile: &'static str,
        size: i64,
    ) -> Self {
        let version = service.admin.put_profile(profile, json!({"verificationPlugin": "none"})).await;
        let owner = service.deployment.owner().await;
        let first = take_places(&owner, &service.deployment.account, size).await;
        let last = first + i32::try_from((size - 1) / 10_000).expect("few");
        let tag = u32::try_from(first).expect("few");
        let batch = Self { profile, version, size, shards: first..last + 1, tag };
        let hash = CertificateHash::new(issuer, issuer);
        for from in (0..size).step_by(usize::try_from(STEP).expect("few")) {
            let to = (from + STEP).min(size) - 1;
            batch.insert_some(&owner, &service.deployment.account, hash.own(), (from, to)).await;
        }
        for table in ["certificates", "revocations"] {
            let statement = format!("VACUUM ANALYZE {table}");
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&owner).await.expect("statistics");
        }
        owner.close().await;
        batch
    }

    #[expect(clippy::disallowed_methods, reason = "history is made with SQL of its own")]
    async fn insert_some(&self, owner: &PgPool, account: &AccountId, issuer: &[u8], (from, to): (i64, i64)) {
        sqlx::query(
            "INSERT INTO certificates (account_id, serial_number, profile_name, profile_version, certificate,
                                       certificate_hash, not_before, not_after, issued_at, purpose, crl_shard, job_id, signed_at,
                                       status_until)
             SELECT $1, decode($2 || lpad(to_hex(i), 16, '0'), 'hex'), $3, $4, decode(repeat('00', 900), 'hex'),
                    sha384(decode($2 || lpad(to_hex(i), 16, '0'), 'hex')) || $5, now(), now() + interval '3 days', now(),
                    'code_signing', $6 + (i / 10000)::int, gen_random_uuid(), now(), now() + interval '1 year'
             FROM generate_series($7::bigint, $8::bigint) AS i",
        )
        .bind(account.as_str())
        .bind(self.stem(account.number()))
        .bind(self.profile)
        .bind(&self.version)
        .bind(issuer)
        .bind(self.shards.start)
        .bind(from)
        .bind(to)
        .execute(owner)
        .await
        .expect("certificates");
    }

    /// What the serial numbers begin with, in hexadecimal digits.
    fn stem(&self, account: u64) -> String {
        self.serial_number(account, 0).to_string()[..20].to_owned()
    }

    /// The serial number of one of them.
    pub(crate) fn serial_number(&self, account: u64, number: i64) -> SerialNumber {
        let mut random = [0; 12];
        random[..4].copy_from_slice(&self.tag.to_be_bytes());
        random[4..].copy_from_slice(&number.to_be_bytes());
        SerialNumber::from_parts(account, random)
    }

    /// Puts a revocation of each certificate on record; nobody is told.
    #[expect(clippy::disallowed_methods, reason = "history is made with SQL of its own")]
    pub(crate) async fn revoke_each(&self, service: &Published) {
        let owner = service.deployment.owner().await;
        sqlx::query(
            "INSERT INTO revocations (account_id, revocation_id, subject, serial_number, effective_at, recorded_at,
                                      reason, recorded_by, reason_code)
             SELECT account_id, gen_random_uuid(), 'certificate', serial_number, now(), now(), 'benchmark', 'benchmark', 1
             FROM certificates WHERE account_id = $1 AND profile_name = $2",
        )
        .bind(service.deployment.account.as_str())
        .bind(self.profile)
        .execute(&owner)
        .await
        .expect("revocations");
        sqlx::raw_sql("VACUUM ANALYZE revocations").execute(&owner).await.expect("statistics");
        owner.close().await;
    }

    /// Revokes the profile version, and with it all of them at once.
    pub(crate) async fn revoke(&self, service: &Published) {
        let body =
            json!({"profileVersion": self.version, "reason": "benchmark", "effectiveTime": 1_700_000_000});
        let path = format!("/signing-profiles/{}/revoke", self.profile);
        let reply = service.admin.send("PUT", &path, Some(body)).await;
        assert!(reply.is_ok(), "{reply:?}");
    }
}

/// Takes whole shards; answers with the first.
#[expect(clippy::disallowed_methods, reason = "history is made with SQL of its own")]
async fn take_places(owner: &PgPool, account: &AccountId, size: i64) -> i32 {
    let first: i64 = sqlx::query_scalar(
        "UPDATE issuers SET places = (places + 9999) / 10000 * 10000 + ($2 + 9999) / 10000 * 10000
         WHERE account_id = $1 RETURNING (places - ($2 + 9999) / 10000 * 10000) / 10000",
    )
    .bind(account.as_str())
    .bind(size)
    .fetch_one(owner)
    .await
    .expect("places");
    i32::try_from(first).expect("few")
}
