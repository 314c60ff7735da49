//! Builds the ranked list: entries first, then sections and their order, then what the blocks show.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Counts, Input, ListEntry, Placement, RankedList};
use crate::address::Target;
use crate::policy::{Grouping, Language, MarkName, Rank};
use crate::ranking::{Activity, Baseline};

/// Makes the ranked of a list.
pub fn build(input: &Input<'_>) -> RankedList {
    let first = input.judgements.ledger().records().map(|record| record.added).min();
    let mut builder = Builder { input, first, title: title_heading(input), baseline: Baseline::default() };
    builder.baseline = input.baseline.cloned().unwrap_or_else(|| builder.baseline());
    let entries: Vec<ListEntry> =
        input.document.entries.iter().enumerate().filter_map(|(index, entry)| builder.row(index, entry)).collect();
    let mut ranked = RankedList {
        title: builder.title_text(),
        source: input.source.to_owned(),
        output: input
            .policy
            .output
            .as_ref()
            .and_then(|output| output.names().first())
            .map_or("README.md", String::as_str)
            .to_owned(),
        language: input.policy.language.clone(),
        rules: input.policy.rank.clone(),
        as_of: input.judgements.ledger().as_of,
        formula: input.policy.rank.formula.number(),
        baseline: builder.baseline.clone(),
        entries,
        ..RankedList::empty()
    };
    builder.arrange(&mut ranked);
    rank(&mut ranked.entries);
    ranked.dead = dead(&ranked.entries);
    let size = input.policy.layout.block_size;
    ranked.top = ranked.find_top();
    ranked.trending = ranked.find_trending(size);
    ranked.new = ranked.find_new(size);
    ranked.newly_stale = ranked.find_newly_stale(size, input.policy.rank.stale_months);
    ranked.counts = counts(&ranked);
    ranked
}

/// What is at hand while a ranked is made.
pub(super) struct Builder<'a> {
    pub(super) input: &'a Input<'a>,
    /// The day of the first look of all.
    pub(super) first: Option<Date>,
    /// The heading that titles the list.
    pub(super) title: Option<usize>,
    /// What the list's entries are like.
    pub(super) baseline: Baseline,
}

impl Builder<'_> {
    fn title_text(&self) -> String {
        let configured = self.input.policy.layout.title.clone();
        let heading = self.title.and_then(|index| self.input.document.headings.get(index));
        configured.or_else(|| heading.map(|heading| heading.text.clone())).unwrap_or_else(|| "Awesome".to_owned())
    }

    /// The headings above an entry, outermost first, without the list's title.
    pub(super) fn path(&self, heading: Option<usize>) -> Vec<String> {
        let path = self.input.document.section(heading);
        let mut top = heading;
        while let Some(parent) = top.and_then(|at| self.input.document.headings.get(at)).and_then(|h| h.parent) {
            top = Some(parent);
        }
        let titled = top.is_some() && top == self.title;
        path.into_iter().skip(usize::from(titled)).collect()
    }

    /// Sections, the order in them, and each row's place.
    fn arrange(&self, ranked: &mut RankedList) {
        // A composed list has the sections of its source; only a whole-page template can group by facts.
        let layout = &self.input.policy.layout;
        let grouping = layout.template.as_ref().map_or(Grouping::Heading, |_| layout.group_by);
        let grouped = match grouping {
            Grouping::Heading => self.by_heading(&mut ranked.entries),
            Grouping::Language => self.by_fact(&mut ranked.entries, |row| row.forge.facts.language.clone().flatten()),
            Grouping::Licence => self.by_fact(&mut ranked.entries, |row| row.forge.licence.clone()),
        };
        for group in grouped {
            let index = ranked.sections.len();
            let section = self.place(group, &mut ranked.entries);
            for row in section.shown.iter().chain(&section.folded) {
                ranked.entries[*row].position.section = Some(index);
            }
            ranked.sections.push(section);
        }
        ranked.drop_empty();
    }
}

/// The first heading, where it is of level 1 and the only one of it.
fn title_heading(input: &Input<'_>) -> Option<usize> {
    let headings = &input.document.headings;
    let first = headings.first().filter(|heading| heading.level == 1)?;
    let alone = headings.iter().filter(|heading| heading.level == 1).count() == 1;
    (alone && !first.text.is_empty()).then_some(0)
}

/// Places among the ranked of the whole list, one for each target: by score, then stars, then target.
fn rank(rows: &mut [ListEntry]) {
    let mut ranked: BTreeMap<&Target, (f64, Option<u64>)> = BTreeMap::new();
    for row in rows.iter().filter(|row| matches!(row.position.placement, Placement::Shown | Placement::Folded)) {
        if let Some(score) = &row.status.score {
            ranked.insert(&row.ranked_by, (score.total, row.forge.facts.stars));
        }
    }
    let mut order: Vec<(&Target, (f64, Option<u64>))> = ranked.into_iter().collect();
    order.sort_by(|(_, a), (_, b)| b.0.total_cmp(&a.0).then_with(|| b.1.cmp(&a.1)));
    let places: BTreeMap<Target, usize> =
        order.into_iter().enumerate().map(|(at, (target, _))| (target.clone(), at + 1)).collect();
    for row in rows {
        if row.status.score.is_some() && matches!(row.position.placement, Placement::Shown | Placement::Folded) {
            row.position.rank = places.get(&row.ranked_by).copied();
        }
    }
}

/// What is dead, the newest first.
fn dead(rows: &[ListEntry]) -> Vec<usize> {
    let mut dead: Vec<usize> =
        (0..rows.len()).filter(|index| rows[*index].position.placement == Placement::Dead).collect();
    dead.sort_by(|a, b| rows[*b].status.judgement.since.cmp(&rows[*a].status.judgement.since).then(a.cmp(b)));
    dead
}

fn counts(ranked: &RankedList) -> Counts {
    let listed =
        || ranked.entries.iter().filter(|row| matches!(row.position.placement, Placement::Shown | Placement::Folded));
    let marked = |mark| listed().filter(|row| row.status.marks.contains(&mark)).count();
    let at = |activity| listed().filter(|row| row.forge.activity == Some(activity)).count();
    Counts {
        projects: listed().filter(|row| row.status.score.is_some()).count(),
        links: listed().filter(|row| row.status.score.is_none()).count(),
        sections: ranked.sections.iter().filter(|s| !s.shown.is_empty() || !s.folded.is_empty()).count(),
        active: at(Activity::Active),
        slow: at(Activity::Slow),
        stale: at(Activity::Stale),
        archived: marked(MarkName::Archived),
        moved: marked(MarkName::Moved),
        dead: ranked.dead.len(),
    }
}

impl RankedList {
    fn empty() -> Self {
        Self {
            title: String::new(),
            source: String::new(),
            output: String::new(),
            language: Language::default(),
            rules: Rank::default(),
            as_of: None,
            formula: Rank::default().formula.number(),
            baseline: Baseline::default(),
            sections: Vec::new(),
            entries: Vec::new(),
            dead: Vec::new(),
            top: Vec::new(),
            trending: Vec::new(),
            new: Vec::new(),
            newly_stale: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// Leaves out sections without entries, their own or in sections nested in them.
    fn drop_empty(&mut self) {
        let kept: Vec<bool> = (0..self.sections.len()).map(|index| self.listed(index) > 0).collect();
        let mut moved = Vec::with_capacity(kept.len());
        let mut next = 0;
        for keep in &kept {
            moved.push(next);
            next += usize::from(*keep);
        }
        let mut keep = kept.iter();
        self.sections.retain(|_| keep.next().copied().unwrap_or(false));
        for row in &mut self.entries {
            row.position.section = row.position.section.map(|section| moved[section]);
        }
    }
}
