//! A few concurrent hooks and renders, next to writers without the lock, and killed at any moment: nothing that a
//! process of ours has counted is lost, and files are always complete. `tests/storms` has thousands of them.

use crate::support::storm;

#[test]
fn of_events_in_many_processes_at_once_none_is_lost() {
    storm::many_at_once(16, 100);
}

#[test]
fn writers_without_the_lock_remove_nothing_of_ours() {
    for writers in [1, 2] {
        storm::beside_writers_without_lock(writers, 16, 50);
    }
}

#[test]
#[cfg(unix)]
fn a_kill_at_any_moment_loses_at_most_the_event_of_the_killed() {
    storm::hooks_killed(100);
}

#[test]
fn renders_of_one_session_are_in_nobodys_way() {
    storm::renders_at_once(4, 100);
}

#[test]
#[cfg(unix)]
fn a_render_that_is_killed_at_any_moment_leaves_whole_files() {
    storm::renders_killed(50);
}
