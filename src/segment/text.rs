//! The user's own text, from the format string alone.

use super::{Kind, Role, Source};

pub const KIND: Kind = Kind::new("text", Source::Config, Role::Text).about("your own text");
