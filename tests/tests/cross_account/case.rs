//! The cells of the matrix, and the second opinion on each of them.

use hallmark_api::principal::Role;

/// What a permission can allow to another account.
pub(crate) const PERMITTED: [&str; 4] =
    ["GetSigningProfile", "SignPayload", "StartSigningJob", "RevokeSignature"];

/// Every operation, STS's aside.
pub(crate) const OPERATIONS: [&str; 27] = [
    "AddProfilePermission",
    "CancelSigningProfile",
    "DescribeSigningJob",
    "GetCertificateChain",
    "GetRevocation",
    "GetRevocationStatus",
    "GetSigningPlatform",
    "GetSigningProfile",
    "GetSigningProfileUse",
    "ListCertificates",
    "ListIssuers",
    "ListProfilePermissions",
    "ListRevocations",
    "ListSigningJobs",
    "ListSigningPlatforms",
    "ListSigningProfiles",
    "ListTagsForResource",
    "PutSigningProfile",
    "RemoveProfilePermission",
    "RevokeCertificate",
    "RevokeSignature",
    "RevokeSigningProfile",
    "SignBlob",
    "SignPayload",
    "StartSigningJob",
    "TagResource",
    "UntagResource",
];

/// What the owner permits the other account, or one principal of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grantee {
    Nobody,
    Account,
    Principal,
    AnotherPrincipal,
}

/// One cell of the matrix.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    pub(crate) operation: &'static str,
    pub(crate) role: Role,
    /// Whether the caller is of the account that owns the profile and the job.
    pub(crate) own: bool,
    /// Whether the other account asked for the job.
    pub(crate) invoked: bool,
    pub(crate) permitted: &'static str,
    pub(crate) grantee: Grantee,
    /// Whether the permission is for one version of the profile.
    pub(crate) pinned: bool,
}

/// The second opinion, written from the documentation and sharing nothing with the service.
pub(crate) fn expected(case: &Case) -> bool {
    let roles: &[Role] = match case.operation {
        "DescribeSigningJob"
        | "GetSigningPlatform"
        | "GetSigningProfile"
        | "ListSigningPlatforms"
        | "ListSigningProfiles" => &[Role::SecurityAdmin, Role::Signer, Role::Auditor],
        "SignBlob" | "SignPayload" | "StartSigningJob" => &[Role::Signer],
        "GetRevocationStatus" => &[Role::SecurityAdmin, Role::Verifier, Role::Auditor],
        "GetCertificateChain" => &[Role::SecurityAdmin, Role::Signer, Role::Verifier, Role::Auditor],
        "ListIssuers" => &[Role::Operator, Role::SecurityAdmin, Role::Auditor],
        "GetRevocation"
        | "GetSigningProfileUse"
        | "ListCertificates"
        | "ListProfilePermissions"
        | "ListRevocations"
        | "ListSigningJobs"
        | "ListTagsForResource" => &[Role::SecurityAdmin, Role::Auditor],
        _ => &[Role::SecurityAdmin],
    };
    // Platforms belong to nobody, and whoever verifies asks about everybody's signatures.
    let everybodys = ["GetRevocationStatus", "GetSigningPlatform", "ListSigningPlatforms"];
    let invokers = case.invoked && ["DescribeSigningJob", "ListSigningJobs"].contains(&case.operation);
    let granted = case.permitted == permitted_as(case.operation)
        && match case.grantee {
            Grantee::Account | Grantee::Principal => true,
            Grantee::Nobody | Grantee::AnotherPrincipal => false,
        };
    roles.contains(&case.role) && (case.own || everybodys.contains(&case.operation) || invokers || granted)
}

/// Every operation by every role of either account; by the other account also under each permission that there is:
/// in all its forms where one could let the operation pass, else in the widest, which is enough to show that it does
/// not.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for operation in OPERATIONS {
        for role in Role::ALL {
            let (permitted, grantee) = ("", Grantee::Nobody);
            let case = Case { operation, role, own: true, invoked: false, permitted, grantee, pinned: false };
            cases.push(case);
            let case = Case { own: false, ..case };
            cases.push(case);
            if speaks_of_jobs(operation) {
                cases.push(Case { own: true, invoked: true, ..case });
                cases.push(Case { invoked: true, ..case });
            }
            // Each platform knows one way of signing, and no statement about the other.
            let other = if operation == "StartSigningJob" { "SignPayload" } else { "StartSigningJob" };
            for permitted in PERMITTED.into_iter().filter(|action| *action != other) {
                if !PERMITTED.contains(&permitted_as(operation)) {
                    cases.push(Case { permitted, grantee: Grantee::Account, ..case });
                    continue;
                }
                for grantee in [Grantee::Account, Grantee::Principal, Grantee::AnotherPrincipal] {
                    cases.push(Case { permitted, grantee, ..case });
                    cases.push(Case { permitted, grantee, pinned: true, ..case });
                }
            }
        }
    }
    cases
}

/// What a permission calls an operation.
fn permitted_as(operation: &'static str) -> &'static str {
    if operation == "SignBlob" { "SignPayload" } else { operation }
}

fn speaks_of_jobs(operation: &str) -> bool {
    ["DescribeSigningJob", "GetRevocationStatus", "ListSigningJobs", "RevokeSignature"].contains(&operation)
}
