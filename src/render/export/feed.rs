//! What changed in the list, as an Atom feed (RFC 4287). Its ids and dates come from the ledger, so the same memory
//! makes the same feed.

use jiff::civil::Date;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::address::display;
use crate::ranked_list::{ListEntry, Placement, RankedList};
use crate::render::escape;
use crate::text;

/// The feed has at most this many entries, the newest.
const MOST: usize = 100;

/// Something that changed in a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The day it was first seen.
    pub at: Date,
    /// What happened.
    pub kind: ChangeKind,
    /// The row it happened to, as an index into [`RankedList::entries`].
    pub row: usize,
}

/// What can happen to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It was added.
    Added,
    /// It moved for good.
    Moved,
    /// Its owner archived it.
    Archived,
    /// It is surely dead.
    Dead,
}

impl ChangeKind {
    /// Its name in every format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Moved => "moved",
            Self::Archived => "archived",
            Self::Dead => "dead",
        }
    }
}

impl ChangeKind {
    /// What the news of a list calls it.
    pub fn news(self) -> &'static str {
        match self {
            Self::Added => "new",
            Self::Moved => "renamed",
            Self::Archived => "archived",
            Self::Dead => "dead",
        }
    }
}

/// Everything that changed, the newest first. What was added with the first run is no change.
pub fn changes(ranked: &RankedList) -> Vec<Change> {
    let founded = ranked.founded();
    let mut changes: Vec<Change> = Vec::new();
    for (index, row) in ranked.entries.iter().enumerate().filter(|(_, row)| row.position.placement != Placement::Hidden)
    {
        let added = row.forge.added.filter(|added| Some(*added) > founded);
        let moved = row.status.judgement.since.filter(|_| row.status.judgement.moved_to.is_some());
        let dead = row.status.judgement.since.filter(|_| row.position.placement == Placement::Dead);
        let seen = [
            (added, ChangeKind::Added),
            (moved, ChangeKind::Moved),
            (row.forge.archived_since, ChangeKind::Archived),
            (dead, ChangeKind::Dead),
        ];
        let seen = seen.into_iter().filter_map(|(at, kind)| Some(Change { at: at?, kind, row: index }));
        changes.extend(seen);
    }
    changes.sort_by(|a, b| {
        let target = |change: &Change| &ranked.entries[change.row].target;
        b.at.cmp(&a.at).then(a.kind.cmp(&b.kind)).then_with(|| target(a).cmp(target(b)))
    });
    changes.dedup_by(|b, a| {
        (a.at, a.kind) == (b.at, b.kind) && ranked.entries[a.row].target == ranked.entries[b.row].target
    });
    changes
}

/// The newest changes as an Atom feed. `address` is that of the list, where it has one; the feed is then its `feed.xml`.
pub fn feed(ranked: &RankedList, address: Option<&str>) -> std::io::Result<String> {
    let changes = changes(ranked);
    let updated = changes.first().map(|change| change.at).or(ranked.as_of);
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    let root = writer.create_element("feed").with_attribute(("xmlns", "http://www.w3.org/2005/Atom"));
    root.write_inner_content(|writer| {
        element(writer, "id", address.unwrap_or(&format!("urn:pomona:list:{}", slug(&ranked.title))))?;
        element(writer, "title", &ranked.title)?;
        element(writer, "updated", &moment(updated))?;
        writer.create_element("author").write_inner_content(|writer| element(writer, "name", "Pomona"))?;
        if let Some(address) = address {
            writer.create_element("link").with_attribute(("href", address)).write_empty()?;
            let own = format!("{}/feed.xml", address.trim_end_matches('/'));
            let own = writer.create_element("link").with_attributes([("rel", "self"), ("href", own.as_str())]);
            own.write_empty()?;
        }
        changes.iter().take(MOST).try_for_each(|change| entry(writer, &ranked.entries[change.row], change))
    })?;
    Ok(String::from_utf8_lossy(&writer.into_inner()).into_owned() + "\n")
}

fn entry(writer: &mut Writer<Vec<u8>>, row: &ListEntry, change: &Change) -> std::io::Result<()> {
    let kind = change.kind.name();
    let instead = row.status.replacements.first().map(|offered| format!("; {offered}")).unwrap_or_default();
    let summary = match change.kind {
        ChangeKind::Added => {
            let stars = row.forge.facts.stars.map(|stars| text::plural(stars, "star"));
            stars.into_iter().chain(row.description.clone()).collect::<Vec<_>>().join(": ")
        }
        ChangeKind::Moved => {
            format!("→ {}", display(row.status.judgement.moved_to.as_deref().unwrap_or_default()))
        }
        ChangeKind::Archived => format!("its owner archived it{instead}"),
        ChangeKind::Dead => {
            let meaning = row.status.judgement.class.map(crate::observation::FailureClass::meaning);
            meaning.unwrap_or_default() + &instead
        }
    };
    writer.create_element("entry").write_inner_content(|writer| {
        element(writer, "id", &format!("urn:pomona:{kind}:{}:{}", change.at, row.target))?;
        element(writer, "title", &format!("{}: {}", change.kind.news(), row.title))?;
        element(writer, "updated", &moment(Some(change.at)))?;
        let address = if change.kind == ChangeKind::Dead { &row.source.url } else { &row.url };
        if escape::destination(address).is_some() {
            writer.create_element("link").with_attribute(("href", escape::clean(address).as_str())).write_empty()?;
        }
        writer.create_element("category").with_attribute(("term", kind)).write_empty()?;
        element(writer, "summary", &summary)
    })?;
    Ok(())
}

fn element(writer: &mut Writer<Vec<u8>>, name: &str, text: &str) -> std::io::Result<()> {
    let text = escape::clean(text);
    writer.create_element(name).write_text_content(BytesText::new(&text))?;
    Ok(())
}

fn moment(day: Option<Date>) -> String {
    day.map_or_else(|| "1970-01-01T00:00:00Z".to_owned(), |day| format!("{day}T00:00:00Z"))
}

fn slug(title: &str) -> String {
    title.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Moved;
    use crate::ranked_list::sample::{World, day};

    #[test]
    fn the_feed_tells_what_changed_with_ids_that_stay() {
        let mut world = World::new(
            "# L & M\n## S\n- https://github.com/a/a\n- https://github.com/a/b\n- https://github.com/a/c\n",
            &[("github:a/a", 1, "2026-11-01"), ("github:a/b", 2, "2026-11-01"), ("github:a/c", 3, "2026-11-01")],
        );
        world.record("github:a/a").moved =
            Some(Moved { to: "https://github.com/n/a".to_owned(), since: day("2026-09-01") });
        let archived = world.record("github:a/b");
        archived.facts.archived = Some(true);
        archived.dates.insert("archived".to_owned(), day("2026-10-05"));
        let new = world.record("github:a/c");
        new.added = day("2026-10-20");
        new.facts.description = Some(Some("<script> & \u{8}\u{202e}more".to_owned()));
        let ranked = world.ranked();
        let kinds: Vec<_> = changes(&ranked).iter().map(|change| change.kind.name()).collect();
        assert_eq!(kinds, ["added", "archived", "moved"]);
        let text = feed(&ranked, Some("https://example.org/list")).unwrap();
        assert!(text.contains("<id>urn:pomona:added:2026-10-20:github:a/c</id>"), "{text}");
        assert!(text.contains("<summary>3 stars: &lt;script&gt; &amp; more</summary>"), "{text}");
        for title in ["<title>new: ", "<title>archived: ", "<title>renamed: "] {
            assert!(text.contains(title), "{text}");
        }
        assert!(text.contains("<title>L &amp; M</title>") && text.contains("<updated>2026-10-20T00:00:00Z</updated>"));
        assert_eq!(feed(&ranked, Some("https://example.org/list")).unwrap(), text);
        let published = feed(&world.ranked(), Some("https://l.example/")).unwrap();
        assert!(published.contains(r#"<link rel="self" href="https://l.example/feed.xml"/>"#), "{published}");
    }
}
