//! The editor of a config file, full-screen: what is edited and how (pure), how it looks, and which keys
//! do it. Knows no terminal and no file; `commands::configure` joins it with both.

mod ansi;
mod document;
mod input;
mod keys;
mod model;
mod options;
mod rows;
mod view;

pub use document::check;
pub use keys::action;
pub use model::{Catalog, DEPTHS, Effect, Model};
pub use view::{Preview, draw};
