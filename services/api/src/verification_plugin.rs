//! Verification plugins: the programs that notation asks who signed and what is revoked, and the signed attributes that
//! tell them (Notary Project `plugin-extensibility.md`).

/// A plugin that envelopes of signing profiles can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerificationPlugin {
    /// AWS Signer's plugin, which existing scripts use; profiles that say nothing name it.
    AwsSigner,
    /// Hallmark's own plugin.
    Hallmark,
}

impl VerificationPlugin {
    /// Every plugin.
    pub const ALL: [Self; 2] = [Self::AwsSigner, Self::Hallmark];

    /// Its name in envelopes, in `signingParameters` and in notation's directories.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AwsSigner => "com.amazonaws.signer.notation.plugin",
            Self::Hallmark => "hallmark",
        }
    }

    /// The attributes that it reads: the ARNs of the profile version that signed and of the job.
    pub const fn attributes(self) -> &'static [&'static str; 2] {
        match self {
            Self::AwsSigner => {
                &["com.amazonaws.signer.signingProfileVersion", "com.amazonaws.signer.signingJob"]
            }
            Self::Hallmark => &["io.hallmark.signingProfileVersion", "io.hallmark.signingJob"],
        }
    }

    /// The attribute that names the profile version.
    pub const fn profile_version_attribute(self) -> &'static str {
        self.attributes()[0]
    }

    /// The attribute that names the job.
    pub const fn job_attribute(self) -> &'static str {
        self.attributes()[1]
    }

    /// The plugin of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plugin| plugin.name() == name)
    }
}
