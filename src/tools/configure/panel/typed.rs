//! Text input with a list below it.

use super::{Action, Choice, EditorState, Files, Hints, Input, Next, Panel};

/// Uses the text and the item under the cursor, or says what is wrong with them.
type Accept = dyn Fn(&str, usize, &mut EditorState) -> Result<Next, String>;

/// Text input, and what to do with the text.
pub struct Typed {
    pub about: String,
    pub input: Input,
    /// Reason why it was not accepted. `None` if there is none yet.
    pub problem: Option<String>,
    accept: Box<Accept>,
    list: Below,
}

/// The list below a text.
pub enum Below {
    Nothing,
    /// The fields of this segment, whose format the text is.
    Fields(String),
    /// The results of searching for the text.
    Found(fn(&str, &EditorState) -> Vec<Choice>),
}

impl Typed {
    /// Text input with the cursor at the end.
    pub fn new(
        about: impl Into<String>, text: impl Into<String>,
        accept: impl Fn(&str, usize, &mut EditorState) -> Result<Next, String> + 'static,
    ) -> Self {
        let (about, input) = (about.into(), Input::new(text));
        Typed { about, input, problem: None, accept: Box::new(accept), list: Below::Nothing }
    }

    /// With a list below.
    #[must_use]
    pub fn above(self, list: Below) -> Self {
        Typed { list, ..self }
    }

    /// The segment whose format the text is. `None` for other texts.
    pub fn segment(&self) -> Option<&str> {
        if let Below::Fields(segment) = &self.list { Some(segment) } else { None }
    }
}

impl Panel for Typed {
    fn hints(&self) -> Hints {
        match self.list {
            Below::Nothing => "`Enter` accept  `Esc` cancel",
            Below::Fields(_) => "`↑ ↓` select  `Tab` insert  `Enter` accept  `Esc` cancel",
            Below::Found(_) => "`↑ ↓` select  `Enter` open or add  `Esc` back",
        }
    }

    fn items(&self, state: &EditorState) -> Vec<Choice> {
        match &self.list {
            Below::Nothing => Vec::new(),
            Below::Fields(segment) => {
                let Some(kind) = state.draft.stack().kind(segment) else { return Vec::new() };
                let described = |name, about| state.preview.described((kind.name, name), about);
                let fields = kind.all_fields();
                Choice::all(fields.map(|field| (format!("{{{}}}", field.name), described(field.name, field.about))))
            }
            Below::Found(list) => list(self.input.text(), state),
        }
    }

    fn candidate(&self, state: &EditorState, at: usize) -> Option<Files> {
        let mut trial = state.clone();
        (self.accept)(self.input.text(), at, &mut trial).ok()?;
        Some(trial.draft.files().clone())
    }

    fn act(&mut self, action: Action, at: usize, state: &mut EditorState) -> Next {
        self.problem = None;
        match action {
            Action::Back => return Next::CLOSE,
            Action::Enter => match (self.accept)(self.input.text(), at, state) {
                Ok(next) => return next,
                Err(why) => self.problem = Some(why),
            },
            Action::NextTab if self.segment().is_some() => {
                let name = self.items(state).swap_remove(at).name;
                name.chars().for_each(|c| self.input.edit(Action::Key(c)));
            }
            action => {
                self.input.edit(action);
                // A changed text has other results.
                let at = matches!(self.list, Below::Found(_)).then_some(0);
                return Next::Back { panels: 0, at };
            }
        }
        Next::STAY
    }

    fn typed(&self) -> Option<&Typed> {
        Some(self)
    }
}
