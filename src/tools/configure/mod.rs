//! The editor of a config file, full-screen. From below: the text and changes of it ([`document`], [`draft`],
//! [`rows`]), the [`state`] that panels work on, the panels, the stack of them ([`model`]), how it
//! looks ([`view`]). All that is pure; only [`run()`] knows a terminal and files.

pub mod action;
pub mod document;
pub mod draft;
pub mod draw;
mod input;
pub mod keys;
pub mod painted;
mod rows;
mod state;

mod panel;

mod model;
mod view;

mod run;

pub use run::run;
