//! The addresses of what moved, as far as the policy lets them be changed.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;

use crate::address::{self, Repository, Target};
use crate::commands::list_folder::ListFolder;
use crate::judgement::Judgements;
use crate::markdown::apply;
use crate::policy::Rewrite;
use crate::render::annotate::{Address, Annotations, annotate};
use crate::verdict::Verdict;

/// New addresses.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    /// By link: its new address.
    pub(crate) links: BTreeMap<usize, Address>,
    /// Each target that moved, and the one that it became.
    pub(crate) targets: BTreeMap<Target, Target>,
}

/// The new addresses of a list's links.
pub(crate) fn new_addresses(list: &ListFolder, judgements: &Judgements) -> Addresses {
    let mut addresses = Addresses::default();
    for (link, target) in list.targets.iter().enumerate() {
        let url = &list.document.links[link].url;
        let Some((address, old, new)) = address(list, judgements, url, target) else { continue };
        addresses.links.insert(link, address);
        addresses.targets.insert(old, new);
    }
    addresses
}

/// A list with its new addresses.
#[derive(Debug, Default)]
pub(crate) struct Readdressed {
    /// The text of each of its files.
    pub(crate) texts: Vec<String>,
    /// Each target that moved, and the one that it became.
    pub(crate) targets: BTreeMap<Target, Target>,
    /// The file, line and column of each link whose address changes.
    pub(crate) places: BTreeSet<(String, usize, usize)>,
}

/// Writes the new addresses into the text of each file.
pub(crate) fn readdressed(list: &ListFolder, judgements: &Judgements) -> anyhow::Result<Readdressed> {
    let mut readdressed = Readdressed::default();
    for file in list.files() {
        let Addresses { links, targets } = new_addresses(file, judgements);
        let places = links.keys().map(|link| file.place(*link));
        readdressed.places.extend(places.map(|place| (place.file, place.line, place.column)));
        let wanted = Annotations { addresses: links, ..Annotations::default() };
        let edits = annotate(&file.document, &file.text, &wanted);
        readdressed.texts.push(apply(&file.text, edits).context("the addresses cannot be changed")?);
        readdressed.targets.extend(targets);
    }
    Ok(readdressed)
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
