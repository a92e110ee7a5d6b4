//! `docs/gallery`: each theme, preset and set of icons has a picture, and each picture is what is printed.
//! `SNAPSHOTS=overwrite cargo test --test it gallery` makes them anew, and `docs/gallery.md` with them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use snapbox::{Data, assert_data_eq};

use crate::support::{Sandbox, themes};

/// Bytes of all pictures together: they are loaded with the page that shows them.
const MOST: u64 = 1_500_000;

/// Edges that pictures draw themselves, whatever fonts the reader has.
const ROUND: [&str; 2] = ["--set", "edges = \"nerd\""];

/// A picture: its name, what is said of it, and how it is made.
struct Picture {
    name: String,
    about: String,
    args: Vec<String>,
}

fn picture(name: String, about: String, args: &[&str]) -> Picture {
    let args = args.iter().chain(&ROUND).map(|arg| (*arg).to_owned()).collect();
    Picture { name, about, args }
}

fn theme_pictures() -> Vec<Picture> {
    let mut names = themes();
    names.sort();
    let looks = ["--preset", "default", "--preset", "powerline", "--width", "100"];
    let samples = ["--sample", "busy", "--sample", "nearly-full"];
    let of = |name: String| {
        let source = source(&format!("themes/{name}.toml"));
        let about = source.lines().find_map(|line| line.strip_prefix("about = ")).unwrap();
        let args = [&["--theme", name.as_str()], &looks[..], &samples[..]].concat();
        picture(format!("theme-{name}"), about.trim_matches('"').to_owned(), &args)
    };
    names.into_iter().map(of).collect()
}

fn preset_pictures() -> Vec<Picture> {
    let files = fs::read_dir(root().join("src/config/presets")).unwrap();
    let names = files.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    let samples =
        ["--sample", "busy", "--sample", "waiting", "--sample", "nearly-full", "--sample", "limits"];
    let of = |name: String| {
        let source = source(&format!("src/config/presets/{name}.toml"));
        let about = source.lines().next().unwrap().trim_start_matches("# ").to_owned();
        let args = [&["--preset", name.as_str(), "--width", "120"], &samples[..]].concat();
        picture(format!("preset-{name}"), about, &args)
    };
    names.collect::<BTreeSet<_>>().into_iter().map(of).collect()
}

/// Those of a patched font would be boxes for whoever has none.
fn icon_pictures() -> Vec<Picture> {
    let of = |(icons, about): (&str, &str)| {
        let edges = format!("edges = \"{}\"", if icons == "emoji" { "text" } else { icons });
        let args = ["--icons", icons, "--preset", "full", "--preset", "powerline", "--sample", "busy"];
        let args = [&args[..], &["--width", "120", "--set", &edges]].concat();
        Picture {
            name: format!("icons-{icons}"),
            about: about.to_owned(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        }
    };
    [
        ("text", "what any font with good Unicode coverage has"),
        ("emoji", "two columns each"),
        ("ascii", "for consoles that have little else"),
    ]
    .map(of)
    .into()
}

/// What the README begins with.
fn first_pictures() -> Vec<Picture> {
    let of = |(name, theme): (&str, &str)| {
        picture(name.to_owned(), String::new(), &["--theme", theme, "--width", "112"])
    };
    [("preview-dark", "default"), ("preview-light", "light")].map(of).into()
}

#[test]
fn every_picture_is_what_is_printed_and_all_are_small() {
    let sandbox = Sandbox::new();
    let mut expected = BTreeSet::new();
    for Picture { name, args, .. } in
        [first_pictures(), theme_pictures(), preset_pictures(), icon_pictures()].into_iter().flatten()
    {
        let args: Vec<&str> =
            ["preview", "--svg"].into_iter().chain(args.iter().map(String::as_str)).collect();
        let printed = sandbox.call(&args).without_environment().run().painted();
        let file = format!("{name}.svg");
        let path = root().join("docs/gallery").join(&file);
        assert_data_eq!(printed, Data::read_from(&path, None));
        expected.insert(file);
    }
    let files = fs::read_dir(root().join("docs/gallery")).unwrap().map(|file| file.unwrap());
    let sizes: BTreeMap<String, u64> =
        files.map(|file| (file.file_name().into_string().unwrap(), file.metadata().unwrap().len())).collect();
    assert_eq!(sizes.keys().cloned().collect::<BTreeSet<_>>(), expected);
    assert!(sizes.values().sum::<u64>() < MOST, "{sizes:#?}");
}

#[test]
fn the_page_shows_every_picture() {
    let mut page = String::from(INTRODUCTION);
    page.push_str(
        "\n## Themes\n\n| theme | busy, and at its worst; presets `default` and `powerline` |\n|---|---|\n",
    );
    rows(&mut page, "theme-", &theme_pictures());
    page.push_str("\n## Presets\n\n| preset | 120 columns |\n|---|---|\n");
    rows(&mut page, "preset-", &preset_pictures());
    page.push_str(
        "\n## Icons\n\n`--icons nerd` needs a [patched font](https://www.nerdfonts.com); \
         `bridgeline preview --icons nerd` shows whether yours is one.\n\n| icons | presets `full` and `powerline` |\n|---|---|\n",
    );
    rows(&mut page, "icons-", &icon_pictures());
    assert_data_eq!(page, Data::read_from(&root().join("docs/gallery.md"), None));
}

const INTRODUCTION: &str = "# Gallery

What `bridgeline preview --svg` prints. In your own terminal: `bridgeline themes` shows all themes, `bridgeline
preview --theme NAME --preset NAME` all samples, `bridgeline preview --session last` your own last session.

Band edges are drawn with `edges = \"nerd\"`. Terminals that draw these signs themselves (kitty, WezTerm, Ghostty,
Windows Terminal, iTerm2) need no patched font for them; with `edges = \"text\"` they are half blocks.
";

fn rows(page: &mut String, kind: &str, pictures: &[Picture]) {
    for Picture { name, about, .. } in pictures {
        let short = name.strip_prefix(kind).unwrap();
        page.push_str(&format!("| **{short}**<br>{about} | ![{short}](gallery/{name}.svg) |\n"));
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn source(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}
