//! The keys of the layout that change the form of a list, which only an `output` can have.

use super::{Below, EmptySections, Grouping, Layout, Style};

impl Layout {
    /// The keys that are set and have no effect on a list that is written in place.
    pub fn needing_output(&self) -> Vec<String> {
        let own = [
            ("title", self.title.is_some()),
            ("style", self.style != Style::default()),
            ("medals", self.medals),
            ("group-by", self.group_by != Grouping::default()),
            ("top", self.top.is_some()),
            ("min-stars", self.min_stars.is_some()),
            ("licences", !self.licences.is_empty()),
            ("below", self.below != Below::default()),
            ("hidden", !self.hidden.is_empty()),
            ("blocks", !self.blocks.is_empty()),
            ("empty-sections", self.empty_sections != EmptySections::default()),
            ("template", self.template.is_some()),
        ];
        let own = own.into_iter().filter(|(_, set)| *set).map(|(key, _)| key.to_owned());
        let sections = self.sections.iter().flat_map(|(name, section)| {
            let keys = [
                ("style", section.style.is_some()),
                ("medals", section.medals.is_some()),
                ("top", section.top.is_some()),
                ("min-stars", section.min_stars.is_some()),
                ("hidden", section.hidden),
            ];
            keys.into_iter().filter(|(_, set)| *set).map(move |(key, _)| format!("sections.{name}.{key}"))
        });
        own.chain(sections).collect()
    }
}
