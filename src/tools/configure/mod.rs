//! The editor of a config file, full-screen: what is edited and how (pure), how it looks, and which keys
//! do it. Knows no terminal and no file; `commands::configure` joins it with both.

mod document;
mod input;
mod options;
mod painted;
mod rows;

mod draft;

mod action;
mod panel;
mod run;

mod model;

mod keys;
mod view;

pub use action::Effect;
pub use document::check;
pub use keys::action;
pub use model::{Catalog, DEPTHS, Model};
pub use run::run;
pub use view::{Preview, draw};
