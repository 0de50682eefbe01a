//! What a server offers, while it is served: to be added to and taken from at any time.

use super::affinity::{Affinity, AnyThread};
use super::announcer::Announcer;
use super::arguments::{of_method, of_prompt, of_resource, of_template, of_tool};
use super::catalog::{Catalog, Dispatch as _, Entry, Listed, Table};
use super::completing::{Completing, completed, completing};
use super::handler::Handler;
use super::middleware::Middleware;
use super::offer::{Mode, Prompt, Resource, ResourceTemplate, Tool};
use super::outcome::{Any, Recipient};
use crate::model::{CallTool, Change, Complete, GetPrompt, ReadResource, Reference};
use crate::server::Request;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::{Arc, Weak};

/// The offers of a server. Cheap to clone; got by [`Server::offers`](super::Server::offers). What is added and removed
/// here is so for the next call on any connection, and clients are told of it if the server is
/// [`changing`](super::Server::changing). A run that has begun goes on.
///
/// A handler may hold them: they keep no server, and do nothing once it is gone. They do keep the state, so a state that
/// holds them keeps itself.
pub struct Offers<S = (), T: Affinity = AnyThread> {
    catalog: Weak<Catalog<T>>,
    announcer: Arc<Announcer>,
    state: Arc<S>,
}

impl<S, T: Affinity> Clone for Offers<S, T> {
    fn clone(&self) -> Self {
        Self { catalog: self.catalog.clone(), announcer: self.announcer.clone(), state: self.state.clone() }
    }
}

impl<S, T: Affinity> fmt::Debug for Offers<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offers").field("catalog", &self.catalog.upgrade()).finish_non_exhaustive()
    }
}

impl<S, T: Affinity> Offers<S, T> {
    pub(super) fn new(catalog: &Arc<Catalog<T>>, state: S) -> Self {
        let announcer = catalog.announcer().clone();
        Self { catalog: Arc::downgrade(catalog), announcer, state: Arc::new(state) }
    }

    /// Tells clients of changes that happen elsewhere, such as a new version of a resource.
    #[must_use]
    pub fn announcer(&self) -> &Arc<Announcer> {
        &self.announcer
    }

    /// Changes the table, if there still is one. What was replaced is given back, to be dropped when nothing is locked:
    /// it is user code.
    fn with<R>(&self, act: impl FnOnce(&mut Table<T>) -> R) -> Option<R> {
        self.catalog.upgrade().map(|catalog| act(&mut catalog.write()))
    }

    fn change<R>(&self, what: Change, act: impl FnOnce(&mut Table<T>) -> R) -> Option<R> {
        let replaced = self.with(act);
        self.announcer.announce(&what);
        replaced
    }
}

impl<S: 'static, T: Affinity> Offers<S, T> {
    /// Offers a tool, as [`Server::tool`](super::Server::tool) does.
    pub fn add_tool<A, M, H>(&self, tool: Tool, handler: H)
    where
        A: DeserializeOwned + 'static,
        H: Handler<CallTool, A, S, M, T>,
    {
        let Tool { listing, mode } = tool;
        let entry = Entry::new(handler.into_handler(of_tool, self.state.clone()), mode);
        let listed = Listed { listing, entry };
        drop(self.change(Change::ToolsList, |table| table.tools.insert(listed.listing.name.clone(), listed)));
    }

    /// Offers a resource, as [`Server::resource`](super::Server::resource) does.
    pub fn add_resource<M, H>(&self, resource: Resource, handler: H)
    where
        H: Handler<ReadResource, String, S, M, T>,
    {
        let Resource { listing, mode, cache } = resource;
        let mime_type = listing.mime_type.clone();
        let read = move |call: &_| of_resource(call, mime_type.as_deref(), cache.as_ref());
        let entry = Entry::new(handler.into_handler(read, self.state.clone()), mode);
        let listed = Listed { listing, entry };
        drop(self.change(Change::ResourcesList, |table| table.resources.insert(listed.listing.uri.clone(), listed)));
    }

    /// Offers a family of resources, as [`Server::resource_template`](super::Server::resource_template) does.
    pub fn add_resource_template<A, M, H>(&self, template: ResourceTemplate, handler: H)
    where
        A: DeserializeOwned + 'static,
        H: Handler<ReadResource, A, S, M, T>,
    {
        let ResourceTemplate { listing, mode, cache, template } = template;
        let template = Arc::new(template);
        let (mime_type, variables) = (listing.mime_type.clone(), template.clone());
        let read = move |call: &_| of_template(call, &variables, mime_type.as_deref(), cache.as_ref());
        let entry = Entry::new(handler.into_handler(read, self.state.clone()), mode);
        let listed = Listed { listing, entry };
        drop(self.change(Change::ResourcesList, |table| {
            table.templates.insert(listed.listing.uri_template.clone(), (template, listed))
        }));
    }

    /// Offers a prompt, as [`Server::prompt`](super::Server::prompt) does.
    pub fn add_prompt<A, M, H>(&self, prompt: Prompt, handler: H)
    where
        A: DeserializeOwned + 'static,
        H: Handler<GetPrompt, A, S, M, T>,
    {
        let Prompt { listing, mode } = prompt;
        let entry = Entry::new(handler.into_handler(of_prompt, self.state.clone()), mode);
        let listed = Listed { listing, entry };
        drop(self.change(Change::PromptsList, |table| table.prompts.insert(listed.listing.name.clone(), listed)));
    }

    /// Completes an argument, as [`Server::completion`](super::Server::completion) does.
    pub fn add_completion<M, H>(&self, of: &Reference, argument: impl Into<String>, handler: H)
    where
        H: Handler<Complete, Completing, S, M, T>,
    {
        let entry = Entry::new(handler.into_handler(completing, self.state.clone()), Mode::default());
        drop(self.with(|table| table.completions.insert((completed(of), argument.into()), entry)));
    }

    /// Handles a method of one's own, as [`Server::method`](super::Server::method) does.
    pub fn add_method<A, M, H>(&self, name: impl Into<String>, handler: H)
    where
        A: DeserializeOwned + 'static,
        H: Handler<Any, A, S, M, T>,
    {
        let entry = Entry::new(handler.into_handler(of_method, self.state.clone()), Mode::default());
        drop(self.with(|table| table.methods.insert(name.into(), entry)));
    }

    pub(super) fn fallback<M, H>(&self, handler: H)
    where
        H: Handler<Any, Arc<Request>, S, M, T>,
    {
        let read = |call: &super::CallContext| Ok((call.request.clone(), Recipient::of(&call.request)));
        let entry = Entry::new(handler.into_handler(read, self.state.clone()), Mode::default());
        drop(self.with(|table| table.fallback.replace(entry)));
    }

    pub(super) fn wrap<M, W: Middleware<S, M, T>>(&self, middleware: W) {
        let middleware = middleware.into_middleware(self.state.clone());
        drop(self.with(|table| {
            let all = table.middleware.iter().cloned().chain([middleware]).collect();
            std::mem::replace(&mut table.middleware, all)
        }));
    }

    /// Takes a tool away. Whether there was one.
    pub fn remove_tool(&self, name: &str) -> bool {
        self.change(Change::ToolsList, |table| table.tools.remove(name)).flatten().is_some()
    }

    /// Takes a resource away. Whether there was one.
    pub fn remove_resource(&self, uri: &str) -> bool {
        self.change(Change::ResourcesList, |table| table.resources.remove(uri)).flatten().is_some()
    }

    /// Takes a family of resources away. Whether there was one.
    pub fn remove_resource_template(&self, uri_template: &str) -> bool {
        self.change(Change::ResourcesList, |table| table.templates.remove(uri_template)).flatten().is_some()
    }

    /// Takes a prompt away. Whether there was one.
    pub fn remove_prompt(&self, name: &str) -> bool {
        self.change(Change::PromptsList, |table| table.prompts.remove(name)).flatten().is_some()
    }
}
