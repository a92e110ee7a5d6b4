//! Examples, tables and links in the README and docs are right.

use std::fs;
use std::path::Path;

use bridgeline::config::key::SEGMENT_KEYS;
use bridgeline::segment;
use serde_json::json;
use snapbox::{Data, assert_data_eq};

use crate::support::Sandbox;

fn text(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The TOML blocks of a page.
fn examples(page: &str) -> Vec<String> {
    let blocks = page.split("```toml\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

/// Each is a config, unless a comment in its first line names another file.
#[test]
fn every_example_of_a_config_is_one() {
    let mut configs = 0;
    for page in ["README.md", "docs/config.md", "docs/prompts.md", "docs/segments.md", "docs/themes.md"] {
        for example in examples(&text(page)) {
            let sandbox = Sandbox::new();
            let first = example.lines().next().unwrap();
            let place = match first {
                _ if first.contains("starship") => continue,
                _ if first.contains("themes/") => "home/.config/bridgeline/themes/dusk.toml",
                _ => "home/.config/bridgeline/config.toml",
            };
            sandbox.file(place, &example);
            let theme: &[&str] = if place.contains("themes/") { &["--theme", "dusk"] } else { &[] };
            let checked = sandbox.call(&[&["config", "check"], theme].concat()).run();
            assert_eq!((checked.code, checked.stdout.as_str()), (Some(0), ""), "{page}: {example}");
            let previewed = sandbox.call(&[&["preview"], theme].concat()).run().painted();
            assert!(!previewed.contains("warning"), "{page}: {previewed}");
            let payload = json!({"model": "M", "cwd": sandbox.text("work"), "cost": {"total_cost_usd": 9}});
            let painted = sandbox.render(&payload).args(theme).run().painted();
            assert!(!painted.trim().is_empty(), "{page}: {example}");
            configs += 1;
        }
    }
    assert!(configs >= 3, "{configs}");
}

#[test]
fn the_page_of_segments_is_made_from_their_table() {
    let mut page = String::from(
        "# Segments\n\nEvery segment with its fields and keys, generated from the source. A field is written `{name}` in `format` \
         and\n`name` in `hide_when`; `bridgeline config default` prints all defaults.\n\nFields of every segment:\n\n| name | |\n|---|---|\n",
    );
    let row = |name: &str, about: &str| format!("| `{name}` | {} |\n", about.replace('|', "\\|"));
    page.extend(segment::COMMON.iter().map(|field| row(field.name, field.about)));
    page.push_str("\nKeys of every segment, in `[segments.NAME]`:\n\n| key | |\n|---|---|\n");
    page.extend(SEGMENT_KEYS.iter().map(|key| row(key.name, key.about)));
    for kind in segment::ALL {
        page.push_str(&format!("\n## {}\n\n{}.\n", kind.name, capital(kind.about)));
        if !kind.fields.is_empty() {
            page.push_str("\n| name | |\n|---|---|\n");
            page.extend(kind.fields.iter().map(|field| row(field.name, field.about)));
        }
        if !kind.keys.is_empty() {
            page.push_str("\n| key | |\n|---|---|\n");
            page.extend(kind.keys.iter().map(|own| row(own.name, own.about)));
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/segments.md");
    assert_data_eq!(page, Data::read_from(&path, None).raw());
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Pages besides those in `docs`.
const PAGES: [&str; 4] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"];

/// Folders and recipes in ARCHITECTURE.md match the sources.
#[test]
fn the_architecture_is_as_its_page_says() {
    let page = text("ARCHITECTURE.md");
    let (_, table) = page.split_once("## Folders").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let folders = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("/` |"));
    let folders: Vec<&str> = folders.map(|(folder, _)| folder).collect();
    let lib = text("src/lib.rs");
    let modules: Vec<&str> = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(folders, modules);
    let (_, recipes) = page.split_once("## Recipes").unwrap();
    let recipes = recipes.split_whitespace().collect::<Vec<_>>().join(" ");
    let files = recipes.split('`').skip(1).step_by(2).filter(|code| code.contains('/') && !code.contains('<'));
    let mut count = 0;
    for file in files {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(file).exists(), "{file}");
        count += 1;
    }
    assert!(count >= 10, "{count}");
    for (file, table) in [
        ("src/segment/mod.rs", "ALL"),
        ("src/agent/mod.rs", "ALL"),
        ("src/bridge/event.rs", "EventKind"),
        ("src/config/key.rs", "KEYS"),
    ] {
        assert!(recipes.contains(&format!("`{table}` of `{file}`")), "{file}");
        let source = text(file);
        let is_there =
            ["const {}:", "static {}:", "enum {} {"].map(|item| format!("pub {}", item.replace("{}", table)));
        assert!(is_there.iter().any(|item| source.contains(item)), "{file}: {table}");
    }
}

fn pages() -> Vec<String> {
    let docs = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")).unwrap();
    let docs = docs.map(|entry| format!("docs/{}", entry.unwrap().file_name().to_str().unwrap()));
    docs.filter(|page| page.ends_with(".md")).chain(PAGES.map(str::to_owned)).collect()
}

/// The text of a page outside of its blocks of code.
fn prose(page: &str) -> String {
    page.split("```").step_by(2).collect()
}

/// The anchors of a page's headings.
fn anchors(page: &str) -> Vec<String> {
    let prose = prose(page);
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    let letters = |heading: &str| {
        let kept = heading.trim_start_matches('#').trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    };
    headings.map(letters).collect()
}

/// Files and headings that pages link to exist.
#[test]
fn links_within_the_repository_lead_somewhere() {
    for page in pages() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(&page);
        let folder = folder.parent().unwrap();
        for link in text(&page).split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            if path.contains("://") {
                continue;
            }
            let target = if path.is_empty() { text(&page) } else { text(folder.join(path).to_str().unwrap()) };
            assert!(anchor.is_empty() || anchors(&target).iter().any(|known| known == anchor), "{page}: {link}");
        }
    }
}

/// Every page of the documentation is in its index; no heading and no paragraph occurs twice in a page, as a merge
/// may leave it.
#[test]
fn pages_are_listed_and_repeat_nothing() {
    let index = text("docs/README.md");
    for page in pages() {
        let name = page.strip_prefix("docs/").filter(|name| *name != "README.md");
        assert!(name.is_none_or(|name| index.contains(&format!("]({name})"))), "{page}");
        let whole = text(&page);
        let prose = prose(&whole);
        let paragraphs = prose.split("\n\n").filter(|part| part.len() > 80).map(str::to_owned);
        let mut all = anchors(&whole);
        all.extend(paragraphs);
        all.sort();
        let twice = all.windows(2).find(|pair| pair[0] == pair[1]);
        assert_eq!(twice, None, "{page}");
    }
}

/// SECURITY.md names only existing tests.
#[test]
fn tests_that_the_page_on_security_names_are_there() {
    let page = text("SECURITY.md");
    let mut named = 0;
    for name in page.split('`').filter(|code| code.contains("::")) {
        let (suite, function) = name.split_once("::").unwrap();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(suite)];
        let mut found = false;
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                match path.is_dir() {
                    true => folders.push(path),
                    false => {
                        found |= fs::read_to_string(path).unwrap().contains(&format!("\nfn {function}("));
                    }
                }
            }
        }
        assert!(found, "{name}");
        named += 1;
    }
    assert!(named > 20, "{named}");
}
