//! What packagers and curious people ask for: rules, the default template, completions, the manual page.

use std::io::Write;

use clap::CommandFactory;

use crate::cli::{self, Cli, Shell};
use crate::policy::Policy;
use crate::render;
use crate::rules;

/// `pomona rules`
pub(crate) fn rules(args: &cli::Rules, out: &mut dyn Write) -> anyhow::Result<u8> {
    let text = if args.markdown { rules::markdown() } else { rules::text(&Policy::default().rules) };
    out.write_all(text.as_bytes())?;
    Ok(0)
}

/// `pomona template`
pub(crate) fn template(out: &mut dyn Write) -> anyhow::Result<u8> {
    out.write_all(render::list::TEMPLATE.as_bytes())?;
    Ok(0)
}

/// `pomona completions`
pub(crate) fn completions(shell: Shell, mut out: &mut dyn Write) {
    let mut command = Cli::command();
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Elvish => clap_complete::Shell::Elvish,
        Shell::Fish => clap_complete::Shell::Fish,
        Shell::Powershell => clap_complete::Shell::PowerShell,
        Shell::Zsh => clap_complete::Shell::Zsh,
    };
    clap_complete::generate(shell, &mut command, "pomona", &mut out);
}

/// `pomona man`: the pages of the program and of each command, one after the other.
pub(crate) fn man(mut out: &mut dyn Write) -> anyhow::Result<u8> {
    let command = Cli::command();
    clap_mangen::Man::new(command.clone()).render(&mut out)?;
    for sub in command.get_subcommands() {
        let name = format!("pomona-{}", sub.get_name());
        clap_mangen::Man::new(sub.clone().name(name)).render(&mut out)?;
    }
    Ok(0)
}
