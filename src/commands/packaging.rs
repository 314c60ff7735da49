//! Pages for packagers and editors: rules, the default template, completions, manual pages.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use schemars::generate::SchemaSettings;

use crate::cli::{self, SchemaOf};
use crate::explain;
use crate::policy::{self, Policy};
use crate::render;
use crate::report;
use crate::rules;
use crate::store;

/// `pomona rules`
pub(crate) fn rules(markdown: bool, out: &mut dyn Write) -> anyhow::Result<u8> {
    let text = if markdown { rules::markdown() } else { rules::text(&Policy::default().rules) };
    out.write_all(text.as_bytes())?;
    Ok(0)
}

/// `pomona schema`
pub(crate) fn schema(of: SchemaOf, markdown: bool, out: &mut dyn Write) -> anyhow::Result<u8> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = match of {
        SchemaOf::Policy if markdown => {
            out.write_all(policy::reference().as_bytes())?;
            return Ok(0);
        }
        _ if markdown => bail!("`--markdown` is for the policy alone\nhelp: docs/json.md describes the other formats"),
        SchemaOf::Policy => policy::schema(),
        SchemaOf::Check => report::schema(generator).to_value(),
        SchemaOf::CheckLine => report::line_schema(generator).to_value(),
        SchemaOf::Link => report::links::schema(generator).to_value(),
        SchemaOf::List => render::export::json_schema(generator).to_value(),
        SchemaOf::Explain => explain::schema(generator).to_value(),
    };
    writeln!(out, "{schema:#}")?;
    Ok(0)
}

/// `pomona template`
pub(crate) fn template(out: &mut dyn Write) -> anyhow::Result<u8> {
    out.write_all(render::list::TEMPLATE.as_bytes())?;
    Ok(0)
}

/// `pomona completions`
pub(crate) fn completions(shell: clap_complete::Shell, mut out: &mut dyn Write) {
    clap_complete::generate(shell, &mut cli::command(), "pomona", &mut out);
}

/// `pomona man`: one page to standard output, or one file for each command.
pub(crate) fn man(named: Option<&str>, folder: Option<&Path>, out: &mut dyn Write) -> anyhow::Result<u8> {
    let pages = pages()?;
    if let Some(folder) = folder {
        for (name, text) in &pages {
            store::write(&folder.join(format!("{name}.1")), text)?;
        }
        return Ok(0);
    }
    let name = named.map_or_else(|| "pomona".to_owned(), |command| format!("pomona-{command}"));
    let Some((_, text)) = pages.iter().find(|(page, _)| *page == name) else {
        bail!("unknown command `{}`\nhelp: `pomona help` lists the commands", named.unwrap_or_default());
    };
    out.write_all(text.as_bytes())?;
    Ok(0)
}

/// Every manual page by its name: that of the program first.
fn pages() -> anyhow::Result<Vec<(String, String)>> {
    // `help` is added by clap when the command is built; it is no page of its own.
    let mut root = cli::command().disable_help_subcommand(true);
    root.build();
    let mut pages = vec![("pomona".to_owned(), page(root.clone())?)];
    for command in root.get_subcommands() {
        let name = format!("pomona-{}", command.get_name());
        pages.push((name.clone(), page(command.clone().name(name))?));
    }
    Ok(pages)
}

fn page(command: clap::Command) -> anyhow::Result<String> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text)?;
    String::from_utf8(text).context("the manual page is not valid UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_that_names_it() {
        let pages = pages().unwrap();
        let commands = cli::command().get_subcommands().count();
        assert_eq!(pages.len(), commands + 1);
        for (name, text) in &pages {
            assert!(text.contains(&format!(".TH {name} 1")), "{name}: {text}");
        }
        assert!(man(Some("odd"), None, &mut Vec::new()).is_err());
    }
}
