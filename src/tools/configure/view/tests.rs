//! The screens of the editor.

use super::*;
use crate::tools::configure::action::Action;
use crate::tools::configure::draw::Choice;
use crate::tools::configure::rows::Way;
use crate::tools::configure::state::{Catalog, Preview};
use crate::tools::files::Files;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use snapbox::{assert_data_eq, str};

fn model(text: &str, columns: u16) -> Model {
    let themes = [("default", "Calm colours"), ("nord", "North-bluish"), ("zebra\x1b[2J", "Stripes")];
    let catalog = Catalog {
        file: "/home/ada/.config/bridgeline/config.toml".to_owned(),
        themes: Choice::all(themes),
        sessions: vec!["your last session".to_owned()],
        notices: vec!["BRIDGELINE_COLOR is set".to_owned()],
    };
    Model::new(
        "/home/ada/.config/bridgeline/config.toml".into(),
        Files { config: text.to_owned(), ..Files::default() },
        catalog,
        columns.into(),
    )
}

/// The screen after these actions.
fn screen(text: &str, (columns, rows): (u16, u16), actions: &[Action]) -> String {
    let mut model = model(text, columns);
    for action in actions {
        model.update(*action);
    }
    let row = Line::from(vec![Span::styled("Opus 4.8", BOLD), Span::raw(" │ 38%")]);
    let warnings = ["config.toml:1: them: unknown key".to_owned(), "b".to_owned()];
    let warnings = warnings.into_iter().filter(|_| text.contains("them =")).collect();
    model.state.preview = Preview { rows: vec![row], warnings, ..Preview::default() };
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(frame, &model)).unwrap();
    let buffer = terminal.backend().buffer();
    let line = |y| (0..columns).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..rows).map(line).collect::<Vec<_>>().join("\n") + "\n"
}

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (120, 40);

#[test]
fn themes() {
    assert_data_eq!(
        screen("theme = \"nord\"\n", SMALL, &[Action::Down]),
        str![[r#"
 bridgeline configure  /home/ada/.config/bridgeline/config.toml
┌ your last session: 76 columns (Enter to choose) ─────────────────────────────┐
│Opus 4.8 │ 38%                                                                │
└──────────────────────────────────────────────────────────────────────────────┘
 BRIDGELINE_COLOR is set
 [1 Theme]  2 Preset   3 Rows   4 Line   5 Colours   6 Setup
     auto                   theme_dark or theme_light, whichever suits the ter…
     default                Calm colours
   * nord                   North-bluish
 >   zebra[2J               Stripes











 Stripes
 ↑ ↓ preview  Enter choose  x reset  Tab next page
 - + width  c depth  p session  u undo  / find  s save  ? keys  q quit

"#]]
    );
}

#[test]
fn presets_and_warnings_in_a_large_terminal() {
    assert_data_eq!(
        screen("them = 1\n", LARGE, &[Action::Tab(1), Action::Up]),
        str![[r#"
 bridgeline configure  /home/ada/.config/bridgeline/config.toml
┌ your last session: 116 columns (Enter to choose) ────────────────────────────────────────────────────────────────────┐
│Opus 4.8 │ 38%                                                                                                        │
└──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────┘
 warning: config.toml:1: them: unknown key (! shows 1 more)
  1 Theme  [2 Preset]  3 Rows   4 Line   5 Colours   6 Setup
     capsule                Coloured pills on one row: model, task, place, cost or limits, and context.
 >   classic                The line of the Node statusline, byte for byte, including its rescaled context percentage.
   * default                Model, task, place, cost or limits, and context on one row.
     full                   Every segment, in three rows.
     hud                    What the agent is doing, stacked in rows.
     minimal                Only model, cost or limits, and context.
     powerline              Coloured bands from both ends of one row.
     two-row                The place in the first row, the session in the second, both with a right side.























 The line of the Node statusline, byte for byte, including its rescaled context percentage.
 ↑ ↓ preview  Enter choose  x reset  Tab next page
 - + width  c depth  p session  u undo  / find  s save  ? keys  q quit

"#]]
    );
}

#[test]
fn rows() {
    let rows = "rows = [\"model effort thinking fast mode | context | cost limits | cache tokens fill clock\", \"\", \"dir fill git fill\"]\n";
    assert_data_eq!(
        screen(rows, SMALL, &[Action::Tab(2), Action::Right, Action::Move(Way::Right)]),
        str![[r#"
 bridgeline configure  …/ada/.config/bridgeline/config.toml (changed, not saved)
┌ your last session: 76 columns ───────────────────────────────────────────────┐
│Opus 4.8 │ 38%                                                                │
└──────────────────────────────────────────────────────────────────────────────┘
 BRIDGELINE_COLOR is set
  1 Theme   2 Preset  [3 Rows]  4 Line   5 Colours   6 Setup
 >1  left    model  thinking [effort] fast  mode  │  context  │  cost  limits
             │  cache  tokens
 >   right   clock
  2 [empty: press a to add a segment]
  3  left    dir
     centre  git








 effort: reasoning effort
 arrows select  < > K J move  L C R side  a add  d remove  n D row
 Enter options
 - + width  c depth  p session  u undo  / find  s save  ? keys  q quit

"#]]
    );
    assert_data_eq!(
        screen("rows = []\n", SMALL, &[Action::Tab(2)]),
        str![[r#"
 bridgeline configure  /home/ada/.config/bridgeline/config.toml
┌ your last session: 76 columns ───────────────────────────────────────────────┐
│Opus 4.8 │ 38%                                                                │
└──────────────────────────────────────────────────────────────────────────────┘
 BRIDGELINE_COLOR is set
  1 Theme   2 Preset  [3 Rows]  4 Line   5 Colours   6 Setup
   no rows yet; press a to add a segment














 arrows select  < > K J move  L C R side  a add  d remove  n D row
 Enter options
 - + width  c depth  p session  u undo  / find  s save  ? keys  q quit

"#]]
    );
}

#[test]
fn options_of_the_line_and_of_a_segment() {
    assert_data_eq!(
        screen("padding = 3\n", SMALL, &[Action::Tab(3), Action::End]),
        str![[r#"
 bridgeline configure  /home/ada/.config/bridgeline/config.toml
┌ your last session: 76 columns ───────────────────────────────────────────────┐
│Opus 4.8 │ 38%                                                                │
└──────────────────────────────────────────────────────────────────────────────┘
 BRIDGELINE_COLOR is set
  1 Theme   2 Preset   3 Rows  [4 Line]  5 Colours   6 Setup
   separator      "│"                                           default
   gap            " "                                           default
   padding        3                                             file
   prefix         ""                                            default
   rows           "model effort mode | task | dir git | cost l… preset default
   extra_rows     []                                            default
   prompt_rows    "state mode | cost limits | context | task |… default
   width          -
   margin         4                                             default
   fallback_width 80                                            default
   ambiguous_wid… 1                                             default
   links          "auto"                                        default
   model_names    -
   budget         -
 > newline        true                                          default
 end the last row with a newline
 ↑ ↓ select  Enter change  x reset  Tab next page
 - + width  c depth  p session  u undo  / find  s save  ? keys  q quit

"#]]
    );
    assert_data_eq!(
        screen("", LARGE, &[Action::Tab(2), Action::End, Action::Enter]),
        str![[r#"
 bridgeline configure  /home/ada/.config/bridgeline/config.toml
┌ your last session: 116 columns ──────────────────────────────────────────────────────────────────────────────────────┐
│Opus 4.8 │ 38%                                                                                                        │
└──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────┘
 BRIDGELINE_COLOR is set
  1 Theme   2 Preset  [3 Rows]  4 Line   5 Colours   6 Setup  > context
 > format         ["[{icon} ]{bar:10} {used}[ {forecast}]", "[{icon} ]{bar:10} {used}", "[{icon} ]{bar… default
   steps          [1, 2, 6, 39, 95]                                                                     default
   priority       100                                                                                   default
   prefix         -
   icon           -
   role           -
   thresholds     [{ at = 50, role = "notice" }, { at = 70, role = "warning" }, { at = 85, role = "dan… default
   hide_when      -
   reserve        -






















 a format string, or several from the longest form to the shortest
 ↑ ↓ select  Enter change  x reset  Esc back
 - + width  c depth  p session  u undo  / find  s save  ? keys  q quit

"#]]
    );
}

#[test]
fn panels() {
    let list = [Action::Tab(2), Action::End, Action::Enter, Action::Enter, Action::Enter];
    assert_data_eq!(
        screen("", SMALL, &list),
        str![[r#"
 bridgeline configure  /home/ada/.config/bridgeline/config.toml
┌ your last session: 76 columns ───────────────────────────────────────────────┐
│Opus 4.8 │ 38%                                                                │
└──────────────────────────────────────────────────────────────────────────────┘
 BRIDGELINE_COLOR is set
 [3 Rows] > context > format > change
 a format string such as [{icon} ]{name}; a part in [ ] is dropped if a name in
it has no value
 > [{icon} ]{bar:10} {used}[ {forecast}]
 >   {used}                 percentage in use, as the agent reports it; `~` ma…
     {left}                 percentage left
     {bar}                  bar of what is in use; `{bar:6}` has six cells
     {usable}               percentage in use of the window without `reserve`
     {tokens}               tokens in use: `90k`
     {tokens_alone}         tokens in use, if no percentage is known
     {size}                 size of the window: `200k`
     {forecast}             estimate until compaction from recent growth: `ful…
     {icon}                 icon of the segment from the chosen set, or a word…
     {columns}              width of the row in columns
     {subscriber}           present when usage limits apply instead of cost

 percentage in use, as the agent reports it; `~` marks an estimate
 ↑ ↓ select  Tab insert  Enter accept  Esc cancel


"#]]
    );
    let save = [Action::Tab(2), Action::Move(Way::Right), Action::Key('s')];
    assert_data_eq!(
        screen("# mine\n", SMALL, &save),
        str![[r#"
 bridgeline configure  …/ada/.config/bridgeline/config.toml (changed, not saved)
┌ your last session: 76 columns ───────────────────────────────────────────────┐
│Opus 4.8 │ 38%                                                                │
└──────────────────────────────────────────────────────────────────────────────┘
 BRIDGELINE_COLOR is set
  1 Theme   2 Preset  [3 Rows]  4 Line   5 Colours   6 Setup  > changes to save
 @ @ -1 +1,3 @@
   # mine
 +
 + rows = "effort model mode | task | dir git | cost limits budget | context"












 Enter save  ↑ ↓ scroll  Esc back
 - + width  c depth  p session  u undo  / find  s save  ? keys  q quit

"#]]
    );
    let leave = [Action::Tab(2), Action::Key('d'), Action::Key('q')];
    assert_data_eq!(
        screen("", SMALL, &leave),
        str![[r#"
 bridgeline configure  …/ada/.config/bridgeline/config.toml (changed, not saved)
┌ your last session: 76 columns ───────────────────────────────────────────────┐
│Opus 4.8 │ 38%                                                                │
└──────────────────────────────────────────────────────────────────────────────┘
 BRIDGELINE_COLOR is set
  1 Theme   2 Preset  [3 Rows]  4 Line   5 Colours   6 Setup  > leave
 You have unsaved changes.















 s save  d discard  Esc stay
 - + width  c depth  p session  u undo  / find  s save  ? keys  q quit

"#]]
    );
    assert_data_eq!(
        screen("", SMALL, &[Action::Key('?')]),
        str![[r#"
 bridgeline configure  /home/ada/.config/bridgeline/config.toml
 ↑ ↓ ← →  h j k l      select
 Enter, Space          choose, change, open
 Esc                   back
 Tab  1 2 3 4 5 6      theme, preset, rows, line, colours, setup
 /                     search everything, then open, choose or add it
 click, wheel          select; click again: as Enter
 < >  Shift+← →        move the segment left, right, across groups and sides
 K J  Shift+↑ ↓        move it to the row above, below; in a list: up, down
 L C R                 move the segment to the left, centre, right
 a                     add a segment, or an element of a list
 d, Del  b             remove it; in colours: dim, bold
 n                     new row; in the list of segments: a custom one
 D                     remove the row
 x                     reset to preset or default
 - + 0                 preview width: narrower, wider, as the terminal
 c  p                  preview in the next colour depth; of the next session
 u, Ctrl-Z  U, Ctrl-R  undo; redo
 s, Ctrl-S             show the changes, then save
 !                     mistakes in the config
 q, Ctrl-C             quit; asks if there are unsaved changes

 Esc back
 - + width  c depth  p session  u undo  / find  s save  ? keys  q quit

"#]]
    );
}

#[test]
fn a_small_terminal_is_told_kindly() {
    assert_data_eq!(
        screen("", (40, 6), &[]),
        str![[r#"
The editor needs 40 x 15 characters, but
this terminal has 40 x 6. Enlarge it, or
quit with Ctrl-C; press it twice if
there are unsaved changes.



"#]]
    );
}

/// At no size does drawing fail, and no line of help is cut in a terminal of 80 columns.
#[test]
fn every_size_and_panel_is_drawn() {
    for columns in [1, 39, 40, 69, 70, 80, 200] {
        for rows in [1, 14, 15, 19, 20, 24, 60] {
            for tab in 0..6 {
                for next in [Action::Enter, Action::Key('a'), Action::Key('s'), Action::Key('?'), Action::Key('!')] {
                    screen("them = 1\n", (columns, rows), &[Action::Tab(tab), next, Action::Enter]);
                }
            }
        }
    }
    for (keys, about) in keys::all() {
        assert!(23 + width(about) <= 80 && width(keys) <= 21, "{keys} {about}");
    }
    assert_eq!(hint_lines(keys::COMMON_NARROW, 40).len(), 1);
    for hints in [keys::COMMON, model("", 80).top().panel.hints()] {
        assert_eq!(hint_lines(hints, 80).len(), 1, "{hints}");
    }
}
