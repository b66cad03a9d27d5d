//! Lists: operations whose answers come page by page.

use hallmark_api::certificate::{
    CertificateSummary, IssuedCertificate, ListCertificates, ListCertificatesOutput, ListCertificatesQuery,
};
use hallmark_api::issuer::{ListIssuers, ListIssuersOutput, ListIssuersQuery};
use hallmark_api::job::{ListSigningJobs, ListSigningJobsOutput, ListSigningJobsQuery, SigningJob};
use hallmark_api::operation::{MaxResults, Nothing, Operation};
use hallmark_api::profile::{
    ListSigningProfiles, ListSigningProfilesOutput, ListSigningProfilesQuery, SigningProfile,
};
use hallmark_api::revocation_record::{
    ListRevocations, ListRevocationsOutput, ListRevocationsQuery, RevocationRecord,
};

/// An operation that lists something.
pub(crate) trait List: Operation<Path = Nothing, Body = Nothing> {
    /// One entry.
    type Entry;
    /// What it lists, for people.
    const NOUN: &'static str;

    /// Where a query says which page it wants, and how long that may be.
    fn place(query: &mut Self::Query) -> (&mut Option<String>, &mut Option<MaxResults>);

    /// The entries of a page, and where the next begins.
    fn parts(output: Self::Output) -> (Vec<Self::Entry>, Option<String>);

    /// All entries as one answer.
    fn whole(entries: Vec<Self::Entry>) -> Self::Output;
}

macro_rules! list {
    ($operation:ty, $query:ty, $output:ident { $member:ident }, $entry:ty, $noun:literal) => {
        impl List for $operation {
            type Entry = $entry;
            const NOUN: &'static str = $noun;

            fn place(query: &mut $query) -> (&mut Option<String>, &mut Option<MaxResults>) {
                (&mut query.next_token, &mut query.max_results)
            }

            fn parts(output: $output) -> (Vec<$entry>, Option<String>) {
                (output.$member, output.next_token)
            }

            fn whole($member: Vec<$entry>) -> $output {
                $output { $member, next_token: None }
            }
        }
    };
}

list!(
    ListSigningProfiles,
    ListSigningProfilesQuery,
    ListSigningProfilesOutput { profiles },
    SigningProfile,
    "signing profiles"
);
list!(ListSigningJobs, ListSigningJobsQuery, ListSigningJobsOutput { jobs }, SigningJob, "signing jobs");
list!(
    ListCertificates,
    ListCertificatesQuery,
    ListCertificatesOutput { certificates },
    CertificateSummary,
    "certificates"
);
list!(ListIssuers, ListIssuersQuery, ListIssuersOutput { issuers }, IssuedCertificate, "issuing CAs");
list!(
    ListRevocations,
    ListRevocationsQuery,
    ListRevocationsOutput { revocations },
    RevocationRecord,
    "revocations"
);
