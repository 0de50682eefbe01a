//! Icons (since 2025-11-25) of servers, clients, tools, prompts and resources.

use super::object::object;
use super::word::words;

object! {
    /// A picture to show beside a name. Whoever shows it takes it from a place it trusts, and no scripts with it.
    pub struct Icon {
        /// Where it is: an `https:` URL, or a `data:` URI.
        "src" src: String,
        ? /// Its type, where the server of the picture says another or none.
        "mimeType" mime_type: String,
        ? /// Sizes it is good for, such as `48x48`, or `any`.
        "sizes" sizes: Vec<String>,
        ? /// The background it is made for. Absent: any.
        "theme" theme: IconTheme,
    }
}

words! {
    /// The background an icon is made for.
    pub enum IconTheme {
        /// A light one.
        Light = "light",
        /// A dark one.
        Dark = "dark",
    }
}
