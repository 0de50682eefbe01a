//! Pagination: lists that come a page at a time.

use super::method::Method;

/// A request for one page of a list.
///
/// A cursor is the server's own: whoever gets one hands it back as it is, reads nothing in it, and keeps it no longer
/// than the connection. What is absent ends the list; an empty cursor does not (2026-07-28, pagination).
pub trait Paged: Method + Sized {
    /// What the list holds.
    type Item;

    /// Asks for the page that begins there; `None`: for the first.
    fn at(cursor: Option<String>) -> Self;

    /// What the page holds, and where the next one begins.
    fn split(page: Self::Result) -> (Vec<Self::Item>, Option<String>);
}

macro_rules! paged {
    ($($list:ty => $item:ty: $items:ident),* $(,)?) => { $(
        impl $crate::model::page::Paged for $list {
            type Item = $item;

            fn at(cursor: Option<String>) -> Self {
                Self { cursor, ..Self::new() }
            }

            fn split(page: Self::Result) -> (Vec<$item>, Option<String>) {
                (page.$items, page.next_cursor)
            }
        }
    )* };
}

pub(crate) use paged;
