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

/// Declares the lists of a server that may be kept: the request for a page, the page, and what is known of both. Lists
/// differ in what they hold alone.
macro_rules! lists {
    ($($method:literal needs $capability:literal $list:ident => $result:ident { $key:literal $items:ident: $item:ident })*) => {
        $crate::model::object::object! { $(
            #[doc = concat!("Asks for the `", $key, "` of a server, a page at a time (`", $method, "`).")]
            pub struct $list {
                ? /// Where the page begins: `next_cursor` of the page before. Absent: at the beginning.
                "cursor" cursor: String,
            }

            #[doc = concat!("A page of `", $key, "`.")]
            pub struct $result {
                #[doc = concat!("The `", $key, "`, in a stable order.")]
                $key $items: Vec<$item>,
                ? /// Where the next page begins. Absent: this is the last.
                "nextCursor" next_cursor: String,
                ? /// For how many milliseconds the answer may be kept (2026-07-28). Absent or negative: not at all.
                since V2026_07_28 "ttlMs" ttl_ms: i64,
                ? /// Who may share a kept answer (2026-07-28). Absent: as private.
                since V2026_07_28 "cacheScope" cache_scope: $crate::model::cache::CacheScope,
            }
        )* }

        $(
            impl $crate::model::method::Method for $list {
                const FACTS: $crate::model::method::MethodFacts =
                    $crate::model::method::MethodFacts::to_server($method, $crate::model::method::ALWAYS)
                        .needs($capability)
                        .cacheable();
                type Result = $result;
            }
        )*

        $crate::model::cache::cacheable!($($result),*);
        $crate::model::page::paged!($($list => $item: $items),*);
    };
}

pub(crate) use lists;
