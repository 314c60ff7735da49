//! Links and images of Markdown.

use std::ops::Range;

use pulldown_cmark::{CowStr, LinkType};

use super::{Open, Reader};
use crate::markdown::inline::Mark;
use crate::markdown::outline::folded;
use crate::markdown::{LinkKind, destination, html_tokens};

impl Reader<'_, '_> {
    pub(super) fn start_link(&mut self, kind: LinkType, url: &str, range: Range<usize>) {
        self.begin_inline(&range);
        if self.in_image || range.start < self.bare_end {
            self.open.push(Open::Hidden);
            return;
        }
        let inner = range.start + 1..range.end.saturating_sub(1).max(range.start + 1);
        let (kind, url, destination) = match kind {
            LinkType::Autolink => (LinkKind::Autolink, html_tokens::decoded(url), Some(inner)),
            LinkType::Email => (LinkKind::Autolink, format!("mailto:{url}"), Some(inner)),
            _ => (LinkKind::Link, url.to_owned(), None),
        };
        self.last_end = range.start + 1;
        self.node = range.start + 1;
        self.out.inline.open(range.start);
        let link = self.out.link(kind, url, "", range, destination);
        self.open.push(Open::Link(link, self.out.inline.text.len()));
    }

    pub(super) fn is_in_link(&self) -> bool {
        self.open.iter().any(|open| matches!(open, Open::Link(..)))
    }

    pub(super) fn start_image(&mut self, url: CowStr<'_>, range: Range<usize>) {
        self.begin_inline(&range);
        if self.in_image || range.start < self.bare_end {
            self.open.push(Open::Hidden);
            return;
        }
        self.last_end = range.start + 2;
        let image = self.out.link(LinkKind::Image, url.into_string(), "", range, None);
        self.in_image = true;
        self.alternative.clear();
        self.open.push(Open::Image(image));
    }

    pub(super) fn end_link(&mut self, range: &Range<usize>) {
        let opened = self.open.pop();
        let inner_end = self.last_end;
        self.last_end = range.end;
        self.node = range.end;
        match opened {
            Some(Open::Link(link, shown)) => {
                self.out.inline.close(range.end);
                self.out.inline.extend_source(range.clone());
                self.out.inline.mark(Mark::Link(link), shown);
                let text = folded(&self.out.inline.text[shown..]);
                self.out.finish_link(link, text, destination::of_inline_link(self.text, inner_end..range.end));
            }
            Some(Open::Image(image)) => {
                self.in_image = false;
                self.out.inline.extend_source(range.clone());
                let text = folded(&self.alternative);
                self.out.finish_link(image, text, destination::of_inline_link(self.text, inner_end..range.end));
            }
            Some(Open::Hidden) if !self.in_image && !self.is_in_link() => {
                self.bare_end = self.bare_end.max(inner_end);
                self.rest_of_bare(range.clone());
            }
            Some(Open::Hidden) | None => {}
        }
    }
}
