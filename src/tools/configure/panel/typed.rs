//! A text that is typed.

use super::{Action, Hints, Input, Next, Panel, State};

/// Uses a text, or says what is wrong with it.
type Accept = dyn Fn(&str, &mut State) -> Result<Next, String>;

/// A text that is typed, and what becomes of it.
pub struct Typed {
    pub about: String,
    pub input: Input,
    /// Why it was not accepted. `None` while that is not known.
    pub problem: Option<String>,
    accept: Box<Accept>,
}

impl Typed {
    /// The cursor is behind the text.
    pub fn new(
        about: impl Into<String>,
        text: impl Into<String>,
        accept: impl Fn(&str, &mut State) -> Result<Next, String> + 'static,
    ) -> Self {
        Typed { about: about.into(), input: Input::new(text), problem: None, accept: Box::new(accept) }
    }
}

impl Panel for Typed {
    fn hints(&self) -> Hints {
        "`Enter` take it  `Esc` leave it as it was"
    }

    fn act(&mut self, action: Action, _: usize, state: &mut State) -> Next {
        self.problem = None;
        match action {
            Action::Back => return Next::CLOSE,
            Action::Enter => match (self.accept)(self.input.text(), state) {
                Ok(next) => return next,
                Err(why) => self.problem = Some(why),
            },
            action => self.input.edit(action),
        }
        Next::STAY
    }

    fn typed(&self) -> Option<&Typed> {
        Some(self)
    }
}
