//! Config as users see it: which file applies, what a mistake costs and how it is reported, what a project may set.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, fixture};

const USER: &str = "home/.config/bridgeline/config.toml";

/// The line of a small session in a project.
fn line(sandbox: &Sandbox, args: &[&str], vars: &[(&str, &str)]) -> String {
    let payload = json!({
        "model": "M", "effort": "high", "cost": {"total_cost_usd": 1.5},
        "workspace": {"current_dir": sandbox.text("work"), "project_dir": sandbox.text("work")},
    });
    let call = vars.iter().fold(sandbox.render(&payload).args(args), |call, (name, value)| call.env(name, value));
    call.run().rows().join("\n")
}

#[test]
fn each_layer_counts_over_the_one_before() {
    let sandbox = Sandbox::new();
    assert_eq!(line(&sandbox, &[], &[]), "M effort high │ work │ $1.50");
    sandbox.file(USER, "separator = \"user\"\nrows = \"model | cost\"\n");
    assert_eq!(line(&sandbox, &[], &[]), "M user $1.50");
    sandbox.file("work/.bridgeline.toml", "separator = \"project\"\n");
    assert_eq!(line(&sandbox, &[], &[]), "M project $1.50");
    let vars = &[("BRIDGELINE_SEPARATOR", "variable")];
    assert_eq!(line(&sandbox, &[], vars), "M variable $1.50");
    assert_eq!(line(&sandbox, &["--set", "separator = 'flag'"], vars), "M flag $1.50");
}

#[test]
fn a_config_elsewhere_is_named_by_a_variable() {
    let sandbox = Sandbox::new();
    sandbox.file(USER, "rows = 'model'\n");
    let other = sandbox.file("other.toml", "rows = 'effort'\n");
    assert_eq!(line(&sandbox, &[], &[("BRIDGELINE_CONFIG", other.to_str().unwrap())]), "effort high");
    let printed = sandbox.call(&["config", "path"]).env("BRIDGELINE_CONFIG", &other).run().painted();
    assert_eq!(printed.trim_end(), other.to_str().unwrap());
}

#[test]
#[cfg(unix)]
fn a_config_may_be_a_link() {
    let sandbox = Sandbox::new();
    let real = sandbox.file("dotfiles/bridgeline.toml", "rows = 'effort'\n");
    std::fs::create_dir_all(sandbox.path("home/.config/bridgeline")).unwrap();
    std::os::unix::fs::symlink(real, sandbox.path(USER)).unwrap();
    assert_eq!(line(&sandbox, &[], &[]), "effort high");
}

#[test]
fn a_mistake_costs_its_key_and_is_told_with_its_line() {
    let sandbox = Sandbox::new();
    sandbox.file(
        USER,
        "rows = \"model | effrt | cost\"\npadding = 99\nthem = \"nord\"\n\n[segments.cost]\nformat = \"{usd} spent\"\nbugdet = 5\n[segments.model]\nformat = \"{nam}\"\nbroken = = 1\n",
    );
    assert_eq!(line(&sandbox, &[], &[]), "M │ $1.50 spent");
    let printed = sandbox.call(&["config", "check"]).run();
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(1), "bridgeline: 6 mistakes in config and themes\n"));
    let told = printed.stdout.replace(sandbox.path(USER).to_str().unwrap(), "config.toml");
    assert_data_eq!(
        told,
        str![[r#"
config.toml:1: rows: unknown segment effrt; did you mean effort?
config.toml:2: padding: expected a whole number from 0 to 8
config.toml:3: them: unknown key; did you mean theme?
config.toml:7: segments.cost.bugdet: unknown key; did you mean budget?
config.toml:9: segments.model.format: unknown field {nam}; did you mean name?; available: name, short, icon, columns, subscriber
config.toml:10: extra `=`, expected nothing

"#]]
    );
}

#[test]
fn mistakes_in_themes_are_told_as_doctor_tells_them() {
    let sandbox = Sandbox::new();
    let themes = "home/.config/bridgeline/themes";
    sandbox.file(USER, "padding = 2\ntheme_light = \"drcula\"\npreset = \"fulll\"\n");
    sandbox.file(&format!("{themes}/unused.toml"), "inherits = \"nrod\"\n[roles]\nmodle = \"red\"\n");
    sandbox.file(&format!("{themes}/empty.toml"), "");
    let shown = |text: &str| text.replace(sandbox.path("home/.config/bridgeline").to_str().unwrap(), "~");
    let printed = sandbox.call(&["config", "check"]).run();
    assert_eq!(printed.code, Some(1));
    assert_data_eq!(
        shown(&printed.stdout),
        str![[r#"
~/config.toml:2: theme drcula: not found; did you mean dracula?
~/config.toml:3: preset fulll: not found; did you mean full?
~/themes/empty.toml: theme empty: the file is invalid: empty
~/themes/unused.toml:1: inherits: unknown theme nrod; did you mean nord?
~/themes/unused.toml:3: roles.modle: unknown role; did you mean model?

"#]]
    );
    let report: Value = serde_json::from_str(&sandbox.call(&["doctor", "--json"]).run().stdout).unwrap();
    let checks = report["checks"].as_array().unwrap().iter().filter(|check| check["name"] == "mistakes");
    let of_doctor: String = checks
        .map(|check| {
            let message = check["message"].as_str().unwrap();
            let (line, message) = match message.strip_prefix("line ").and_then(|rest| rest.split_once(": ")) {
                Some((line, message)) => (format!("{line}:"), message),
                None => (String::new(), message),
            };
            format!("{}:{line} {message}\n", check["path"].as_str().unwrap())
        })
        .collect();
    assert_eq!(of_doctor, printed.stdout);
}

#[test]
fn what_is_no_file_or_no_toml_leaves_the_defaults() {
    let default = line(&Sandbox::new(), &[], &[]);
    for content in ["", "\u{0}\u{1}", "[[[", "= = =", "\"", "segments = 5", "rows = 5"] {
        let sandbox = Sandbox::new();
        sandbox.file(USER, content);
        assert_eq!(line(&sandbox, &[], &[]), default, "{content:?}");
        assert_eq!(sandbox.call(&["config", "check"]).run().code == Some(0), content.is_empty(), "{content:?}");
    }
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.path(USER)).unwrap();
    assert_eq!(line(&sandbox, &[], &[]), default);
}

#[test]
fn a_project_has_a_bounded_number_of_segments() {
    let check = |project: &str, shown: &str, told: &str| {
        let sandbox = Sandbox::new();
        sandbox.file("work/.bridgeline.toml", project);
        let line = line(&sandbox, &["--width", "30"], &[]);
        assert!(line.starts_with(shown), "{line}");
        let printed = sandbox.call(&["config", "check"]).run();
        assert!(printed.code == Some(1) && printed.stdout.contains(told), "{}", printed.stdout);
        let doctor = sandbox.call(&["doctor", "--json"]).run().stdout;
        assert!(doctor.contains(told), "{doctor}");
    };
    let large = format!("rows = 'cost'\n#{}", "x".repeat(16 * 1024));
    check(&large, "M effort high │ work │ $1.50", "ignored: the file is invalid: too large");
    let groups = format!("rows = '{}'", "dir|".repeat(250));
    let rows = groups.replace("rows = ", "rows = [").replace("|'", "|', 'model']");
    check(&rows, "work", "left out");
    check(
        &groups.replace("dir|", "dir |  "),
        "M effort high",
        "rows: 1750 bytes are too long; at most 1024 are allowed",
    );
    let forms = format!("rows = 'dir dir'\nsegments.dir.format = ['{{name}}'{}]", ", 'x'".repeat(16));
    check(&forms, "work", "segments.dir.format: 17 entries are too many; at most 16 are allowed");
    let long =
        format!("rows = 'dir dir dir dir dir dir dir dir dir dir'\nsegments.dir.format = ['{}']", "{name}".repeat(170));
    check(&long, "work", "rows: too many segments: dir in row 1 and all after it are left out");
}

#[test]
fn a_project_changes_looks_and_nothing_else() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "work/.bridgeline.toml",
        "rows = 'model | token | mine'\n[segments.token]\nkind = 'env'\nvariable = 'TOKEN'\n[segments.mine]\nkind = 'text'\nformat = 'hello'\n[segments.env]\nvariable = 'TOKEN'\n",
    );
    assert_eq!(line(&sandbox, &[], &[("TOKEN", "secret")]), "M │ hello");
    // A project may put the user's own segments into a row.
    sandbox.file(USER, "[segments.token]\nkind = 'env'\nvariable = 'TOKEN'\n");
    assert_eq!(line(&sandbox, &[], &[("TOKEN", "secret")]), "M │ secret │ hello");
}

#[test]
fn what_counts_is_shown_with_its_source_and_is_a_config_itself() {
    let sandbox = Sandbox::new();
    sandbox.file(USER, "theme = \"nord\"\n[segments.cost]\nbudget = 20\n");
    sandbox.file("work/.bridgeline.toml", "preset = \"minimal\"\n");
    let printed = sandbox.call(&["config", "show"]).env("BRIDGELINE_PADDING", "2").run().painted();
    let has = |line: &str| assert!(printed.lines().any(|shown| shown == line), "{line}\n{printed}");
    let path = |name: &str| sandbox.path(name).display().to_string();
    has(&format!("theme = \"nord\"  # {}", path(USER)));
    has(&format!("preset = \"minimal\"  # {}", path("work/.bridgeline.toml")));
    has("padding = 2  # environment");
    has("rows = [\"model | cost limits | context\"]  # preset minimal");
    has("separator = \"│\"  # default");
    has(&format!("budget = \"20\"  # {}", path(USER)));
    let again = Sandbox::new();
    again.file(USER, &printed);
    let checked = again.call(&["config", "check"]).run();
    assert_eq!((checked.code, checked.stdout.as_str()), (Some(0), ""));
}

#[test]
fn the_default_file_changes_nothing() {
    let sandbox = Sandbox::new();
    let payload = sandbox.rich();
    let row = || sandbox.render(&payload).args(&["--width", "120"]).run().painted();
    let before = row();
    sandbox.file(USER, sandbox.call(&["config", "default"]).run().painted());
    assert_eq!(row(), before);
    assert_eq!(sandbox.call(&["config", "check"]).run().painted(), "");
}

/// The schema knows each key of the default file, and nothing that the parser does not.
#[test]
fn the_schema_knows_what_the_parser_knows() {
    let sandbox = Sandbox::new();
    let schema: Value = serde_json::from_str(&sandbox.call(&["config", "schema"]).run().painted()).unwrap();
    let default = sandbox.call(&["config", "default"]).run().painted();
    let default: toml::Table = default.parse().unwrap();
    for (key, value) in &default {
        let known = &schema["properties"][key];
        assert!(known["description"].is_string(), "{key}");
        if key == "segments" {
            for (segment, keys) in value.as_table().unwrap() {
                let of_segment = &known["properties"][segment]["properties"];
                let missing = keys.as_table().unwrap().keys().find(|key| of_segment[key.as_str()].is_null());
                assert_eq!(missing, None, "{segment}");
            }
        }
    }
    let names = |value: &Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let themes = sandbox.call(&["themes", "--names"]).run().rows();
    for key in ["theme", "theme_dark", "theme_light"] {
        let mut known = names(&schema["properties"][key]["anyOf"][0]["enum"]);
        known.retain(|name| name != "auto");
        assert_eq!(known, themes, "{key}");
    }
    for preset in names(&schema["properties"]["preset"]["enum"]) {
        let printed = sandbox.call(&["config", "check"]).env("BRIDGELINE_PRESET", &preset).run();
        assert_eq!(printed.stdout, "", "{preset}");
    }
    for key in schema["properties"].as_object().unwrap().keys() {
        sandbox.file(USER, format!("{key} = {{ nonsense = true }}\n"));
        let printed = sandbox.call(&["config", "check"]).run();
        assert!(!printed.stdout.contains("unknown key"), "{key}: {}", printed.stdout);
    }
}

#[test]
fn thresholds_conditions_prefixes_and_icons() {
    let check = |config: &str, expected: &str| {
        let sandbox = Sandbox::new();
        sandbox.file(USER, config);
        let payload = fixture("claude-code-2.1.330/status-5.json");
        let line = sandbox.render(&payload).run().rows().join("\n");
        assert_eq!(line, expected, "{config}");
    };
    check("rows = 'model | cost'\n[segments.cost]\nhide_when = 'usd < 1'", "Opus 4.8");
    check("rows = 'model | cost'\n[segments.cost]\nhide_when = 'usd > 1'", "Opus 4.8 │ $0.30");
    check("rows = 'context'\n[segments.context]\nformat = '{left} left of {size}'", "94% left of 1.0M");
    check("rows = 'context'\n[segments.context]\nformat = '{bar:5}[ {forecast}] {used}'", "▎     6%");
    check("rows = 'model'\nprefix = '❯ '", "❯ Opus 4.8");
    check("rows = ['model', 'effort']\nprefix = ['a ', 'b ']", "a Opus 4.8\nb effort high");
    check("rows = 'model'\n[segments.model]\nprefix = 'on '", "on Opus 4.8");
    check("rows = 'model'\nicons = 'emoji'", "🤖 Opus 4.8");
    check("rows = 'model'\nicons = 'emoji'\n[segments.model]\nicon = '✳'", "✳ Opus 4.8");
    check("rows = 'context'\nicons = 'ascii'", "ctx #--------- 6%");
    check("rows = 'model effort'\ngap = '/'", "Opus 4.8/effort high");
    check("rows = ['model', 'vim', 'effort']", "Opus 4.8\neffort high");
    check("rows = 'model fill effort'\nwidth = 24", "Opus 4.8     effort high");
    check("rows = 'model'\nextra_rows = 'effort'", "Opus 4.8\neffort high");
    check("rows = 'session'", "");
}

#[test]
fn links_lead_where_they_say_and_only_where_the_terminal_takes_them() {
    let sandbox = Sandbox::new();
    let payload = json!({
        "model": "M", "workspace": {
            "current_dir": sandbox.text("work/a b"),
            "repo": {"host": "github.com", "owner": "ada", "name": "garden"},
        },
        "pr": {"number": 7, "url": "https://github.com/ada/garden/pull/7"},
    });
    let rendered = |links: &str| {
        let set = format!("links = {links}\nrows = 'dir repo pr'");
        sandbox.render(&payload).args(&["--theme", "mono", "--set", &set])
    };
    let painted = |links: &str| rendered(links).args(&["--color", "never"]).run().painted();
    let link = |to: &str, text: &str| format!("\u{1b}]8;;{to}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\");
    assert_eq!(painted("false"), "a b ada/garden PR #7\n");
    let pr = link("https://github.com/ada/garden/pull/7", "PR #7");
    assert_eq!(painted("['pr']"), format!("a b ada/garden {pr}\n"));
    let dir = link(&format!("file://{}", sandbox.text("work/a%20b")), "a b");
    let home = "https://github.com/ada/garden";
    let repo = format!("{}/{}", link(home, "ada"), link(home, "garden"));
    if cfg!(unix) {
        assert_eq!(painted("true"), format!("{dir} {repo} {pr}\n"));
    }
    // Without a setting, the terminal decides.
    let kitty = |links: &str| {
        let call = rendered(links).env("TERM", "xterm-kitty");
        call.args(&["--color", "256"]).run().painted().matches("\u{1b}]8;;http").count()
    };
    assert_eq!(["'auto'", "['auto']", "true", "'repo'", "false"].map(kitty), [3, 3, 3, 2, 0]);
    let unknown = rendered("'auto'").args(&["--color", "256"]).run().painted();
    assert!(!unknown.contains("\u{1b}]8"), "{unknown:?}");
}

/// The user's file after a change of one key.
#[track_caller]
fn changed(sandbox: &Sandbox, args: &[&str], expected: &str) {
    let printed = sandbox.call(&[&["config"], args].concat()).run();
    assert_eq!((printed.code, printed.stdout.as_str()), (Some(0), ""), "{printed:?}");
    assert_eq!(sandbox.read(USER), expected, "{args:?}");
}

#[test]
fn single_keys_are_set_read_and_taken_out_and_all_else_stays() {
    let sandbox = Sandbox::new();
    changed(&sandbox, &["set", "theme", "nord"], "theme = \"nord\"\n");
    sandbox.file(USER, "# mine\r\ntheme = \"nord\" # cold\r\n");
    changed(&sandbox, &["set", "theme", "one-dark"], "# mine\r\ntheme = \"one-dark\" # cold\r\n");
    changed(&sandbox, &["unset", "theme"], "# mine\r\n");
    sandbox.file(USER, "");
    changed(&sandbox, &["set", "padding", "2"], "padding = 2\n");
    // A value that applies anyway is not written to the file.
    changed(&sandbox, &["set", "padding", "1"], "");
    let long = "[segments.cost]\nformat = \"{usd} {rate}\"\nthresholds = [{ at = 5, role = \"danger\" }]\n";
    for (key, value) in [("format", "{usd} {rate}"), ("thresholds", "[{at=5,role='danger'}]")] {
        let key = format!("segments.cost.{key}");
        assert_eq!(sandbox.call(&["config", "set", &key, value]).run().code, Some(0));
    }
    assert_eq!(sandbox.read(USER), long);
    let get = |key: &str| sandbox.call(&["config", "get", key]).run().painted();
    assert_eq!(get("segments.cost.thresholds"), "5 danger\n");
    assert_eq!(get("padding"), "1\n");
    assert_eq!(get("rows").lines().count(), 1);
    changed(&sandbox, &["set", "separator", "-"], &format!("separator = \"-\"\n{long}"));
}

#[test]
fn a_preset_that_is_set_is_not_overruled_by_rows_in_the_file() {
    let sandbox = Sandbox::new();
    sandbox.file(USER, "rows = \"model\"\npadding = 2\n");
    changed(&sandbox, &["set", "preset", "two-row"], "padding = 2\npreset = \"two-row\"\n");
}

#[test]
fn mistakes_in_a_change_are_explained_and_change_nothing() {
    let sandbox = Sandbox::new();
    sandbox.file(USER, "padding = 2\n");
    for (args, expected) in [
        (&["set", "them", "nord"][..], "them: unknown key; did you mean theme?"),
        (&["set", "segments.cost.bugdet", "5"], "segments.cost.bugdet: unknown key; did you mean budget?"),
        (&["set", "padding", "99"], "padding: expected a whole number from 0 to 8"),
        (&["set", "style", "fancy"], "style: expected one of plain, powerline, capsule"),
        (&["set", "rows", "modle | cost"], "rows: unknown segment modle; did you mean model?"),
        (&["set", "segments.cost.format", "{usd"], "segments.cost.format: unmatched `{`"),
        (&["set", "preset", "two-rwo"], "preset two-rwo: not found; did you mean two-row?"),
        (&["set", "padding", "3\ntheme = 'nord'"], "padding: expected a whole number from 0 to 8"),
        (&["get", "themm"], "themm: unknown key; did you mean theme?"),
        (&["unset", "segments.contxt.format"], "unknown key; did you mean segments.context.format?"),
        (&["get", "segments.cost.budget"], "segments.cost.budget is not set"),
    ] {
        let printed = sandbox.call(&[&["config"], args].concat()).run();
        assert_eq!(printed.code, Some(1), "{args:?}: {printed:?}");
        assert!(printed.stderr.contains(expected), "{args:?}: {printed:?}");
        assert_eq!(sandbox.read(USER), "padding = 2\n", "{args:?}");
    }
    sandbox.file(USER, "padding = = 2\n");
    let printed = sandbox.call(&["config", "set", "theme", "nord"]).run();
    assert!(printed.code == Some(1) && printed.stderr.contains("line 1: "), "{printed:?}");
}

#[test]
#[cfg(unix)]
fn an_editor_gets_the_file_and_what_it_leaves_is_checked() {
    let sandbox = Sandbox::new();
    let edit = |editor: &str| sandbox.call(&["config", "edit"]).env("EDITOR", editor).run();
    let printed = edit("cat");
    assert_eq!((printed.code, &printed.stdout), (Some(0), &sandbox.read(USER)));
    assert!(printed.stdout.starts_with("# Set only what you want to change"), "{printed:?}");
    let printed = edit("sh -c 'echo \"them = 1\" >\"$0\"'");
    assert_eq!(printed.code, Some(1), "{printed:?}");
    assert!(printed.stdout.contains("them: unknown key; did you mean theme?"), "{printed:?}");
    let printed = edit("false");
    assert!(printed.stderr.contains("false failed: ") && printed.stderr.contains("set VISUAL"), "{printed:?}");
    assert_eq!(sandbox.read(USER), "them = 1\n");
    let printed = sandbox.call(&["config", "edit"]).env("EDITOR", "false").env("VISUAL", "true").run();
    assert!(!printed.stderr.contains("failed"), "{printed:?}");
}

const THEMES: &str = "home/.config/bridgeline/themes";

/// A user with a theme that inherits from another.
fn with_looks() -> Sandbox {
    let sandbox = Sandbox::new();
    let config = "# mine\ntheme = \"dawn\"\nicons = \"ascii\"\nrows = [\n    \"model | cost\", # first\n]\n\n[segments.cost]\nprefix = \"is \"\n";
    sandbox.file(USER, config);
    sandbox
        .file(&format!("{THEMES}/dawn.toml"), "inherits = \"dusk\"\n[roles]\nmodel = { fg = \"red\", bold = true }\n");
    sandbox.file(&format!("{THEMES}/dusk.toml"), "# '''\ninherits = \"nord\"\n[palette]\nred = \"#d0606a\"\n");
    sandbox.file(&format!("{THEMES}/other.toml"), "inherits = \"nord\"\n");
    sandbox
}

#[test]
fn what_is_exported_and_imported_elsewhere_is_the_same_line() {
    let (from, to) = (with_looks(), Sandbox::new());
    let shared = from.call(&["config", "export"]).run().painted();
    let file = to.file("work/shared.toml", &shared);
    let import = ["config", "import", file.to_str().unwrap(), "--yes"];
    let said = to.call(&import).run().painted();
    for line in ["+theme = \"dawn\"", "dusk.toml", "+red = \"#d0606a\""] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let painted = |sandbox: &Sandbox| {
        let payload = json!({"model": "M", "cost": {"total_cost_usd": 1.5}});
        sandbox.render(&payload).args(&["--color", "truecolor"]).run().painted()
    };
    assert!(painted(&from).contains("38;2;208;96;106"), "{:?}", painted(&from));
    assert_eq!(painted(&to), painted(&from));
    for name in [USER, &format!("{THEMES}/dawn.toml"), &format!("{THEMES}/dusk.toml")] {
        assert_eq!(to.read(name), from.read(name), "{name}");
    }
    assert!(!to.path(&format!("{THEMES}/other.toml")).exists());
    assert_eq!(to.call(&import).run().painted(), "nothing to do\n");
    assert_eq!(to.call(&["config", "export"]).run().painted(), shared);
}

#[test]
fn an_export_replaces_no_file() {
    let sandbox = with_looks();
    let path = sandbox.text("work/out.toml");
    let said = sandbox.call(&["config", "export", &path]).run().painted();
    assert_eq!(said, format!("{path}: written\n"));
    let again = sandbox.call(&["config", "export", &path]).run();
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("already exists"), "{}", again.stderr);
    assert_eq!(sandbox.read("work/out.toml"), sandbox.call(&["config", "export"]).run().painted());
}

#[test]
fn nothing_is_smuggled_in_by_an_import() {
    let check = |text: &str, args: &[&str], code, expected: &str| {
        let sandbox = Sandbox::new();
        sandbox.file(USER, "padding = 2\n");
        let file = sandbox.file("work/shared.toml", text);
        let printed = sandbox.call(&[&["config", "import", file.to_str().unwrap()], args].concat()).run();
        let said = format!("{}{}", printed.stdout, printed.stderr);
        assert!(said.contains(expected) && !said.contains('\u{1b}'), "{text:?}: {said}");
        assert_eq!(printed.code, Some(code), "{text:?}: {said}");
        assert_eq!(sandbox.read(USER), "padding = 2\n", "{text:?}");
        assert!(!sandbox.path(THEMES).exists() && !sandbox.path("home/x.toml").exists(), "{text:?}");
    };
    let yes = &["--yes"][..];
    check("padding = 3\n", &[], 1, "standard input is not a terminal; use --yes to apply");
    check("padding = 3\n", &["--dry-run"], 0, "+padding = 3");
    check("pad = 3\n", yes, 1, "pad: unknown key");
    check("padding = \n", yes, 1, "line 1: ");
    check("[segments.x]\nkind = \"text\"\nrun = \"id\"\n", yes, 1, "unknown key");
    check("themes = 1\n", yes, 1, "themes: expected a table");
    check("[themes]\n\"../../../x\" = \"\"\n", yes, 1, "themes.../../../x: expected the text of a theme");
    check("[themes]\nx = 1\n", yes, 1, "themes.x: expected the text of a theme");
    check("[themes]\nx = \"= 1\"\n", yes, 1, "themes.x: expected the text of a theme");
    check("[themes]\nx = \"[roles]\\nmodle = 'red'\"\n", yes, 1, "roles.modle: unknown role");
    check("[themes]\nx = \"inherits = 'gone'\"\n", yes, 1, "unknown theme gone");
    let command = "rows = \"x\"\n[segments.x]\nkind = \"command\"\ncommand = \"touch \\u001b[2Jx\"\n";
    check(command, yes, 1, "it contains commands, which --yes does not approve");
    check("[segments.env]\nvariable = \"TOKEN\"\n", yes, 1, "which --yes does not approve");
    check(&"# long\n".repeat(10_000), yes, 1, "the file is invalid: ");
    check("", &["--yes", "--dry-run"], 2, "cannot be used with");
}
