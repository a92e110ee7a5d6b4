//! The model, driven by actions.

use super::*;
use crate::config::key::KEYS;
use crate::config::{Flags, Layers};
use crate::theme;
use crate::tools::configure::rows::Way;
use crate::tools::configure::state::COLUMNS;
use crate::tools::configure::{draw, keys};
use crate::tools::files::check;
use proptest::prelude::*;

fn files(config: &str) -> Files {
    Files { config: config.to_owned(), ..Files::default() }
}

fn config(model: &Model) -> &str {
    &model.state.draft.files().config
}

fn model(text: &str) -> Model {
    check(text).unwrap();
    let theme = |name: &str| draw::Choice::new(name, format!("the theme {name}"));
    let catalog = Catalog {
        file: "~/config.toml".to_owned(),
        themes: vec![theme("default"), theme("mono"), theme("nord")],
        sessions: vec!["one".to_owned(), "two".to_owned()],
        notices: Vec::new(),
    };
    let mut model = Model::new("/home/ada/config.toml".into(), files(text), catalog, 80);
    let preview = &mut model.state.preview;
    (preview.theme, preview.look) = ("nord".to_owned(), theme::find("nord", None).look);
    preview.samples.insert(("cost", "usd"), "$1.23".to_owned());
    model
}

/// Applies all actions; none may ask for an effect.
#[track_caller]
fn press(model: &mut Model, actions: &[Action]) {
    for action in actions {
        assert_eq!(model.update(*action), None, "{action:?}");
    }
}

#[track_caller]
fn typed(model: &mut Model, text: &str) {
    press(model, &text.chars().map(Action::Key).collect::<Vec<_>>());
}

/// Opens the option that is shown.
#[track_caller]
fn open_option(model: &mut Model, key: &str) {
    let at = model.top().panel.items(&model.state).iter().position(|item| item.name == key).unwrap();
    press(model, &[Action::Home]);
    press(model, &vec![Action::Down; at]);
    press(model, &[Action::Enter]);
}

/// Reason why the typed text was not accepted.
#[track_caller]
fn problem(model: &Model) -> &str {
    model.top().panel.typed().unwrap().problem.as_deref().unwrap()
}

const THEME: Action = Action::Tab(0);
const PRESET: Action = Action::Tab(1);
const ROWS: Action = Action::Tab(2);
const LINE: Action = Action::Tab(3);
const COLOURS: Action = Action::Tab(4);

#[test]
fn actions_change_the_text() {
    use Action::{Down, End, Enter, Home, Key, Move, Right, Up};
    let check = |before: &str, actions: &[Action], after: &str| {
        let mut model = model(before);
        press(&mut model, actions);
        assert_eq!((config(&model), &model.state.message), (after, &None), "{before} {actions:?}");
    };
    check("", &[THEME, End, Enter], "theme = \"nord\"\n");
    check("theme = \"nord\" # cold\n", &[THEME, Home, Enter], "");
    check("theme = \"nord\" # cold\n", &[THEME, Down, Up, Enter], "theme = \"mono\" # cold\n");
    check("theme = \"nord\"\n", &[THEME, Key('x')], "");
    check("", &[PRESET, Home, Enter], "preset = \"capsule\"\n");
    check("rows = \"model\" # mine\n", &[PRESET, Home, Enter], "preset = \"capsule\"\n");
    check("preset = \"hud\"\n", &[PRESET, Key('x')], "");
    check("rows = \"a\"\n[segments.a]\nkind = \"text\"\n", &[ROWS, Key('x')], "[segments.a]\nkind = \"text\"\n");
    let rows = "rows = \"model effort | cost\"\n";
    check(rows, &[ROWS, Right, Move(Way::Left)], "rows = \"effort model | cost\"\n");
    check(rows, &[ROWS, End, Key('R')], "rows = \"model effort fill cost\"\n");
    check(rows, &[ROWS, Move(Way::Down)], "rows = [\"effort | cost\", \"model\"]\n");
    check(rows, &[ROWS, Key('d'), Key('d')], "rows = \"cost\"\n");
    check(rows, &[ROWS, Key('a'), Down, Down, Enter], "rows = \"model thinking effort | cost\"\n");
    check(rows, &[ROWS, Key('n'), Key('a'), Enter], "rows = [\"model effort | cost\", \"model\"]\n");
    check("rows = [\"model\", \"cost\"]\n", &[ROWS, Key('D')], "rows = \"cost\"\n");
    check("rows = \"model\"\n", &[ROWS, Key('d')], "rows = []\n");
}

#[test]
fn classic_says_that_it_changes_numbers() {
    let mut model = model("");
    press(&mut model, &[PRESET, Action::Home, Action::Down, Action::Enter]);
    assert_eq!(config(&model), "preset = \"classic\"\n");
    assert!(model.state.message.as_ref().unwrap().starts_with("classic shows other numbers: "));
    press(&mut model, &[Action::Home, Action::Enter]);
    assert_eq!(model.state.message, None);
}

#[test]
fn what_is_no_difference_is_not_written() {
    let mut model = model("");
    press(&mut model, &[ROWS, Action::Right, Action::Move(Way::Left), Action::Move(Way::Right)]);
    assert_eq!((config(&model), model.state.draft.is_changed()), ("", false));
    press(&mut model, &[PRESET, Action::Home]);
    assert!(model.is_trying());
    press(&mut model, &[Action::Enter, Action::Down, Action::Down, Action::Enter]);
    assert_eq!(config(&model), "");
}

#[test]
fn options_are_edited_by_what_they_take() {
    let mut model = model("");
    press(&mut model, &[LINE]);
    open_option(&mut model, "newline");
    assert_eq!(config(&model), "newline = false\n");
    open_option(&mut model, "newline");
    assert_eq!(config(&model), "");
    open_option(&mut model, "style");
    press(&mut model, &[Action::Down]);
    assert!(model.previewed().config.contains("powerline") && config(&model).is_empty());
    press(&mut model, &[Action::Enter]);
    assert_eq!(config(&model), "style = \"powerline\"\n");
    press(&mut model, &[Action::Key('x')]);
    assert_eq!(config(&model), "");
    open_option(&mut model, "links");
    press(&mut model, &[Action::Key('a')]);
    typed(&mut model, "pr");
    press(&mut model, &[Action::Enter, Action::Back]);
    assert_eq!(config(&model), "links = [\"auto\", \"pr\"]\n");
    open_option(&mut model, "width");
    typed(&mut model, "0");
    press(&mut model, &[Action::Enter]);
    let problem = problem(&model);
    assert_eq!(problem, "expected a whole number from 1 to 1000, found \"0\"");
    press(&mut model, &[Action::Backspace]);
    typed(&mut model, "91");
    assert!(model.previewed().config.contains("width = 91"));
    press(&mut model, &[Action::Enter]);
    assert_eq!((config(&model), model.panels.len()), ("links = [\"auto\", \"pr\"]\nwidth = 91\n", 0));
    open_option(&mut model, "extra_rows");
    press(&mut model, &[Action::Key('a')]);
    typed(&mut model, "clock");
    press(&mut model, &[Action::Enter, Action::Back]);
    assert_eq!(config(&model), "links = [\"auto\", \"pr\"]\nwidth = 91\nextra_rows = \"clock\"\n");
}

#[test]
fn every_key_has_an_editor() {
    for key in KEYS {
        let mut model = model("");
        press(&mut model, &[LINE]);
        open_option(&mut model, key.name);
        let expected = match key.name {
            "preset" | "color" | "icons" | "style" | "edges" | "theme" | "theme_dark" | "theme_light" => {
                "`↑ ↓` preview"
            }
            "prefix" | "rows" | "extra_rows" | "prompt_rows" | "model_names" | "links" | "budget" => "`a` add",
            "gradient" | "newline" => "`Enter` change",
            _ => "`Enter` accept",
        };
        assert!(model.top().panel.hints().contains(expected), "{}: {}", key.name, model.top().panel.hints());
    }
    let mut model = model("rows = \"cost\"\n");
    press(&mut model, &[ROWS, Action::Enter]);
    let options: Vec<String> = model.top().panel.items(&model.state).into_iter().map(|item| item.name).collect();
    let expected = ["format", "steps", "priority", "prefix", "icon", "role", "thresholds", "hide_when", "budget"];
    assert_eq!(options, expected);
}

#[test]
fn options_of_a_segment_go_into_its_table() {
    let mut model = model("rows = \"cost\"\n");
    press(&mut model, &[ROWS, Action::Enter]);
    open_option(&mut model, "budget");
    typed(&mut model, "20");
    press(&mut model, &[Action::Enter]);
    open_option(&mut model, "hide_when");
    press(&mut model, &[Action::Key('d'), Action::Back]);
    open_option(&mut model, "thresholds");
    press(&mut model, &[Action::End, Action::Enter]);
    press(&mut model, &[Action::Backspace; 6]);
    typed(&mut model, "stale");
    press(&mut model, &[Action::Home, Action::Delete, Action::Enter, Action::Move(Way::Up), Action::Back]);
    open_option(&mut model, "role");
    press(&mut model, &[Action::Down, Action::Enter]);
    let cost = "rows = \"cost\"\n\n[segments.cost]\nbudget = 20\nhide_when = []\n";
    let thresholds =
        "thresholds = [{ at = 5, role = \"notice\" }, { at = 0, role = \"stale\" }, { at = 10, role = \"warning\" }]\n";
    assert_eq!(config(&model), format!("{cost}{thresholds}role = \"text\"\n"));
    press(&mut model, &[Action::Key('x')]);
    assert_eq!(config(&model), format!("{cost}{thresholds}"));
}

#[test]
fn what_config_would_warn_of_is_not_taken() {
    let mut model = model("them = 1\nrows = \"cost\"\n");
    press(&mut model, &[ROWS, Action::Enter]);
    open_option(&mut model, "format");
    press(&mut model, &[Action::Enter, Action::End]);
    typed(&mut model, " {eur}");
    press(&mut model, &[Action::Enter]);
    let problem = problem(&model);
    assert!(problem.contains("unknown field {eur}"), "{problem}");
    assert!(!model.state.draft.is_changed());
}

#[test]
fn a_segment_gets_a_name_of_ones_own() {
    let mut model = model("rows = \"cost\"\n");
    press(&mut model, &[ROWS, Action::Key('a'), Action::Key('n')]);
    typed(&mut model, "cost");
    press(&mut model, &[Action::Enter]);
    let problem = problem(&model);
    assert_eq!(problem, "a segment cost already exists");
    typed(&mut model, "2");
    press(&mut model, &[Action::Enter]);
    assert_eq!(config(&model), "rows = \"cost cost2\"\n\n[segments.cost2]\nkind = \"model\"\n");
    assert_eq!((model.panels.len(), model.state.place.at), (0, 1));
    press(&mut model, &[Action::Enter, Action::Key('u')]);
    assert_eq!((config(&model), model.panels.len()), ("rows = \"cost\"\n", 0));
}

#[test]
fn changes_are_undone_and_done_again() {
    let mut model = model("");
    press(&mut model, &[THEME, Action::End, Action::Enter, LINE]);
    open_option(&mut model, "newline");
    let texts = ["", "theme = \"nord\"\n", "theme = \"nord\"\nnewline = false\n"];
    assert_eq!(config(&model), texts[2]);
    for (action, expected) in [
        (Action::Key('u'), texts[1]),
        (Action::Key('u'), texts[0]),
        (Action::Key('u'), texts[0]),
        (Action::Key('U'), texts[1]),
        (Action::Key('U'), texts[2]),
        (Action::Key('U'), texts[2]),
        (Action::Key('u'), texts[1]),
    ] {
        press(&mut model, &[action]);
        assert_eq!(config(&model), expected, "{action:?}");
    }
    open_option(&mut model, "newline");
    press(&mut model, &[Action::Key('U')]);
    assert_eq!(model.state.message.as_deref(), Some("nothing to redo"));
}

#[test]
fn saving_shows_what_will_be_written_and_leaving_asks() {
    let mut model = model("# mine\ntheme = \"mono\"\n");
    press(&mut model, &[Action::Key('s')]);
    assert_eq!(model.state.message.as_deref(), Some("nothing to save"));
    press(
        &mut model,
        &[THEME, Action::End, Action::Enter, Action::Key('q'), Action::Back, Action::Key('q'), Action::Key('s')],
    );
    let diff = ["@@ -1,2 +1,2 @@", " # mine", "-theme = \"mono\"", "+theme = \"nord\""];
    assert_eq!(model.state.draft.diff(), diff);
    assert_eq!(model.update(Action::Enter), Some(Effect::Write));
    assert_eq!(config(&model), "# mine\ntheme = \"nord\"\n");
    assert_eq!(model.written(Err(anyhow::anyhow!("no room"))), None);
    assert!(model.state.draft.is_changed());
    assert_eq!(model.written(Ok(())), Some(Effect::Leave));
    assert_eq!(model.update(Action::Key('q')), Some(Effect::Leave));
    press(&mut model, &[Action::Key('u'), Action::Interrupt]);
    assert_eq!(model.update(Action::Interrupt), Some(Effect::Leave));
    assert_eq!(model.update(Action::Key('d')), Some(Effect::Leave));
}

/// The user's own theme.
#[track_caller]
fn theme(model: &Model) -> &str {
    &model.state.draft.files().themes["nord-mine"]
}

#[test]
fn colours_go_into_a_theme_of_ones_own() {
    use Action::{Back, Backspace, Down, Enter, Home, Key, Right};
    let head = "about = \"nord with your own colours\"\ninherits = \"nord\"\n\n[roles]\n";
    let mut model = model("theme = \"nord\" # cold\n");
    press(&mut model, &[COLOURS, Down, Key('b')]);
    assert_eq!(config(&model), "theme = \"nord-mine\" # cold\n");
    let bold = "separator = { fg = { rgb = \"#727d92\", xterm = 244, ansi = \"bright-black\" }, bold = true }\n";
    assert_eq!(theme(&model), format!("{head}{bold}"));
    model.state.preview.theme = "nord-mine".to_owned();
    // The first swatches are those of the theme.
    press(&mut model, &[Enter, Home, Right]);
    assert!(model.is_trying());
    press(&mut model, &[Back, Key('a')]);
    press(&mut model, &[Backspace; 30]);
    typed(&mut model, "#12345");
    press(&mut model, &[Enter]);
    assert!(problem(&model).contains("roles.separator: fg: expected"), "{}", problem(&model));
    typed(&mut model, "6");
    press(&mut model, &[Enter]);
    // As the preview had it, which is not drawn here.
    assert_eq!(theme(&model), format!("{head}separator = {{ fg = \"#123456\" }}\n"));
    press(&mut model, &[Key('x')]);
    assert_eq!(theme(&model), &head[..head.len() - "\n[roles]\n".len()]);
    press(&mut model, &[Key('u'), Key('u')]);
    assert_eq!(theme(&model), format!("{head}{bold}"));
    press(&mut model, &[Key('u')]);
    assert_eq!((config(&model), model.state.draft.is_changed()), ("theme = \"nord\" # cold\n", false));
    press(&mut model, &[Key('U'), Key('d')]);
    assert_eq!(model.state.draft.diff().iter().filter(|line| line.starts_with('+')).count(), 6);
}

#[test]
fn everything_is_found() {
    let found = |query: &str| {
        let mut model = model("rows = \"model | cost\"\n");
        press(&mut model, &[Action::Key('/')]);
        typed(&mut model, query);
        let items = model.top().panel.items(&model.state);
        let first = items.into_iter().next().map(|item| format!("{}: {}", item.name, item.about));
        press(&mut model, &[Action::Enter]);
        (first.unwrap_or_default(), model)
    };
    let check = |query: &str, expected: &str, tab: usize, at: Option<&str>| {
        let (first, model) = found(query);
        assert!(first.starts_with(expected), "{query}: {first}");
        let open = model.top();
        let item = open.panel.items(&model.state).into_iter().nth(open.at).map(|item| item.name);
        assert_eq!((model.tab, item.as_deref()), (tab, at), "{query}");
    };
    check("nord", "nord: theme: ", 0, Some("nord"));
    check("minimal", "minimal: preset: ", 1, Some("minimal"));
    check("cost usd", "cost {usd}: field: $1.23 – ", 2, Some("format"));
    check("cost budget", "cost budget: option: ", 2, Some("budget"));
    check("fallback", "fallback_width: option: ", 3, Some("fallback_width"));
    check("mode.plan", "mode.plan: role: ", 4, Some("mode.plan"));
    check("$1.23", "cost {usd}: field: ", 2, Some("format"));
    let (first, model) = found("clock");
    assert_eq!((&first[..15], config(&model)), ("clock: segment:", "rows = \"model clock | cost\"\n"));
    let (first, model) = found("cost");
    assert_eq!((&first[..14], model.state.place.at), ("cost: segment:", 1));
    assert!(!model.state.draft.is_changed());
    let (first, mut model) = found("ctrl-z");
    assert!(first.starts_with("u, Ctrl-Z"), "{first}");
    assert_eq!(model.page(), Some(Page::Help));
    press(&mut model, &[Action::Back, Action::Key('/')]);
    typed(&mut model, "qqq");
    press(&mut model, &[Action::Enter]);
    assert_eq!(problem(&model), "nothing found");
}

#[test]
fn a_click_goes_to_an_item_and_another_one_chooses_it() {
    let click = |line, column| Action::Click { line, column, columns: 76 };
    let mut model = model("rows = \"model | cost\"\n");
    press(&mut model, &[THEME, click(2, 5)]);
    assert_eq!((model.top().at, config(&model)), (2, "rows = \"model | cost\"\n"));
    press(&mut model, &[click(2, 5), click(99, 0)]);
    assert_eq!(config(&model), "rows = \"model | cost\"\ntheme = \"mono\"\n");
    press(&mut model, &[ROWS, click(0, 26)]);
    assert_eq!((model.state.place.at, model.panels.len()), (1, 0));
    press(&mut model, &[click(0, 26)]);
    assert_eq!(model.panels[0].title, "cost");
    press(&mut model, &[Action::Key('s'), click(0, 0), click(0, 0)]);
    assert_eq!(model.page(), Some(Page::Save));
}

#[test]
fn commands_are_called_with_nothing_left_to_save() {
    let mut model = model("");
    let words = |words: &[&str]| Some(Effect::Run(words.iter().map(|word| (*word).to_owned()).collect()));
    press(&mut model, &[Action::Tab(5)]);
    assert_eq!(model.update(Action::Enter), words(&["setup"]));
    press(&mut model, &[Action::End, Action::Enter]);
    assert_eq!(model.update(Action::Enter), words(&["config", "import", "statusline.toml"]));
    model.returned(files("padding = 2\n"));
    assert_eq!((config(&model), model.state.draft.is_changed()), ("padding = 2\n", false));
    press(&mut model, &[Action::Key('u'), Action::Enter]);
    assert_eq!(model.state.message.as_deref(), Some("save or undo your changes first"));
}

#[test]
fn the_scene_is_no_part_of_the_file() {
    let mut model = model("");
    assert_eq!(model.state.scene.columns, 76);
    model.state.scene.resize(120);
    assert_eq!(model.state.scene.columns, 116);
    press(&mut model, &[Action::Key('+'), Action::Key('+'), Action::Key('-')]);
    model.state.scene.resize(90);
    assert_eq!(model.state.scene.columns, 118);
    press(&mut model, &[Action::Key('0'), Action::Key('c'), Action::Key('p')]);
    assert_eq!(model.state.scene, Scene { columns: 86, own_columns: 86, depth: 1, session: 1 });
    press(&mut model, &[Action::Key('-'); 60]);
    assert_eq!((model.state.scene.columns, model.state.draft.is_changed()), (COLUMNS.0, false));
}

/// Every one-character key in the help or a footer does something somewhere.
#[test]
fn what_is_named_on_screen_is_a_key() {
    let prepared = |tab| {
        let mut model = model("rows = \"model | cost\"\ntheme = \"nord\"\npadding = 2\n");
        press(&mut model, &[THEME, Action::Home, Action::Enter, Action::Down, Action::Enter, Action::Key('u')]);
        press(&mut model, &[Action::Key('-'), Action::Tab(tab)]);
        model
    };
    let seen = |model: &Model| {
        let EditorState { draft, scene, place, .. } = &model.state;
        let panels: Vec<_> = model.panels.iter().map(|open| open.title.clone()).collect();
        (draft.files().clone(), scene.clone(), *place, panels)
    };
    let does = |letter: char, before: &[Action], tab: usize| {
        let mut model = prepared(tab);
        press(&mut model, before);
        let old = seen(&model);
        model.update(Action::Key(letter));
        seen(&model) != old
    };
    let named = keys::all().map(|(keys, _)| keys).chain(keys::COMMON.split('`').skip(1).step_by(2));
    let words = named.flat_map(|keys| keys.split([' ', ',']));
    let letters = words.filter(|word| word.chars().count() == 1 && !"↑↓←→hjkl<>KJ123456".contains(*word));
    for letter in letters.map(|word| word.chars().next().unwrap()) {
        let is_known = (0..TABS.len()).any(|tab| does(letter, &[], tab) || does(letter, &[Action::Key('a')], tab));
        assert!(is_known, "{letter}");
    }
}

fn any_action() -> impl Strategy<Value = Action> {
    use Action::{
        Back, Backspace, Delete, Down, End, Enter, Home, Key, Left, NextTab, PageDown, PageUp, Right, Tab, Up,
    };
    const FIXED: &[Action] = &[
        Key('a'),
        Back,
        Backspace,
        Key('b'),
        Delete,
        Down,
        Down,
        End,
        Enter,
        Enter,
        Enter,
        Home,
        Left,
        Key('n'),
        NextTab,
        PageDown,
        PageUp,
        Key('q'),
        Key('U'),
        Key('d'),
        Key('D'),
        Key('x'),
        Right,
        Key('s'),
        Key('/'),
        Key('u'),
        Up,
    ];
    prop_oneof![
        8 => proptest::sample::select(FIXED),
        2 => proptest::sample::select(&[Way::Left, Way::Right, Way::Up, Way::Down][..]).prop_map(Action::Move),
        1 => proptest::sample::select(&['L', 'C', 'R'][..]).prop_map(Key),
        2 => (0usize..6).prop_map(Tab),
        1 => (0usize..20, 0usize..70).prop_map(|(line, column)| Action::Click { line, column, columns: 76 }),
        3 => proptest::sample::select(&['1', '8', ' ', 'a', '{', '"', '\\', '│', '\u{1b}'][..]).prop_map(Action::Key),
    ]
}

proptest! {
    /// After any actions, the text is TOML that config accepts, its comments are there, and all of it can be undone.
    #[test]
    fn whatever_is_done_can_be_read_and_undone(actions in proptest::collection::vec(any_action(), 0..80)) {
        let before = "# a\ntheme = \"nord\" # b\nrows = [\n    \"model | cost\", # c\n]\n# d\n[segments.cost]\nbudget = 5\n# e\n";
        let mut model = model(before);
        for action in actions {
            match model.update(action) {
                Some(Effect::Write) => _ = model.written(Err(anyhow::anyhow!("no room"))),
                Some(Effect::Run(_)) => model.returned(model.state.draft.files().clone()),
                _ => {}
            }
            check(config(&model)).unwrap();
            prop_assert!(["# a", "# d", "# e"].iter().all(|comment| config(&model).contains(comment)));
            let layers = Layers::of_text(model.state.draft.path(), config(&model), &Flags::default());
            prop_assert!(layers.warnings.is_empty(), "{:?}", layers.warnings);
            let mistakes = model.state.draft.files().mistakes(model.state.draft.path());
            prop_assert!(mistakes.is_empty(), "{:?}", mistakes);
            _ = model.previewed();
        }
        while model.state.draft.undo() {}
        prop_assert_eq!(model.state.draft.files(), &files(before));
        prop_assert!(!model.state.draft.is_changed());
    }
}
