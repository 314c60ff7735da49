//! One entry with everything that is known of it.

use jiff::civil::Date;

use super::behind::behind;
use super::build::Builder;
use super::{Behind, EntryPosition, EntryStatus, ForgeFields, Input, ListEntry, Placement, SourceFields};
use crate::address::{self, Target};
use crate::ledger::Record;
use crate::markdown::{Entry, Link, is_source};
use crate::observation::FailureClass;
use crate::policy::{MarkName, Rewrite};
use crate::ranking::{self, Activity, Baseline, Project, months};
use crate::replacement::Replacement;
use crate::verdict::{Judgement, Verdict};

/// An entry that was added at most this many months before the list's month is new.
const NEW_MONTHS: u32 = 1;

/// What joins the links of an entry that names several has at most so many bytes: `, and `.
const LONGEST_JOINT: usize = 6;

impl Builder<'_> {
    /// The row of the entry at `index`; none for what is no entry of a list, such as a line of its contents.
    pub(super) fn row(&self, index: usize, entry: &Entry) -> Option<ListEntry> {
        let links = &self.input.document.links;
        let link = links.get(entry.link)?;
        let target = self.input.forges.target(&link.url);
        if matches!(target, Target::Anchor(_)) {
            return None;
        }
        let (ranked_by, behind) = self.ranked_by(entry)?;
        let record = self.input.judgements.ledger().get(&ranked_by);
        let judgement = self.input.judgements.judge(&target);
        let (url, moved_from) = self.address(link, &target, &judgement);
        let replacements = self.replacements(&target, &ranked_by, &url);
        let source = SourceFields {
            title: entry.title.clone(),
            url: link.url.clone(),
            description: entry.description.clone().filter(|text| !text.trim().is_empty()),
            finished: entry.finished,
            file: None,
            line: link.line,
            entry: index,
        };
        let others = self.others(index, entry, &ranked_by);
        let forge = ForgeFields { others, ..self.forge_fields(&target, &ranked_by, record) };
        let position = EntryPosition {
            placement: Placement::Shown,
            section: None,
            path: Vec::new(),
            place: None,
            rank: None,
            depth: 0,
            pinned: false,
        };
        let mut row = ListEntry {
            title: self.title(link, &source, &target, &url, record),
            url,
            description: source.description.clone().or_else(|| forge.facts.description.clone().flatten()),
            target,
            ranked_by,
            behind,
            source,
            forge,
            status: EntryStatus { judgement, marks: Vec::new(), score: None, moved_from, replacements },
            position,
        };
        self.score(&mut row, entry, record);
        row.status.marks = self.marks(&row);
        Some(row)
    }

    fn forge_fields(&self, target: &Target, ranked_by: &Target, record: Option<&Record>) -> ForgeFields {
        let facts = record.map(|record| record.facts.clone()).unwrap_or_default();
        ForgeFields {
            likes: ranking::counts_likes(ranked_by),
            licence: ranking::known_licence(&facts).flatten().map(str::to_owned),
            archived_since: record
                .filter(|_| facts.archived == Some(true))
                .and_then(|record| record.dates.get("archived").copied()),
            added: record.or_else(|| self.input.judgements.ledger().get(target)).map(|record| record.added),
            facts,
            ..ForgeFields::default()
        }
    }

    fn score(&self, row: &mut ListEntry, entry: &Entry, record: Option<&Record>) {
        let (Some(record), Some(as_of)) = (record, self.input.judgements.ledger().as_of) else { return };
        let rank = &self.input.policy.rank;
        let id = row.forge.facts.id;
        let project = self.project(entry, record, &row.ranked_by, as_of);
        row.forge.known = project.old_since();
        let is_recent = row.forge.known.is_none_or(|known| months(known, as_of) <= rank.active_months);
        row.forge.activity = ranking::activity(record, as_of, rank).filter(|_| is_recent);
        row.forge.growth = project.growth;
        row.status.score = ranking::score(&project, &self.baseline, rank);
        row.forge.anomaly = ranking::anomaly(record, self.input.history.of(id, &row.ranked_by), as_of);
    }

    /// What the score of an entry that is ranked by `target` is computed from.
    fn project<'r>(&self, entry: &'r Entry, record: &'r Record, target: &Target, as_of: Date) -> Project<'r> {
        let growth = self.input.history.growth(record.facts.id, target);
        Project { record, growth, finished: entry.finished, licence: entry.licence.as_deref(), as_of }
    }

    /// What the entries of the list are like, for the facts that are unknown of one of them.
    pub(super) fn baseline(&self) -> Baseline {
        let Some(as_of) = self.input.judgements.ledger().as_of else { return Baseline::default() };
        let projects = self.input.document.entries.iter().filter_map(|entry| {
            let (target, _) = self.ranked_by(entry)?;
            let record = self.input.judgements.ledger().get(&target)?;
            Some(self.project(entry, record, &target, as_of))
        });
        Baseline::of(projects, &self.input.policy.rank)
    }

    /// The stars of the other repositories that an entry names beside its own, as in `[a], [b] and [c] - Three.`, each
    /// once: those whose links follow each other with no more than a word between them.
    fn others(&self, index: usize, entry: &Entry, ranked_by: &Target) -> Vec<Option<u64>> {
        let links = &self.input.document.links;
        let (mut seen, mut stars) = (vec![ranked_by.clone()], Vec::new());
        let mut end = links.get(entry.link).map_or(0, |link| link.span.end);
        for link in links.iter().skip(entry.link + 1) {
            if link.entry != Some(index) || link.span.start.saturating_sub(end) > LONGEST_JOINT {
                break;
            }
            end = link.span.end;
            let target = self.input.forges.target(&link.url);
            let is_other = matches!(target, Target::Repository(_)) && !seen.contains(&target);
            if is_other && !link.kind.is_image() && !is_source(&link.text) {
                stars.push(self.input.judgements.ledger().get(&target).and_then(|record| record.facts.stars));
                seen.push(target);
            }
        }
        stars
    }

    /// What an entry is ranked by: the repository that one of its links names, else the one that its page names.
    fn ranked_by(&self, entry: &Entry) -> Option<(Target, Option<Behind>)> {
        let links = &self.input.document.links;
        let link = links.get(entry.ranked_by).or_else(|| links.get(entry.link))?;
        let target = self.input.forges.target(&link.url).looked_at();
        let Input { judgements, forges, policy, .. } = self.input;
        let behind = behind(&target, judgements.ledger(), forges, policy.rank.page_repositories);
        let counted = behind.as_ref().filter(|behind| behind.status.counts()).map(|behind| behind.repository.clone());
        Some((counted.unwrap_or(target), behind))
    }

    /// What may take the place of an entry, without the address that the list links for it already.
    fn replacements(&self, target: &Target, ranked_by: &Target, url: &str) -> Vec<Replacement> {
        let mut found = self.input.judgements.replacements(target);
        if found.is_empty() && ranked_by != target {
            found = self.input.judgements.replacements(ranked_by);
        }
        found.retain(|replacement| replacement.url != url);
        found
    }

    /// The address that the list links, and the old one where it is another: a renamed repository's new address
    /// always, another page's only where the policy rewrites it and it stays within its domain.
    fn address(&self, link: &Link, target: &Target, judgement: &Judgement) -> (String, Option<String>) {
        let stays = (link.url.clone(), None);
        let Some(to) = judgement.moved_to.as_deref().filter(|_| judgement.verdict == Verdict::Moved) else {
            return stays;
        };
        match target {
            Target::Repository(repository) => {
                let old = written_path(&link.url).unwrap_or_else(|| repository.path.clone());
                (to.to_owned(), Some(old))
            }
            Target::Owner(owner) => (to.to_owned(), Some(owner.login.clone())),
            Target::Page(_) if self.input.policy.rewrite == Rewrite::Redirects => {
                address::redirected(&link.url, to).map_or(stays, |written| (written, Some(link.url.clone())))
            }
            _ => stays,
        }
    }

    fn title(&self, link: &Link, source: &SourceFields, target: &Target, url: &str, record: Option<&Record>) -> String {
        let written = source.title.trim();
        let old = written_path(&source.url);
        let is_bare =
            written.is_empty() || written == link.url || address::display(written) == address::display(&link.url);
        let is_name = old.as_deref().is_some_and(|old| old.eq_ignore_ascii_case(written));
        let own = self.input.judgements.ledger().get(target);
        match target {
            Target::Repository(repository) if is_bare || is_name => own
                .or(record)
                .and_then(|record| record.facts.name.clone())
                .or_else(|| written_path(url))
                .unwrap_or_else(|| repository.path.clone()),
            Target::Owner(owner) if is_bare => {
                own.and_then(|record| record.facts.name.clone()).unwrap_or_else(|| owner.login.clone())
            }
            // A name that a person wrote stays, even where it is the address in short: a page's title is another's word.
            _ if written.is_empty() || written == link.url => {
                own.and_then(|record| record.title.clone()).unwrap_or_else(|| address::display(url).to_owned())
            }
            _ => written.to_owned(),
        }
    }

    /// Every mark that applies, most severe first.
    fn marks(&self, row: &ListEntry) -> Vec<MarkName> {
        let mut marks = Vec::new();
        let mut mark = |applies: bool, name| {
            if applies {
                marks.push(name);
            }
        };
        let is = |fact: Option<bool>| fact == Some(true);
        let facts = &row.forge.facts;
        let verdict = row.status.judgement.verdict;
        let still = is(facts.archived) || is(facts.disabled) || verdict == Verdict::Dead;
        mark(verdict == Verdict::Dead, MarkName::Dead);
        mark(row.status.judgement.class == Some(FailureClass::ReusedName), MarkName::Reused);
        mark(is(facts.disabled), MarkName::Disabled);
        mark(is(facts.archived), MarkName::Archived);
        mark(verdict == Verdict::Failing, MarkName::Failing);
        mark(verdict == Verdict::Walled, MarkName::Walled);
        mark(verdict == Verdict::Moved, MarkName::Moved);
        mark(is(facts.fork), MarkName::Fork);
        mark(is(facts.mirror), MarkName::Mirror);
        mark(self.is_new(row), MarkName::New);
        if let Some(anomaly) = row.forge.anomaly {
            mark(true, anomaly.mark());
        }
        match row.forge.activity {
            _ if still => {}
            Some(Activity::Slow | Activity::Stale) | None if row.source.finished => mark(true, MarkName::Finished),
            Some(activity) => mark(true, activity.mark()),
            None => {}
        }
        marks.sort_unstable();
        marks
    }

    /// Whether it was added lately, and not with the list's first look.
    fn is_new(&self, row: &ListEntry) -> bool {
        let (Some(added), Some(as_of)) = (row.forge.added, self.input.judgements.ledger().as_of) else { return false };
        let first = self.first.is_some_and(|first| (added - first).get_days() <= 7);
        !first && months(added, as_of) <= NEW_MONTHS
    }
}

/// The first two segments of an address's path, as they are written there.
fn written_path(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let segments: Vec<&str> = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
    let text = segments.join("/");
    let text = text.strip_suffix(".git").unwrap_or(&text);
    (segments.len() >= 2).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_for_people() {
        assert_eq!(
            written_path("https://github.com/CompVis/latent-diffusion.git"),
            Some("CompVis/latent-diffusion".to_owned())
        );
        assert_eq!(written_path("https://netron.app"), None);
    }
}
