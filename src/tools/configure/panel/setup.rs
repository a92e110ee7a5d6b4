//! Commands that are called from here: what they do is shown and asked for outside of the editor's screen.

use super::{Action, Choice, EditorState, Effect, Hints, Next, Panel, Typed};

/// The tab of commands.
pub struct Setup;

/// Commands, each with what it does. The last two take a file.
const ALL: [(&str, &str); 4] = [
    ("setup", "choose agents, icons, look and hooks; shows the changes and asks"),
    ("uninstall", "put the settings back to what they were; shows the changes and asks"),
    ("config export", "write theme, layout and icons into one file that others can import"),
    ("config import", "take over such a file; shows the changes and asks"),
];

impl Panel for Setup {
    fn hints(&self) -> Hints {
        "`↑ ↓` go to  `Enter` call it  `/` find  `Tab` next page"
    }

    fn items(&self, _: &EditorState) -> Vec<Choice> {
        Choice::all(ALL)
    }

    fn act(&mut self, action: Action, at: usize, state: &mut EditorState) -> Next {
        if action != Action::Enter {
            return Next::STAY;
        }
        if state.draft.is_changed() {
            state.message = Some("save or undo your changes first".to_owned());
            return Next::STAY;
        }
        let run = move |file: Option<&str>| {
            let words = ALL[at].0.split(' ').chain(file);
            Next::Do(Effect::Run(words.map(str::to_owned).collect()))
        };
        match ALL[at].0.contains(' ') {
            true => {
                let accept = move |file: &str, _: usize, _: &mut EditorState| Ok(run(Some(file)));
                Next::open(ALL[at].0, Typed::new("path of the file", "statusline.toml", accept))
            }
            false => run(None),
        }
    }
}
