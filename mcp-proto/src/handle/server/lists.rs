//! The lists of a catalog, page by page, in the order of their names.

use super::affinity::Affinity;
use super::arguments::invalid;
use super::catalog::Table;
use super::outcome::serialised;
use crate::model::{
    Cacheable as _, CompleteResult, Completion, Era, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, Restrict,
};
use crate::server::{Answer, Request};
use std::collections::BTreeMap;
use std::ops::Bound;

/// Entries of a page, unless the author says otherwise.
pub(super) const PAGE: usize = 1000;

/// What a cursor begins with: it names the last entry of the page before, so that entries may come and go meanwhile.
const AFTER: &str = "after:";

/// One page of a list, and where the next begins.
fn page<V, L>(
    all: &BTreeMap<String, V>,
    size: usize,
    request: &Request,
    listing: impl Fn(&V) -> &L,
) -> Result<(Vec<L>, Option<String>), Answer>
where
    L: Clone + Restrict,
{
    let bad = || invalid("no such cursor; begin again without one");
    let cursor = request.params.get("cursor").filter(|cursor| !cursor.is_null());
    let cursor = cursor.map(|cursor| cursor.parse::<String>().map_err(|_| bad())).transpose()?;
    let after = match &cursor {
        None => Bound::Unbounded,
        Some(text) => Bound::Excluded(text.strip_prefix(AFTER).ok_or_else(bad)?),
    };
    let mut rest = all.range::<str, _>((after, Bound::Unbounded)).peekable();
    let mut entries = Vec::new();
    let mut last = None;
    for (name, value) in rest.by_ref().take(size.max(1)) {
        let mut entry = listing(value).clone();
        entry.restrict(request.peer.revision);
        entries.push(entry);
        last = Some(name);
    }
    let next = rest.peek().and(last).map(|name| format!("{AFTER}{name}"));
    Ok((entries, next))
}

macro_rules! lists {
    ($($function:ident $field:ident $result:ident |$value:ident| $listing:expr;)*) => {$(
        pub(super) fn $function<T: Affinity>(table: &Table<T>, request: &Request) -> Answer {
            match page(&table.$field, table.page, request, |$value| $listing) {
                Ok((entries, next)) => {
                    let mut result = $result::new(entries);
                    result.next_cursor = next;
                    if request.peer.era() == Era::Modern {
                        result = result.cached(table.cache.clone());
                    }
                    serialised(&result, None)
                }
                Err(answer) => answer,
            }
        }
    )*};
}

lists! {
    tools tools ListToolsResult |tool| &tool.listing;
    resources resources ListResourcesResult |resource| &resource.listing;
    templates templates ListResourceTemplatesResult |template| &template.1.listing;
    prompts prompts ListPromptsResult |prompt| &prompt.listing;
}

pub(super) fn nothing_to_complete() -> Answer {
    serialised(&CompleteResult::new(Completion::new(Vec::new())), None)
}
