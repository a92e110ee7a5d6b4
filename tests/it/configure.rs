//! `bridgeline configure` without a terminal, or without a file that can be edited. `tests/screens` has its screens.

use crate::support::Sandbox;

#[test]
fn without_a_terminal_it_says_what_to_do_and_touches_nothing() {
    let sandbox = Sandbox::new();
    let printed = sandbox.call(&["configure"]).run();
    assert_eq!((printed.code, printed.stdout.as_str()), (Some(1), ""));
    assert_eq!(
        printed.stderr,
        "bridgeline: configure: not a terminal; run it in one, or use `bridgeline config edit`\n"
    );
    assert_eq!(sandbox.files("."), [].into());
}

#[test]
fn it_takes_no_arguments() {
    let printed = Sandbox::new().call(&["configure", "--theme", "nord"]).run();
    assert_eq!((printed.code, printed.stdout.as_str()), (Some(2), ""));
    assert!(printed.stderr.contains("--theme"), "{}", printed.stderr);
}
