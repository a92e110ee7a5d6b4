//! `docs/pictures`: each theme, preset and set of icons has a picture, which shows what is printed.
//! `SNAPSHOTS=overwrite cargo test --no-fail-fast --test it --test screens pictures` renews them and `docs/gallery.md`.

mod film;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use bridgeline::base::env::Env;
use bridgeline::cli::{self, Command};
use bridgeline::config::{Config, Invocation};
use bridgeline::line;
use bridgeline::paint::svg::{self, SvgRow};
use bridgeline::paint::{self, StyledRun};
use bridgeline::snapshot::sample;
use bridgeline::theme::{Color, Depth, Style};
use snapbox::{Data, assert_data_eq};

use crate::support::{Sandbox, drawn, themes};

/// Maximum size of all pictures in bytes: they are loaded with their page.
const MOST: usize = 600_000;

/// Maximum size of the moving picture in bytes.
const MOST_MOVING: usize = 60_000;

/// Pictures of other programs' output, for `docs/comparison.md`, drawn once.
const OF_OTHERS: [&str; 2] = ["peers-dark", "peers-light"];

/// Edges that pictures draw as shapes, whatever fonts the reader has.
const ROUND: [&str; 2] = ["--set", "edges = \"nerd\""];

/// A picture: its name, its description, and how it is drawn.
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
    let samples = ["--sample", "busy", "--sample", "waiting", "--sample", "nearly-full", "--sample", "limits"];
    let of = |name: String| {
        let source = source(&format!("src/config/presets/{name}.toml"));
        let about = source.lines().next().unwrap().trim_start_matches("# ").to_owned();
        let args = [&["--preset", name.as_str(), "--width", "120"], &samples[..]].concat();
        picture(format!("preset-{name}"), about, &args)
    };
    names.collect::<BTreeSet<_>>().into_iter().map(of).collect()
}

/// Icons of a patched font would be boxes without that font.
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

#[test]
fn every_picture_is_what_is_printed() {
    let sandbox = Sandbox::new();
    for Picture { name, args, .. } in printed() {
        let args: Vec<&str> = ["preview", "--svg"].into_iter().chain(args.iter().map(String::as_str)).collect();
        let printed = sandbox.call(&args).without_environment().env("COLORFGBG", "15;0").run().painted();
        assert_data_eq!(printed, Data::read_from(&path(&name), None));
    }
}

fn printed() -> impl Iterator<Item = Picture> {
    [theme_pictures(), preset_pictures(), icon_pictures()].into_iter().flatten()
}

fn path(name: &str) -> PathBuf {
    drawn::pictures().join(format!("{name}.svg"))
}

/// Names and texts of all pictures.
fn all() -> BTreeMap<String, String> {
    let files = fs::read_dir(drawn::pictures()).unwrap().map(|file| file.unwrap().path());
    let named = |path: PathBuf| {
        assert_eq!(path.extension().unwrap(), "svg", "{path:?}");
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
    };
    files.map(named).collect()
}

#[test]
fn every_picture_is_drawn_by_a_test_and_shown_by_a_page_and_all_are_small() {
    let mut drawn: BTreeSet<String> = printed().map(|picture| picture.name).collect();
    drawn.extend(OF_OTHERS.map(str::to_owned));
    drawn.insert(film::NAME.to_owned());
    let screens = source("tests/screens/pictures.rs");
    let pages = fs::read_dir(root().join("docs")).unwrap().map(|file| file.unwrap().path());
    let pages = pages.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let pages: String = pages.chain([root().join("README.md")]).map(|path| fs::read_to_string(path).unwrap()).collect();
    let pictures = all();
    for name in pictures.keys() {
        assert!(drawn.contains(name) || screens.contains(&format!("\"{name}\"")), "no test draws {name}");
        assert!(pages.contains(&format!("pictures/{name}.svg")), "no page shows {name}");
    }
    let sizes: BTreeMap<&String, usize> = pictures.iter().map(|(name, svg)| (name, svg.len())).collect();
    assert!(sizes.values().sum::<usize>() < MOST && pictures[film::NAME].len() < MOST_MOVING, "{sizes:#?}");
}

/// Characters beyond Latin-1 that Menlo, Consolas, DejaVu Sans Mono and Cascadia Mono all have. Others are drawn as
/// shapes.
const USUAL: &str = "…↑↓○●";

/// Emoji, which come from a system font, and the selector that makes a character one.
const EMOJI: &str = "⏱⚡🌿🏎👥💰📁📊📝🔒🔢🔥🖥🗄🤖🧠\u{fe0f}";

#[test]
fn pictures_have_no_letters_that_a_usual_font_lacks() {
    for (name, svg) in all() {
        let has_emoji = name == "icons-emoji" || OF_OTHERS.contains(&name.as_str());
        let is_usual = |c: &char| *c <= 'ÿ' || USUAL.contains(*c) || has_emoji && EMOJI.contains(*c);
        let texts = svg.split("<text ").skip(1).map(|rest| rest.split('<').next().unwrap());
        let unusual: BTreeSet<char> = texts.flat_map(str::chars).filter(|c| !is_usual(c)).collect();
        assert!(unusual.is_empty(), "{name}: {unusual:?}");
        // A title has only characters that can be read aloud.
        assert!(!svg.contains(|c| matches!(c, '\u{e000}'..='\u{f8ff}')), "{name}");
    }
}

/// The config of these flags alone.
fn config(flags: &[&str]) -> Config {
    let args: Vec<OsString> = flags.iter().map(OsString::from).collect();
    let Ok((Command::Render, flags)) = cli::parse(&args) else { panic!("{flags:?}") };
    Config::load(&Invocation::new(Env::fixed(UNIX_EPOCH, []), flags), None)
}

/// Texts with their styles, reduced to what is visible: a blank without a background looks the same in any style.
fn joined(texts: impl Iterator<Item = (String, Style, Style)>) -> Vec<(String, Style, Style)> {
    let mut joined: Vec<(String, Style, Style)> = Vec::new();
    for (text, told, meant) in texts.filter(|(text, ..)| !text.is_empty()) {
        let is_seen = !text.trim().is_empty() || told.shows_on_spaces();
        let (told, meant) = if is_seen { (told, meant) } else { (Style::PLAIN, Style::PLAIN) };
        match joined.last_mut() {
            Some((before, last, _)) if *last == told => before.push_str(&text),
            _ => joined.push((text, told, meant)),
        }
    }
    joined
}

/// The colour that applies at a depth, as a terminal would read it.
fn as_told(color: Option<Color>, depth: Depth) -> Option<Color> {
    let color = color?;
    Some(match (depth, color) {
        (Depth::True, Color { rgb: Some(rgb), .. }) => Color { rgb: Some(rgb), xterm: None, ansi: 0 },
        (Depth::True | Depth::Ansi256, Color { xterm: Some(xterm), .. }) => {
            Color { rgb: None, xterm: Some(xterm), ansi: 0 }
        }
        _ => Color { rgb: None, xterm: None, ..color },
    })
}

/// The same spans become a picture and bytes for a terminal: drawing these bytes gives the same picture, including
/// bars, bands and edges.
#[test]
fn a_picture_is_what_the_terminal_shows() {
    let depths = [("never", Depth::None), ("16", Depth::Ansi16), ("256", Depth::Ansi256), ("truecolor", Depth::True)];
    let mut bars = 0;
    for (theme, preset) in themes().iter().flat_map(|theme| [(theme, "full"), (theme, "capsule")]) {
        for (color, depth) in depths {
            let flags = ["--theme", theme, "--preset", preset, "--color", color, "--set", "gradient = true"];
            let config = config(&flags);
            let look = &config.theme.look;
            for spans in sample::ALL.iter().flat_map(|sample| line::rows(&sample.snapshot(), &config)) {
                let drawn = joined(paint::runs(&spans, look, config.depth).into_iter().map(|run| {
                    let [fg, bg] = [run.style.fg, run.style.bg].map(|color| as_told(color, config.depth));
                    (run.text.to_owned(), Style { fg, bg, ..run.style }, run.style)
                }));
                let painted = paint::paint(&spans, look, config.depth);
                let seen = drawn::lines(&painted).remove(0).into_iter();
                let seen = joined(seen.map(|run| (run.text.to_owned(), run.style, run.style)));
                let told = |texts: &[(String, Style, Style)]| {
                    texts.iter().map(|(text, told, _)| (text.clone(), *told)).collect::<Vec<_>>()
                };
                assert_eq!(told(&drawn), told(&seen), "{flags:?}");
                let picture = |texts: &[(String, Style, Style)]| {
                    let runs = texts.iter().map(|(text, _, style)| StyledRun { text, style: *style }).collect();
                    svg::picture(&[SvgRow { runs, depth: config.depth }], look, 0, "")
                };
                assert_eq!(picture(&drawn), picture(&seen), "{flags:?}");
                bars += spans.iter().filter(|span| span.on_track).count();
            }
            assert!(config.depth == depth || look.depth.is_some(), "{flags:?}");
        }
    }
    assert!(bars > 1000, "{bars}");
}

#[test]
fn the_page_shows_every_picture() {
    let mut page = String::from(INTRODUCTION);
    page.push_str(
        "\n## Themes\n\n| theme | a busy session, and the worst case; presets `default` and `powerline` |\n|---|---|\n",
    );
    rows(&mut page, "theme-", &theme_pictures());
    page.push_str("\n## Presets\n\n| preset | 120 columns |\n|---|---|\n");
    rows(&mut page, "preset-", &preset_pictures());
    page.push_str(
        "\n## Icons\n\n`--icons nerd` needs a [patched font](https://www.nerdfonts.com);\n\
         `bridgeline preview --icons nerd` shows whether your font has these icons.\n\n| icons | presets `full` and `powerline` |\n|---|---|\n",
    );
    rows(&mut page, "icons-", &icon_pictures());
    assert_data_eq!(page, Data::read_from(&root().join("docs/gallery.md"), None));
}

const INTRODUCTION: &str = "# Gallery

Every theme, preset and set of icons, drawn by `bridgeline preview --svg`. To see them in your own terminal:
`bridgeline themes` shows all themes, `bridgeline preview --theme NAME --preset NAME` all samples, and
`bridgeline preview --session last` your own last session.

Band edges are drawn with `edges = \"nerd\"`. Terminals that draw these glyphs themselves (kitty, WezTerm, Ghostty,
Windows Terminal, iTerm2) need no patched font for them; with `edges = \"text\"` they are half blocks.
";

fn rows(page: &mut String, kind: &str, pictures: &[Picture]) {
    for Picture { name, about, .. } in pictures {
        let short = name.strip_prefix(kind).unwrap();
        let alt = name.replacen('-', " ", 1);
        page.push_str(&format!("| **{short}**<br>{about} | ![{alt}](pictures/{name}.svg) |\n"));
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn source(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}
