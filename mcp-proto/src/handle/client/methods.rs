//! The everyday methods, by name.

use super::connected::Client;
use super::pages::Pages;
use crate::model::ListTools;

impl Client {
    /// The tools of the server, page by page.
    pub fn list_tools(&self) -> Pages<ListTools> {
        Pages::new(self.clone())
    }
}
