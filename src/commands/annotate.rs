//! The list edited in place: what is to be written into it, from what is held of its entries.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;

use crate::address::{self, Repository, Target};
use crate::commands::list_folder::ListFolder;
use crate::finding::{Finding, notice};
use crate::judgement::Judgements;
use crate::markdown::{Note, apply};
use crate::policy::{Block, Layout, Order, Removal, Rewrite};
use crate::ranked_list::{self, ListEntry, Placement, RankedList, Words};
use crate::render::annotate::{Address, Annotations, annotate, removable};
use crate::render::contents::{Contents, contents};
use crate::render::list;
use crate::verdict::Verdict;

/// The source with Pomona's notes, blocks and order, and what is to be told about it.
pub(crate) fn annotated(list: &ListFolder, ranked: &RankedList) -> anyhow::Result<(String, Vec<Finding>)> {
    let layout = &list.policy.layout;
    let mut wanted =
        Annotations { notes: notes(ranked, layout), order: order(ranked, layout), ..Annotations::default() };
    if layout.removal == Removal::Graveyard {
        wanted.removed = removed(list, ranked);
    }
    let findings = blocks(list, ranked, &mut wanted);
    let edits = annotate(&list.document, &list.text, &wanted);
    let text = apply(&list.text, edits).context("the list cannot be annotated")?;
    Ok((text, findings))
}

/// The source with the new addresses of what moved, as far as the policy lets them be changed, and which
/// targets they stand for now.
pub(crate) fn readdressed(
    list: &ListFolder,
    judgements: &Judgements,
) -> anyhow::Result<(String, Vec<(Target, Target)>)> {
    let mut wanted = Annotations::default();
    let mut renamed = BTreeMap::new();
    for (link, target) in list.targets.iter().enumerate() {
        let url = &list.document.links[link].url;
        let Some((address, repository, new)) = address(list, judgements, url, target) else { continue };
        wanted.addresses.insert(link, address);
        renamed.insert(repository, new);
    }
    let edits = annotate(&list.document, &list.text, &wanted);
    let text = apply(&list.text, edits).context("the addresses cannot be changed")?;
    Ok((text, renamed.into_iter().collect()))
}

/// The new address of a link with the address `url` to `target`, with the target that moved and the one it became.
fn address(
    list: &ListFolder,
    judgements: &Judgements,
    url: &str,
    target: &Target,
) -> Option<(Address, Target, Target)> {
    let allowed = list.policy.rewrite;
    if let Some(repository) = target.repository().filter(|_| allowed >= Rewrite::Renames) {
        let named = Target::Repository(repository.clone());
        let to = new_name(list, judgements, &named)?;
        let new = list.forges.target(&to);
        let Target::Repository(Repository { forge, .. }) = &new else { return None };
        let path = to.split_once("//")?.1.split_once('/')?.1.trim_end_matches('/').to_owned();
        let same_forge = *forge == repository.forge;
        return same_forge.then(|| (Address::Renamed { from: repository.path.clone(), to: path }, named, new));
    }
    if allowed == Rewrite::Redirects && matches!(target, Target::Page(_)) {
        let judged = judgements.judge(target);
        let to = judged.moved_to.filter(|_| judged.verdict == Verdict::Moved && judged.suspicions.is_empty())?;
        let written = address::redirected(url, &to)?;
        return Some((Address::Moved(written), target.clone(), list.forges.target(&to)));
    }
    None
}

fn new_name(list: &ListFolder, judgements: &Judgements, repository: &Target) -> Option<String> {
    let record = judgements.record(repository).filter(|record| record.reused.is_none())?;
    let moved = record.moved.as_ref().filter(|_| judgements.judge(repository).verdict == Verdict::Moved)?;
    (list.forges.target(&moved.to) != *repository).then(|| moved.to.clone())
}

/// The note of every entry that something is known of. One that nothing is known of keeps the note it has.
fn notes(ranked: &RankedList, layout: &Layout) -> BTreeMap<usize, Option<Note>> {
    let words = Words::new(&ranked.language, layout);
    let known = ranked.entries.iter().filter(|row| !row.forge.facts.is_empty() || row.mark(layout).is_some());
    known.map(|row| (row.source.entry, ranked_list::note(row, layout, &words))).collect()
}

/// The ranks by which entries change places, where the policy asks for an order.
fn order(ranked: &RankedList, layout: &Layout) -> BTreeMap<usize, u64> {
    let mut rows: Vec<&ListEntry> = ranked.entries.iter().filter(|row| asked(row, layout).is_some()).collect();
    rows.sort_by(|a, b| match asked(a, layout) {
        Some(Order::Name) => a.title.to_lowercase().cmp(&b.title.to_lowercase()),
        Some(Order::Stars) => b.forge.facts.stars.cmp(&a.forge.facts.stars),
        _ => place(a).cmp(&place(b)),
    });
    rows.iter().zip(0..).map(|(row, rank)| (row.source.entry, rank)).collect()
}

fn place(row: &ListEntry) -> (usize, usize) {
    (row.position.place.unwrap_or(usize::MAX), row.source.entry)
}

fn asked(row: &ListEntry, layout: &Layout) -> Option<Order> {
    let heading = row.position.path.last().map(String::as_str).unwrap_or_default();
    layout.of(heading).order.filter(|order| *order != Order::None)
}

/// The entries that are surely dead and can be taken out, where there is a block that they go to.
fn removed(list: &ListFolder, ranked: &RankedList) -> BTreeSet<usize> {
    if !list.document.blocks.iter().any(|block| block.name == "dead") {
        return BTreeSet::new();
    }
    let dead = ranked
        .entries
        .iter()
        .filter(|row| row.position.placement == Placement::Dead)
        .map(|row| row.source.entry)
        .collect();
    let whole = |entry: &usize| removable(&list.document, &list.text, *entry, &dead).is_some();
    dead.iter().copied().filter(whole).collect()
}

/// Fills the blocks that the source has; tells of those that nobody knows.
fn blocks(list: &ListFolder, ranked: &RankedList, wanted: &mut Annotations) -> Vec<Finding> {
    let mut findings = Vec::new();
    for block in &list.document.blocks {
        let content = match block.name.as_str() {
            "contents" => contents(&list.document, "contents", &Contents::default()),
            "trending" => list::block(ranked, &list.policy.layout, Block::Trending),
            "new" => list::block(ranked, &list.policy.layout, Block::New),
            "newly-stale" => list::block(ranked, &list.policy.layout, Block::NewlyStale),
            "statistics" => list::block(ranked, &list.policy.layout, Block::Statistics),
            "dead" => graveyard(list, ranked, &list.text[block.content.clone()]),
            other => {
                let message = format!("`{other}` is no block that Pomona writes");
                let help = "one of `contents`, `trending`, `new`, `newly-stale`, `statistics`, `gone`";
                findings.push(Finding::new(&notice::UNKNOWN_BLOCK, message).help(help));
                continue;
            }
        };
        wanted.blocks.insert(block.name.clone(), content);
    }
    findings
}

/// The block of what is gone: what it holds already, where entries were moved into it, and what is new.
fn graveyard(list: &ListFolder, ranked: &RankedList, before: &str) -> String {
    let new = list::block(ranked, &list.policy.layout, Block::Dead);
    if list.policy.layout.removal == Removal::None {
        return new;
    }
    let kept: BTreeSet<&str> = new.lines().collect();
    let dead_since = before.lines().filter(|line| !line.trim().is_empty() && !kept.contains(line));
    new.lines().chain(dead_since).collect::<Vec<_>>().join("\n")
}
