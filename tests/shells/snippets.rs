//! The output of `bridgeline init`, read by the shells themselves.

use std::path::{Path, PathBuf};
use std::process::Command;

fn snippet(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/shell").join(name)
}

#[track_caller]
fn silent(command: &[&str], file: &Path) {
    let output = Command::new(command[0]).args(&command[1..]).arg(file).output();
    let output = output.unwrap_or_else(|err| panic!("{} is needed: {err}", command[0]));
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    assert!(output.status.success() && said.is_empty(), "{command:?}: {said}");
}

#[test]
fn the_shells_understand_them() {
    silent(&["bash", "-n"], &snippet("init.bash"));
    silent(&["zsh", "-n"], &snippet("init.zsh"));
    silent(&["fish", "-n"], &snippet("init.fish"));
}

#[test]
fn shellcheck_has_nothing_to_say() {
    silent(&["shellcheck", "--enable=all", "--exclude=SC2250,SC2312"], &snippet("init.bash"));
}
