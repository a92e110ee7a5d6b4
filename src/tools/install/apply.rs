//! Showing changes, asking for consent, and making them.

use std::path::Path;

use anyhow::{Context, bail};

use super::Installer;
use super::file::{EditedFile, FileChange, FileKind};
use crate::agent::SettingsFormat::{self, Script};
use crate::settings::{self, Receipt};
use crate::store;
use crate::tools::console::Console;

/// Maximum number of attempts while another program keeps changing the file.
const MAX_EDITS: usize = 20;

impl Installer<'_> {
    fn show(&self, change: &FileChange, console: &mut Console) -> anyhow::Result<()> {
        let file = &change.file;
        let (name, path) = (file.name(), file.path.display());
        if change.is_nothing() {
            let was_edited = self.uninstalls && file.now.is_some() && SettingsFormat::of(&file.path) == Script;
            let why = if was_edited { "edited since it was installed; remove it yourself" } else { "nothing to do" };
            return console.say(&format!("{name}: {path}: {why}"));
        }
        let target = store::target(&file.path).ok().filter(|target| *target != file.path);
        let link = target.map(|target| format!(" (a link to {})", target.display())).unwrap_or_default();
        console.say(&format!("{name}: {path}{link}"))?;
        for note in self.notes(file) {
            console.warn(&note)?;
        }
        let others = store::other_names(&file.path);
        if others > 0 {
            console.warn(&format!("{others} other hard link(s) to the file keep the old content"))?;
        }
        console.show_diff(&path.to_string(), file.now.as_deref(), change.after.as_deref())
    }

    /// Things that a change removes or may surprise with.
    fn notes(&self, file: &EditedFile) -> Vec<String> {
        let mut notes = Vec::new();
        let Some(of_agent) = file.of_agent().filter(|_| !self.uninstalls) else { return notes };
        if let Some(old) = self.foreign_line(file).filter(|_| !self.args.wrap) {
            notes.push(format!("replaces the statusline `{old}` (use --wrap to keep both)"));
        }
        let Ok(found) = settings::inspect(of_agent, file.text(), &self.program) else { return notes };
        let has_rows = found.subagents.is_some_and(|rows| settings::is_ours(&rows, &self.program));
        if has_rows && !self.args.subagents {
            let why = "which Claude Code warns about at each start; use --subagents to keep it";
            notes.push(format!("removes subagentStatusLine, {why}"));
        }
        if found.plugin == Some(true) && self.args.hooks {
            notes.push("our plugin is enabled and registers the same hooks, so they would run twice".to_owned());
        }
        for event in found.retired {
            notes.push(format!("removes the {event} hook, which prints into the conversation"));
        }
        notes
    }

    /// Shows the changes and makes them with consent; returns whether there was any.
    pub(super) fn carry_out(&self, changes: Vec<FileChange>, console: &mut Console) -> anyhow::Result<bool> {
        for change in &changes {
            self.show(change, console)?;
        }
        if changes.is_empty() {
            console.say("nothing to do")?;
        }
        let (idle, due): (Vec<_>, Vec<_>) = changes.into_iter().partition(FileChange::is_nothing);
        let consent = self.args.consent;
        if consent.dry_run {
            return Ok(false);
        }
        if !due.is_empty() && !consent.yes {
            if !console.is_interactive {
                bail!("nothing was changed: standard input is not a terminal; use --yes to apply");
            }
            if !console.agrees("Make these changes?")? {
                return console.say("nothing was changed").map(|()| false);
            }
        }
        for change in idle {
            self.settle(&change);
        }
        let is_unit = |change: &FileChange| matches!(change.file.kind, FileKind::Unit(_));
        let stopped = settings::service().filter(|_| self.uninstalls && due.iter().any(is_unit));
        let mut next = Vec::new();
        for change in due {
            let path = change.file.path.display().to_string();
            next.extend(change.file.of_agent().filter(|_| !self.uninstalls).map(|file| file.agent));
            let is_there = self.make_at_last(change, console).with_context(|| format!("cannot write {path}"))?;
            console.say(&format!("{path}: {}", if is_there { "written" } else { "removed" }))?;
        }
        if let Some(service) = stopped {
            console.say("if it is still running, stop it with:")?;
            console.say(&format!("  {}", service.stop))?;
            console.say("then remove bridgeline-*.prom from node_exporter's folder: the last values stay in it")?;
        }
        next.dedup();
        for agent in next {
            agent.settings.next.iter().try_for_each(|what| console.say(&format!("{}: {what}", agent.name)))?;
        }
        Ok(true)
    }

    /// Makes a change. If another program writes the file meanwhile, `--yes` makes the same edit of the new
    /// content; without it only the change that was shown is made. Returns whether the file exists then.
    fn make_at_last(&self, mut change: FileChange, console: &mut Console) -> anyhow::Result<bool> {
        for _ in 0..MAX_EDITS {
            if change.is_nothing() {
                self.settle(&change);
                return Ok(change.after.is_some());
            }
            let was_late = |err: &anyhow::Error| err.downcast_ref().is_some_and(store::is_changed);
            match self.make(&change) {
                Err(err) if self.args.consent.yes && was_late(&err) => {}
                made => return made.map(|()| change.after.is_some()),
            }
            change = self.change(self.read(change.file.kind, Some(change.file.path))?)?;
            self.show(&change, console)?;
        }
        bail!("another program keeps writing the file; run this again")
    }

    /// Writes the receipt before the file: whatever happens then, the original is known.
    fn make(&self, change: &FileChange) -> anyhow::Result<()> {
        let (file, keeping) = (&change.file, "cannot keep the backup");
        if let Some(receipt) = &change.receipt {
            receipt.keep(&self.state, &file.path).context(keeping)?;
        }
        let expected = file.now.as_deref().map(str::as_bytes);
        let written = match &change.after {
            Some(after) => store::write_settings(&file.path, expected, after.as_bytes()),
            None => store::remove_settings(&file.path, expected),
        };
        if written.is_err() && change.receipt.is_some() {
            match &file.receipt {
                Some(old) => old.keep(&self.state, &file.path).context(keeping)?,
                None => Receipt::drop(&self.state, &file.path),
            }
        }
        written?;
        self.settle(change);
        Ok(())
    }

    /// Removes receipt, generated file and created folders after an uninstall.
    fn settle(&self, change: &FileChange) {
        let file = &change.file;
        if change.receipt.is_some() {
            return;
        }
        Receipt::drop(&self.state, &file.path);
        if let FileKind::Shell(shell) = file.kind
            && !change.is_nothing()
            && let Some(generated) = settings::generated(shell, self.env)
        {
            store::remove(&generated);
        }
        let made_below = file.receipt.as_ref().and_then(|receipt| receipt.made_below.as_deref());
        if let Some(root) = made_below.filter(|_| change.after.is_none()).map(Path::new) {
            let made = file.path.ancestors().skip(1).take_while(|folder| *folder != root);
            made.for_each(store::remove_empty_dir);
        }
    }
}
