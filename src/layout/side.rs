//! The thirds of a row.

/// A third of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Left,
    Centre,
    Right,
}
