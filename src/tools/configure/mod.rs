//! The editor of a config file, full-screen. From the bottom up: the text and changes to it ([`document`], [`draft`],
//! [`rows`]), the [`state`] that panels work on, the panels, their stack ([`model`]), and the display ([`view`]). All
//! of these are pure; only [`run()`] uses a terminal and files.

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
