//! The built-in roles: one table, role by action.

use hallmark_api::principal::Role::{self, Auditor, Operator, SecurityAdmin, Signer, Verifier};

/// What a role says about an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The role includes the action.
    Allow,
    /// It does not, or there is no such action.
    Deny,
}

/// Who may do what: Hallmark's own operations, and every operation of AWS Signer (service model 2017-08-25).
/// `Operator` runs the deployment and holds nothing of an account's: of all these it only looks after issuers.
const TABLE: [(&str, &[Role]); 27] = [
    // A chain is public: its issuing part is published without asking who reads it, and every signature carries
    // the whole. Whoever signs or verifies may see it here too.
    ("hallmark:GetCertificateChain", &[SecurityAdmin, Signer, Verifier, Auditor]),
    ("hallmark:GetRevocation", &[SecurityAdmin, Auditor]),
    ("hallmark:GetSigningProfileUse", &[SecurityAdmin, Auditor]),
    ("hallmark:ListCertificates", &[SecurityAdmin, Auditor]),
    ("hallmark:ListIssuers", &[Operator, SecurityAdmin, Auditor]),
    ("hallmark:ListRevocations", &[SecurityAdmin, Auditor]),
    ("hallmark:RevokeCertificate", &[SecurityAdmin]),
    ("hallmark:SignBlob", &[Signer]),
    ("signer:AddProfilePermission", &[SecurityAdmin]),
    ("signer:CancelSigningProfile", &[SecurityAdmin]),
    ("signer:DescribeSigningJob", &[SecurityAdmin, Signer, Auditor]),
    ("signer:GetRevocationStatus", &[SecurityAdmin, Verifier, Auditor]),
    ("signer:GetSigningPlatform", &[SecurityAdmin, Signer, Auditor]),
    ("signer:GetSigningProfile", &[SecurityAdmin, Signer, Auditor]),
    ("signer:ListProfilePermissions", &[SecurityAdmin, Auditor]),
    ("signer:ListSigningJobs", &[SecurityAdmin, Auditor]),
    ("signer:ListSigningPlatforms", &[SecurityAdmin, Signer, Auditor]),
    ("signer:ListSigningProfiles", &[SecurityAdmin, Signer, Auditor]),
    ("signer:ListTagsForResource", &[SecurityAdmin, Auditor]),
    ("signer:PutSigningProfile", &[SecurityAdmin]),
    ("signer:RemoveProfilePermission", &[SecurityAdmin]),
    ("signer:RevokeSignature", &[SecurityAdmin]),
    ("signer:RevokeSigningProfile", &[SecurityAdmin]),
    ("signer:SignPayload", &[Signer]),
    ("signer:StartSigningJob", &[Signer]),
    ("signer:TagResource", &[SecurityAdmin]),
    ("signer:UntagResource", &[SecurityAdmin]),
];

/// Whether `role` includes `action`, a full action such as `signer:SignPayload`, in exactly that case.
pub fn decide(role: Role, action: &str) -> Decision {
    let row = TABLE.iter().find(|(name, _)| *name == action);
    match row {
        Some((_, roles)) if roles.contains(&role) => Decision::Allow,
        _ => Decision::Deny,
    }
}

/// The names of the roles that include `action`, in the order in which roles are shown.
pub fn names_that_allow(action: &str) -> Vec<&'static str> {
    let allowed = Role::ALL.into_iter().filter(|role| decide(*role, action) == Decision::Allow);
    allowed.map(Role::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(action: &str) -> &str {
        ["signer:", "hallmark:"].into_iter().find_map(|service| action.strip_prefix(service)).unwrap()
    }

    fn allowed(role: Role) -> Vec<&'static str> {
        let actions = TABLE.iter().map(|(action, _)| *action);
        actions.filter(|action| decide(role, action) == Decision::Allow).collect()
    }

    fn begins_with(action: &str, verbs: &[&str]) -> bool {
        verbs.iter().any(|verb| name(action).starts_with(verb))
    }

    const READS: [&str; 3] = ["Get", "List", "Describe"];
    const SIGNS: [&str; 2] = ["Sign", "Start"];
    const GRANTS: [&str; 7] = ["Add", "Remove", "Put", "Cancel", "Revoke", "Tag", "Untag"];

    #[test]
    fn every_action_reads_signs_or_grants() {
        for (action, roles) in TABLE {
            let kinds = [&READS[..], &SIGNS, &GRANTS];
            let count = kinds.iter().filter(|verbs| begins_with(action, verbs)).count();
            assert_eq!(count, 1, "{action}");
            assert!(!roles.is_empty(), "{action}");
        }
        assert!(TABLE.is_sorted_by_key(|(action, _)| *action));
    }

    #[test]
    fn no_role_both_grants_and_signs() {
        for role in Role::ALL {
            let actions = allowed(role);
            let any = |verbs: &[&str]| actions.iter().any(|action| begins_with(action, verbs));
            assert!(!(any(&SIGNS) && any(&GRANTS)), "{role:?}");
        }
    }

    #[test]
    fn each_role_has_its_own() {
        assert_eq!(allowed(Operator), ["hallmark:ListIssuers"]);
        assert_eq!(allowed(Verifier), ["hallmark:GetCertificateChain", "signer:GetRevocationStatus"]);
        assert_eq!(
            allowed(Signer),
            [
                "hallmark:GetCertificateChain",
                "hallmark:SignBlob",
                "signer:DescribeSigningJob",
                "signer:GetSigningPlatform",
                "signer:GetSigningProfile",
                "signer:ListSigningPlatforms",
                "signer:ListSigningProfiles",
                "signer:SignPayload",
                "signer:StartSigningJob",
            ]
        );
        for (action, _) in TABLE {
            let reads = begins_with(action, &READS);
            let signs = begins_with(action, &SIGNS);
            assert_eq!(decide(Auditor, action) == Decision::Allow, reads, "{action}");
            assert_eq!(decide(SecurityAdmin, action) == Decision::Allow, !signs, "{action}");
        }
    }

    #[test]
    fn what_is_not_in_the_table_is_denied() {
        for role in Role::ALL {
            for action in [
                "",
                "signer:*",
                "*",
                "SignPayload",
                "signer:signpayload",
                "signer:SignPayload ",
                "signer:GetSigningProfileX",
                "signer:ListIssuers",
                "hallmark:*",
                "hallmark:SignPayload",
                "s3:GetObject",
            ] {
                assert_eq!(decide(role, action), Decision::Deny, "{action}");
            }
        }
    }
}
