//! Text of one's own: the format string says it all.

use super::{Icon, Kind, Role, Source};

pub const KIND: Kind = Kind {
    name: "text",
    about: "text of your own",
    source: Source::Config,
    role: Role::Text,
    levels: None,
    icon: Icon::NONE,
    fields: &[],
    keys: &[],
    value: |_, _| None,
};
