//! Arguments that several commands share.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Consent to changes. Without a flag the user is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct Consent {
    /// Only show what would change
    #[arg(long)]
    pub dry_run: bool,
    /// Apply changes without asking
    #[arg(long, short, conflicts_with = "dry_run")]
    pub yes: bool,
}

/// A parser for these names, with the value that each stands for.
pub(super) fn one_of<T, const N: usize>(all: [(&'static str, T); N]) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    PossibleValuesParser::new(all.map(|(name, _)| name)).map(move |given| {
        let found = all.iter().find(|(name, _)| *name == given);
        found.expect("clap only accepts the names of `all`").1
    })
}
