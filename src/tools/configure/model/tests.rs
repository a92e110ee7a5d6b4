//! The model, driven by actions.

use super::*;
use crate::config::{Flags, Layers};
use crate::layout::Side;
use crate::tools::configure::document;
use crate::tools::configure::rows::Way;
use crate::tools::configure::state::COLUMNS;
use proptest::prelude::*;

fn model(text: &str) -> Model {
    document::check(text).unwrap();
    let theme = |name: &str| (name.to_owned(), format!("the theme {name}"));
    let catalog = Catalog {
        file: "~/config.toml".to_owned(),
        themes: vec![theme("default"), theme("mono"), theme("nord")],
        sessions: vec!["one".to_owned(), "two".to_owned()],
        notices: Vec::new(),
    };
    Model::new("/home/ada/config.toml".into(), text.to_owned(), catalog, 80)
}

/// Does it all; nothing of it may ask for an effect.
#[track_caller]
fn press(model: &mut Model, actions: &[Action]) {
    for action in actions {
        assert_eq!(model.update(*action), None, "{action:?}");
    }
}

#[track_caller]
fn typed(model: &mut Model, text: &str) {
    press(model, &text.chars().map(Action::Type).collect::<Vec<_>>());
}

/// Opens the option of what is shown.
#[track_caller]
fn open_option(model: &mut Model, key: &str) {
    let at = model.top().panel.items(&model.state).iter().position(|item| item.name == key).unwrap();
    press(model, &[Action::Home]);
    press(model, &vec![Action::Down; at]);
    press(model, &[Action::Enter]);
}

/// Why what is typed was not accepted.
#[track_caller]
fn problem(model: &Model) -> &str {
    model.top().panel.typed().unwrap().problem.as_deref().unwrap()
}

const THEME: Action = Action::Tab(0);
const PRESET: Action = Action::Tab(1);
const ROWS: Action = Action::Tab(2);
const LINE: Action = Action::Tab(3);

#[test]
fn actions_change_the_text() {
    use Action::{Add, Down, End, Enter, Home, Move, NewRow, Remove, RemoveRow, Reset, Right, Send, Up};
    let check = |before: &str, actions: &[Action], after: &str| {
        let mut model = model(before);
        press(&mut model, actions);
        assert_eq!((model.state.draft.text(), &model.state.message), (after, &None), "{before} {actions:?}");
    };
    check("", &[THEME, End, Enter], "theme = \"nord\"\n");
    check("theme = \"nord\" # cold\n", &[THEME, Home, Enter], "");
    check("theme = \"nord\" # cold\n", &[THEME, Down, Up, Enter], "theme = \"mono\" # cold\n");
    check("theme = \"nord\"\n", &[THEME, Reset], "");
    check("", &[PRESET, Home, Enter], "preset = \"capsule\"\n");
    check("rows = \"model\" # mine\n", &[PRESET, Home, Enter], "preset = \"capsule\"\n");
    check("preset = \"hud\"\n", &[PRESET, Reset], "");
    check("rows = \"a\"\n[segments.a]\nkind = \"text\"\n", &[ROWS, Reset], "[segments.a]\nkind = \"text\"\n");
    let rows = "rows = \"model effort | cost\"\n";
    check(rows, &[ROWS, Right, Move(Way::Left)], "rows = \"effort model | cost\"\n");
    check(rows, &[ROWS, End, Send(Side::Right)], "rows = \"model effort fill cost\"\n");
    check(rows, &[ROWS, Move(Way::Down)], "rows = [\"effort | cost\", \"model\"]\n");
    check(rows, &[ROWS, Remove, Remove], "rows = \"cost\"\n");
    check(rows, &[ROWS, Add, Down, Down, Enter], "rows = \"model thinking effort | cost\"\n");
    check(rows, &[ROWS, NewRow, Add, Enter], "rows = [\"model effort | cost\", \"model\"]\n");
    check("rows = [\"model\", \"cost\"]\n", &[ROWS, RemoveRow], "rows = \"cost\"\n");
    check("rows = \"model\"\n", &[ROWS, Remove], "rows = []\n");
}

#[test]
fn what_is_no_difference_is_not_written() {
    let mut model = model("");
    press(&mut model, &[ROWS, Action::Right, Action::Move(Way::Left), Action::Move(Way::Right)]);
    assert_eq!((model.state.draft.text(), model.state.draft.is_changed()), ("", false));
    press(&mut model, &[PRESET, Action::Home]);
    assert!(model.is_trying());
    press(&mut model, &[Action::Enter, Action::Down, Action::Down, Action::Enter]);
    assert_eq!(model.state.draft.text(), "");
}

#[test]
fn options_are_edited_by_what_they_take() {
    let mut model = model("");
    press(&mut model, &[LINE]);
    open_option(&mut model, "newline");
    assert_eq!(model.state.draft.text(), "newline = false\n");
    open_option(&mut model, "newline");
    assert_eq!(model.state.draft.text(), "");
    open_option(&mut model, "style");
    press(&mut model, &[Action::Down]);
    assert!(model.previewed().contains("powerline") && model.state.draft.text().is_empty());
    press(&mut model, &[Action::Enter]);
    assert_eq!(model.state.draft.text(), "style = \"powerline\"\n");
    press(&mut model, &[Action::Right, Action::Right]);
    assert_eq!(model.state.draft.text(), "");
    open_option(&mut model, "links");
    press(&mut model, &[Action::End, Action::Enter, Action::Back]);
    assert_eq!(model.state.draft.text(), "links = [\"auto\", \"pr\"]\n");
    open_option(&mut model, "width");
    typed(&mut model, "0");
    press(&mut model, &[Action::Enter]);
    let problem = problem(&model);
    assert_eq!(problem, "expected a whole number from 1 to 1000, found \"0\"");
    press(&mut model, &[Action::Backspace]);
    typed(&mut model, "90");
    press(&mut model, &[Action::Enter, Action::Right]);
    assert_eq!(
        (model.state.draft.text(), model.panels.len()),
        ("links = [\"auto\", \"pr\"]\nwidth = 91\n", 0)
    );
    open_option(&mut model, "extra_rows");
    press(&mut model, &[Action::Add]);
    typed(&mut model, "clock");
    press(&mut model, &[Action::Enter, Action::Back]);
    assert_eq!(model.state.draft.text(), "links = [\"auto\", \"pr\"]\nwidth = 91\nextra_rows = \"clock\"\n");
}

#[test]
fn options_of_a_segment_go_into_its_table() {
    let mut model = model("rows = \"cost\"\n");
    press(&mut model, &[ROWS, Action::Enter]);
    open_option(&mut model, "budget");
    typed(&mut model, "20");
    press(&mut model, &[Action::Enter]);
    open_option(&mut model, "hide_when");
    press(&mut model, &[Action::Remove, Action::Back]);
    open_option(&mut model, "thresholds");
    press(&mut model, &[Action::End, Action::Enter]);
    press(&mut model, &[Action::Backspace; 6]);
    typed(&mut model, "stale");
    press(&mut model, &[Action::Home, Action::Delete, Action::Enter, Action::Move(Way::Up), Action::Back]);
    open_option(&mut model, "role");
    press(&mut model, &[Action::Down, Action::Enter]);
    let cost = "rows = \"cost\"\n\n[segments.cost]\nbudget = 20\nhide_when = []\n";
    let thresholds = "thresholds = [{ at = 5, role = \"notice\" }, { at = 0, role = \"stale\" }, { at = 10, role = \"warning\" }]\n";
    assert_eq!(model.state.draft.text(), format!("{cost}{thresholds}role = \"text\"\n"));
    press(&mut model, &[Action::Reset]);
    assert_eq!(model.state.draft.text(), format!("{cost}{thresholds}"));
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
    assert!(problem.contains("{eur} is nothing that it has"), "{problem}");
    assert!(!model.state.draft.is_changed());
}

#[test]
fn a_segment_gets_a_name_of_ones_own() {
    let mut model = model("rows = \"cost\"\n");
    press(&mut model, &[ROWS, Action::Add, Action::NewRow]);
    typed(&mut model, "cost");
    press(&mut model, &[Action::Enter]);
    let problem = problem(&model);
    assert_eq!(problem, "there is a segment cost already");
    typed(&mut model, "2");
    press(&mut model, &[Action::Enter]);
    assert_eq!(model.state.draft.text(), "rows = \"cost cost2\"\n\n[segments.cost2]\nkind = \"model\"\n");
    assert_eq!((model.panels.len(), model.state.place.at), (0, 1));
    press(&mut model, &[Action::Enter, Action::Undo]);
    assert_eq!((model.state.draft.text(), model.panels.len()), ("rows = \"cost\"\n", 0));
}

#[test]
fn changes_are_undone_and_done_again() {
    let mut model = model("");
    press(&mut model, &[THEME, Action::End, Action::Enter, LINE]);
    open_option(&mut model, "newline");
    let texts = ["", "theme = \"nord\"\n", "theme = \"nord\"\nnewline = false\n"];
    assert_eq!(model.state.draft.text(), texts[2]);
    for (action, expected) in [
        (Action::Undo, texts[1]),
        (Action::Undo, texts[0]),
        (Action::Undo, texts[0]),
        (Action::Redo, texts[1]),
        (Action::Redo, texts[2]),
        (Action::Redo, texts[2]),
        (Action::Undo, texts[1]),
    ] {
        press(&mut model, &[action]);
        assert_eq!(model.state.draft.text(), expected, "{action:?}");
    }
    open_option(&mut model, "newline");
    press(&mut model, &[Action::Redo]);
    assert_eq!(model.state.message.as_deref(), Some("nothing to do again"));
}

#[test]
fn saving_shows_what_will_be_written_and_leaving_asks() {
    let mut model = model("# mine\ntheme = \"mono\"\n");
    press(&mut model, &[Action::Save]);
    assert_eq!(model.state.message.as_deref(), Some("nothing to save"));
    press(
        &mut model,
        &[THEME, Action::End, Action::Enter, Action::Quit, Action::Back, Action::Quit, Action::Save],
    );
    let diff: Vec<String> =
        model.state.draft.diff().into_iter().map(|(sign, text)| format!("{sign}{text}")).collect();
    assert_eq!(diff, [" # mine", "-theme = \"mono\"", "+theme = \"nord\""]);
    let text = "# mine\ntheme = \"nord\"\n".to_owned();
    assert_eq!(model.update(Action::Enter), Some(Effect::Write(text)));
    model.failed("no room".to_owned());
    assert!(model.state.draft.is_changed());
    assert_eq!(model.saved(), Some(Effect::Leave));
    assert_eq!(model.update(Action::Quit), Some(Effect::Leave));
    press(&mut model, &[Action::Undo, Action::Interrupt]);
    assert_eq!(model.update(Action::Interrupt), Some(Effect::Leave));
    assert_eq!(model.update(Action::Remove), Some(Effect::Leave));
}

#[test]
fn the_scene_is_no_part_of_the_file() {
    let mut model = model("");
    assert_eq!(model.state.scene.columns, 76);
    press(&mut model, &[Action::Resize(120)]);
    assert_eq!(model.state.scene.columns, 116);
    press(&mut model, &[Action::Wider, Action::Wider, Action::Narrower, Action::Resize(90)]);
    assert_eq!(model.state.scene.columns, 118);
    press(&mut model, &[Action::OwnWidth, Action::NextDepth, Action::NextSession]);
    assert_eq!(model.state.scene, Scene { columns: 86, own_columns: 86, depth: 1, session: 1 });
    press(&mut model, &[Action::Narrower; 60]);
    assert_eq!((model.state.scene.columns, model.state.draft.is_changed()), (COLUMNS.0, false));
}

fn any_action() -> impl Strategy<Value = Action> {
    use Action::{
        Add, Back, Backspace, Delete, Down, End, Enter, Home, Left, NewRow, PageDown, PageUp, Quit, Redo,
        Remove, RemoveRow, Reset, Right, Save, Send, Tab, Undo, Up,
    };
    const FIXED: &[Action] = &[
        Add, Back, Backspace, Delete, Down, Down, End, Enter, Enter, Enter, Home, Left, NewRow, PageDown,
        PageUp, Quit, Redo, Remove, RemoveRow, Reset, Right, Save, Undo, Up,
    ];
    prop_oneof![
        8 => proptest::sample::select(FIXED),
        2 => proptest::sample::select(&[Way::Left, Way::Right, Way::Up, Way::Down][..]).prop_map(Action::Move),
        1 => proptest::sample::select(&[Side::Left, Side::Centre, Side::Right][..]).prop_map(Send),
        2 => (0usize..4).prop_map(Tab),
        3 => proptest::sample::select(&['1', '8', ' ', 'a', '{', '"', '\\', '│', '\u{1b}'][..]).prop_map(Action::Type),
    ]
}

proptest! {
    /// Whatever is done: the text stays TOML of which config knows every word, its comments stay, and all
    /// of it can be undone.
    #[test]
    fn whatever_is_done_can_be_read_and_undone(actions in proptest::collection::vec(any_action(), 0..80)) {
        let before = "# a\ntheme = \"nord\" # b\nrows = [\n    \"model | cost\", # c\n]\n# d\n[segments.cost]\nbudget = 5\n# e\n";
        let mut model = model(before);
        for action in actions {
            if let Some(Effect::Write(text)) = model.update(action) {
                prop_assert_eq!(&text, model.state.draft.text());
                model.failed(String::new());
            }
            document::check(model.state.draft.text()).unwrap();
            prop_assert!(["# a", "# d", "# e"].iter().all(|comment| model.state.draft.text().contains(comment)));
            let layers = Layers::of_text(model.state.draft.path(), model.state.draft.text(), &Flags::default());
            prop_assert!(layers.warnings.is_empty(), "{:?}", layers.warnings);
        }
        while model.state.draft.undo() {}
        prop_assert_eq!(model.state.draft.text(), before);
        prop_assert!(!model.state.draft.is_changed());
    }
}
