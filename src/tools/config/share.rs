//! Theme, layout and icons in one file that others can use.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, anyhow, bail};

use crate::base::text::Text;
use crate::cli::Consent;
use crate::config::Invocation;
use crate::store::{self, Trust};
use crate::tools::console::Console;
use crate::tools::files::{self, Files};

/// Maximum size of a shared file in bytes, as for a config.
const MAX_SHARED: u64 = 64 * 1024;

pub(super) fn export(file: &Path, call: &Invocation, out: &mut impl Write) -> anyhow::Result<()> {
    let place = Text::new(file.to_string_lossy());
    if file.exists() {
        bail!("{place}: already exists; nothing was written");
    }
    let text = Files::read(&call.paths)?.to_shared();
    store::write_settings(file, None, text.as_bytes()).with_context(|| place.to_string())?;
    writeln!(out, "{place}: written").context("standard output")
}

/// Imports a shared file. For settings that affect more than looks the user is always asked separately, whatever the
/// flags.
pub(super) fn import(file: &Path, consent: Consent, call: &Invocation) -> anyhow::Result<()> {
    let place = file.display().to_string();
    let mut console = Console::new(&call.env);
    let text = store::read_text(file, Trust::Lenient, MAX_SHARED);
    let text = text.map_err(|absent| anyhow!("{place}: the file is {absent}"))?;
    let shared = Files::from_shared(&text).map_err(|why| anyhow!("{place}: {why}; nothing was changed"))?;
    let mistakes = shared.mistakes(file);
    mistakes.iter().try_for_each(|mistake| console.warn(mistake))?;
    if !mistakes.is_empty() {
        bail!("{place}: has mistakes; nothing was changed");
    }
    let (old, mut new) = (Files::read(&call.paths)?, shared);
    let reaching = new.reaching();
    new.themes = old.themes.clone().into_iter().chain(new.themes).collect();
    if new == old {
        return console.say("nothing to do");
    }
    let path = files::config_path(&call.paths)?.display().to_string();
    console.show_diff(&path, Some(&old.config), Some(&new.config))?;
    for (name, before, after) in new.changed_themes(&old) {
        let path = files::theme_path(name, &call.paths)?.display().to_string();
        console.show_diff(&path, before, after)?;
    }
    if !agreed(&reaching, consent, &mut console)? {
        return console.say("nothing was changed");
    }
    new.write(&old, &call.paths)?;
    console.say(&format!("{path}: written"))
}

fn agreed(reaching: &[String], consent: Consent, console: &mut Console) -> anyhow::Result<bool> {
    if consent.dry_run || (consent.yes && reaching.is_empty()) {
        return Ok(consent.yes);
    }
    if !console.is_interactive {
        let how = if reaching.is_empty() {
            "use --yes to apply"
        } else {
            "it contains commands, which --yes does not approve"
        };
        bail!("nothing was changed: standard input is not a terminal; {how}");
    }
    if reaching.is_empty() {
        return console.agrees("Make these changes?");
    }
    reaching.iter().try_for_each(|setting| console.warn(setting))?;
    console.agrees("It runs these commands or reads these variables on your machine. Do you trust its author?")
}
