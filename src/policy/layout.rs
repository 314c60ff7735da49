//! What the written list looks like.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the written list looks like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Layout {
    /// The title of a generated list; else the source's first heading of level 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How entries are written: `bullets` (default), `table` or `details`.
    pub style: Style,
    /// Whether the first three of a section wear medals.
    pub medals: bool,
    /// What makes a section of a generated list: the source's `heading` (default), the `language` or the
    /// `licence`.
    pub group_by: Grouping,
    /// In which order entries stand. Not set: by `score` in an `output`, and `none`, as their author put
    /// them, in a list that is annotated in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// Whether sections whose heading is an entry, such as `## [Name](address)`, are ordered too (default: they keep
    /// their places). A section moves with all its text, among its neighbours of the same level.
    pub order_headings: bool,
    /// In which order those stand that have no stars, after those that have: as in the `source` (default) or
    /// by `name`.
    pub unranked: Unranked,
    /// Neighbours change places only when the lower leads by this many points (default 2).
    pub dead_band: f64,
    /// How many entries of a section are shown; the rest is folded. Not set: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<usize>,
    /// The stars that an entry needs, as `[enter, leave]`: it comes in at the first figure and goes when it falls
    /// below the second. One number alone leaves at four fifths of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_stars: Option<Edges>,
    /// The licences that an entry may have, by SPDX identifier; `*` stands for any that is known. Empty: it need
    /// not have one. An entry that was shown goes only when its licence is known to be another or none.
    pub licences: Vec<String>,
    /// What becomes of entries without the stars or the licence asked for: `fold` (default) or `hide`.
    pub below: Below,
    /// Entries that stand first in their section, in this order: by address, canonical target or `owner/name`.
    pub pinned: Vec<String>,
    /// Entries that are left out, named in the same way.
    pub hidden: Vec<String>,
    /// What is different in single sections, by the text of their heading.
    #[schemars(example = serde_json::json!({ "Editors": { "top": 10 } }))]
    pub sections: BTreeMap<String, SectionLayout>,
    /// The width at which a description is cut at a word, in columns: a Chinese character takes two. 0: never.
    pub description_width: usize,
    /// What the note behind an entry contains, in this order (default `["stars", "mark"]`).
    pub note: Vec<Figure>,
    /// What the note has of the stars of an entry that names several repositories, `[a], [b] and [c] - Three.`: those of
    /// `each` (default), in their order, of the `first`, or `none`.
    pub several: Several,
    /// The marks that are shown, in lists and notes.
    pub marks: Vec<MarkName>,
    /// The blocks that are added to an `output` where the source has no marker for them.
    pub blocks: Vec<Block>,
    /// How many entries the blocks `trending`, `new` and `newly-stale` list at most (default 5).
    pub block_size: usize,
    /// The files of a badge that are written beside the list, of the share of its links that answer: `json`, for the
    /// endpoint of shields.io, is `pomona.badge.json`, and `svg`, the picture itself, `pomona.badge.svg`.
    pub badge: Vec<BadgeFormat>,
    /// Where dead entries go: `none` (default), they stay where they are, or `block`, they move into the block `dead`.
    pub removal: Removal,
    /// Whether an `output` has the headings under which nothing stands: `keep` (default) or `drop`.
    pub empty_sections: EmptySections,
    /// The list's own words, each replaceable: `contents = "In this list"`. The names are those that
    /// `pomona template` lists.
    pub words: BTreeMap<String, String>,
    /// How what Pomona writes looks, by name, each a template of a few lines (minijinja): `entry`, an entry that is a
    /// bare address, in an `output`; `line`, an entry in the blocks `top`, `trending`, `new` and `newly-stale`; and the
    /// content of a block by its name. `{{ link }}`, `title`, `url`, `description`, `stars`, `count`, `language`,
    /// `licence`, `state`, `section`, `detail` and `figures` are of an entry; `title`, `lines`, `entries`, `projects`, `links`,
    /// `sections`, `dead`, `stars` and `as_of` of a block.
    #[schemars(example = serde_json::json!({ "entry": "{{ link }}: {{ description }}" }))]
    pub templates: BTreeMap<String, String>,
    /// The file with the template of the generated list, in the list's folder; else the one that is built in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The size in bytes past which a list is reported as too large (default 524 288: GitHub renders no larger file).
    pub size_limit: usize,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            title: None,
            style: Style::default(),
            medals: false,
            group_by: Grouping::default(),
            order: None,
            order_headings: false,
            unranked: Unranked::default(),
            dead_band: 2.0,
            top: None,
            min_stars: None,
            licences: Vec::new(),
            below: Below::default(),
            pinned: Vec::new(),
            hidden: Vec::new(),
            sections: BTreeMap::new(),
            description_width: 120,
            note: vec![Figure::Stars, Figure::Mark],
            several: Several::default(),
            marks: MarkName::DEFAULT.to_vec(),
            blocks: Vec::new(),
            block_size: 5,
            badge: Vec::new(),
            removal: Removal::default(),
            empty_sections: EmptySections::default(),
            words: BTreeMap::new(),
            templates: BTreeMap::new(),
            template: None,
            size_limit: 512 * 1024,
        }
    }
}

/// What is different in one section; what is not set is as in the whole list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SectionLayout {
    /// As `style` of `[layout]`, for this section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<Style>,
    /// As `medals` of `[layout]`, for this section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medals: Option<bool>,
    /// As `order` of `[layout]`, for this section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// As `top` of `[layout]`, for this section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<usize>,
    /// As `min-stars` of `[layout]`, for this section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_stars: Option<Edges>,
    /// Whether the section is left out of a generated list.
    pub hidden: bool,
}

impl Layout {
    /// The layout of the section under `heading`.
    #[must_use]
    pub fn of(&self, heading: &str) -> Self {
        let Some(section) = self.sections.get(heading) else { return self.clone() };
        Self {
            style: section.style.unwrap_or(self.style),
            medals: section.medals.unwrap_or(self.medals),
            order: section.order.or(self.order),
            top: section.top.or(self.top),
            min_stars: section.min_stars.or(self.min_stars),
            ..self.clone()
        }
    }

    /// Whether the section under `heading` is left out.
    pub fn hides(&self, heading: &str) -> bool {
        self.sections.get(heading).is_some_and(|section| section.hidden)
    }
}

macro_rules! choices {
    ($($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
            #[serde(rename_all = "kebab-case")]
            pub enum $name { $($(#[$doc])* $variant,)* }
        )*
    };
}

choices! {
    /// How entries are written.
    #[derive(Default)]
    Style {
        /// One line each: the smallest change when a figure moves.
        #[default]
        Bullets,
        /// A table a section.
        Table,
        /// One line each that unfolds to the rest.
        Details,
    }
    /// What makes a section.
    #[derive(Default)]
    Grouping {
        /// The source's headings.
        #[default]
        Heading,
        /// The main language.
        Language,
        /// The licence.
        Licence,
    }
    /// In which order entries stand.
    Order {
        /// As their author put them.
        None,
        /// Best score first.
        Score,
        /// Most stars first.
        Stars,
        /// By title.
        Name,
    }
    /// In which order entries without stars stand.
    #[derive(Default)]
    Unranked {
        /// As their author put them.
        #[default]
        Source,
        /// By title.
        Name,
    }
    /// What becomes of entries that miss a threshold.
    #[derive(Default)]
    Below {
        /// They are folded away at the end of their section.
        #[default]
        Fold,
        /// They are left out.
        Hide,
    }
    /// A file of the badge.
    BadgeFormat {
        /// For the endpoint of shields.io.
        Json,
        /// The picture.
        Svg,
    }
    /// Where dead entries go.
    #[derive(Default)]
    Removal {
        /// They stay where they are.
        #[default]
        None,
        /// They move into the block `dead`, with the reason and the day, and back once they answer again.
        Block,
    }
    /// Whether headings are kept under which nothing stands.
    #[derive(Default)]
    EmptySections {
        /// They are.
        #[default]
        Keep,
        /// They are left out.
        Drop,
    }
    /// Which stars the note of an entry with several repositories has.
    #[derive(Default)]
    Several {
        /// Those of each, in the order of the links.
        #[default]
        Each,
        /// Those of the first.
        First,
        /// None.
        None,
    }
    /// A figure of a note.
    Figure {
        /// `⭐ 12k`, or `❤ 12k` for likes.
        Stars,
        /// The score, as a whole number.
        Score,
        /// The main language.
        Language,
        /// The licence.
        Licence,
        /// The most severe of the marks that are shown.
        Mark,
    }
    /// A block of a list, besides its sections.
    Block {
        /// The number of entries and stars, and the month of the figures.
        Summary,
        /// The contents, with anchors.
        Contents,
        /// The ten best of the list.
        Top,
        /// Those that grew most for their size.
        Trending,
        /// Those that were added last.
        New,
        /// Those without commits since recently.
        NewlyStale,
        /// Stars over time, as a picture.
        Chart,
        /// Counts.
        Statistics,
        /// What the signs and words of notes mean.
        Legend,
        /// Dead links, since when and why.
        Dead,
    }
    /// The marks that an entry can have, most severe first.
    MarkName {
        /// Confirmed dead.
        Dead,
        /// Another repository answers under its name.
        Reused,
        /// Switched off by the forge.
        Disabled,
        /// Archived by its owner.
        Archived,
        /// Fails, and that is not yet confirmed.
        Failing,
        /// Behind bot protection.
        Walled,
        /// No commit for more than a year.
        Stale,
        /// No commit for some months.
        Slow,
        /// Marked as finished by its author: silence is no fault.
        Finished,
        /// A commit in the last months.
        Active,
        /// Moved to another address for good.
        Moved,
        /// A fork.
        Fork,
        /// A mirror of something kept elsewhere.
        Mirror,
        /// Lost more than 30 % of its stars within a month and without a commit.
        Fell,
        /// Gained more than 50 % of its stars within a month and without a commit.
        Jumped,
        /// Listed since lately.
        New,
    }
}

impl Block {
    /// Every block.
    pub const ALL: [Self; 10] = [
        Self::Summary,
        Self::Contents,
        Self::Top,
        Self::Trending,
        Self::New,
        Self::NewlyStale,
        Self::Chart,
        Self::Statistics,
        Self::Legend,
        Self::Dead,
    ];

    /// Its name in markers and in the policy.
    pub fn name(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Contents => "contents",
            Self::Top => "top",
            Self::Trending => "trending",
            Self::New => "new",
            Self::NewlyStale => "newly-stale",
            Self::Chart => "chart",
            Self::Statistics => "statistics",
            Self::Legend => "legend",
            Self::Dead => "dead",
        }
    }

    /// The block called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|block| block.name() == name)
    }

    /// Whether it stands before the first section where the source has no marker for it; else it stands at the end.
    pub fn introduces(self) -> bool {
        !matches!(self, Self::Statistics | Self::Legend | Self::Dead)
    }
}

impl MarkName {
    /// The marks that are shown unless the policy chooses others: exceptions only. That something is active, or moved
    /// and answers, is no news to readers of a list.
    pub const DEFAULT: [Self; 6] =
        [Self::Dead, Self::Reused, Self::Disabled, Self::Archived, Self::Failing, Self::Stale];

    /// Its name in every format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dead => "dead",
            Self::Reused => "reused",
            Self::Disabled => "disabled",
            Self::Archived => "archived",
            Self::Failing => "failing",
            Self::Walled => "walled",
            Self::Stale => "stale",
            Self::Slow => "slow",
            Self::Finished => "finished",
            Self::Active => "active",
            Self::Moved => "moved",
            Self::Fork => "fork",
            Self::Mirror => "mirror",
            Self::Fell => "fell",
            Self::Jumped => "jumped",
            Self::New => "new",
        }
    }
}

/// A threshold with two edges, so that what stands near it does not flap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "EdgesText", into = "(u64, u64)")]
pub struct Edges {
    /// What is outside comes in at this figure.
    pub enter: u64,
    /// What is inside goes when it falls below this one.
    pub leave: u64,
}

impl Edges {
    /// Whether `figure` is inside, given whether it was before.
    pub fn includes(self, figure: u64, before: bool) -> bool {
        figure >= if before { self.leave.min(self.enter) } else { self.enter }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum EdgesText {
    One(u64),
    Two((u64, u64)),
}

impl From<EdgesText> for Edges {
    fn from(text: EdgesText) -> Self {
        match text {
            EdgesText::One(enter) => Self { enter, leave: enter - enter / 5 },
            EdgesText::Two((enter, leave)) => Self { enter, leave },
        }
    }
}

impl From<Edges> for (u64, u64) {
    fn from(edges: Edges) -> Self {
        (edges.enter, edges.leave)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_is_read_from_its_keys() {
        let layout: Layout = toml::from_str(
            r#"
            style = "table"
            order = "stars"
            min-stars = [50, 40]
            blocks = ["contents", "newly-stale"]
            [sections."YOLO"]
            top = 3
            min-stars = 10
            "#,
        )
        .unwrap();
        assert_eq!((layout.style, layout.order), (Style::Table, Some(Order::Stars)));
        assert_eq!(layout.min_stars, Some(Edges { enter: 50, leave: 40 }));
        let section = layout.of("YOLO");
        assert_eq!((section.top, section.min_stars), (Some(3), Some(Edges { enter: 10, leave: 8 })));
        assert_eq!(layout.of("other").top, None);
        assert!(toml::from_str::<Layout>("styel = 1").is_err());
        assert_eq!(toml::from_str::<Layout>(&toml::to_string(&layout).unwrap()).unwrap(), layout);
    }

    #[test]
    fn an_edge_holds_what_is_inside_longer() {
        let edges = Edges { enter: 50, leave: 40 };
        for (figure, before, inside) in [(49, false, false), (50, false, true), (40, true, true), (39, true, false)] {
            assert_eq!(edges.includes(figure, before), inside, "{figure} {before}");
        }
    }

    #[test]
    fn every_mark_has_the_name_that_the_policy_spells() {
        let schema = schemars::schema_for!(MarkName).to_value();
        let named: Vec<&str> =
            schema["oneOf"].as_array().unwrap().iter().map(|one| one["const"].as_str().unwrap()).collect();
        assert!(MarkName::DEFAULT.iter().all(|mark| named.contains(&mark.name())) && named.len() > 10, "{named:?}");
        for name in named {
            let mark: MarkName = serde_json::from_value(name.into()).unwrap();
            assert_eq!(mark.name(), name);
        }
    }
}
