//! Commands that run outside of the editor's screen, where they show their changes and ask.

use super::{Action, Choice, EditorState, Effect, Hints, Next, Panel, Typed};

/// The tab of commands.
pub struct Setup;

/// Commands with descriptions. The last two take a file.
const ALL: [(&str, &str); 4] = [
    ("setup", "choose agents, icons, look and hooks; shows the changes first"),
    ("uninstall", "restore the settings; shows the changes first"),
    ("config export", "save theme, layout and icons to one file to share"),
    ("config import", "replace the config with an exported file; shows the changes first"),
];

impl Panel for Setup {
    fn hints(&self) -> Hints {
        "`↑ ↓` select  `Enter` run  `/` find  `Tab` next page"
    }

    fn items(&self, _: &EditorState) -> Vec<Choice> {
        Choice::all(ALL)
    }

    fn act(&mut self, action: Action, at: usize, state: &mut EditorState) -> Next {
        let command = ALL[at].0;
        let run = move |file: Option<&str>| {
            let words = command.split(' ').chain(file);
            Next::Do(Effect::Run(words.map(str::to_owned).collect()))
        };
        match action {
            Action::Enter if state.draft.is_changed() => {
                state.message = Some("save or undo your changes first".to_owned());
                Next::STAY
            }
            Action::Enter if command.contains(' ') => {
                let accept = move |file: &str, _: usize, _: &mut EditorState| Ok(run(Some(file)));
                Next::open(command, Typed::new("path of the file", "statusline.toml", accept))
            }
            Action::Enter => run(None),
            _ => Next::STAY,
        }
    }
}
