//! Thousands of concurrent processes, kills at any moment, and all widths: what `cargo test` checks with a few of each.
//! `cargo test --test storms -- --nocapture` prints the measurements.

#[path = "../support/mod.rs"]
mod support;

use support::sweep::{self, wide};
use support::{Sandbox, storm};

#[test]
fn two_thousand_events_in_sixty_four_processes_are_all_counted() {
    storm::many_at_once(64, 2000);
}

#[test]
fn writers_without_the_lock_remove_nothing_of_ours() {
    for writers in [1, 2] {
        println!("{}", storm::beside_writers_without_lock(writers, 64, 500));
    }
}

#[test]
#[cfg(unix)]
fn a_kill_at_any_moment_loses_at_most_the_event_of_the_killed() {
    println!("{}", storm::hooks_killed(1000));
}

#[test]
fn renders_of_one_session_are_in_nobodys_way() {
    storm::renders_at_once(2, 1000);
}

#[test]
#[cfg(unix)]
fn a_render_that_is_killed_at_any_moment_leaves_whole_files() {
    storm::renders_killed(1000);
}

#[test]
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn a_client_that_writes_its_settings_all_the_time_loses_nothing() {
    storm::installed_beside_a_client(500);
}

#[test]
fn no_row_is_wider_than_the_terminal_at_any_width() {
    sweep::never_wider(Sandbox::rich, 1..=200);
    sweep::never_wider(wide, 1..=200);
}
