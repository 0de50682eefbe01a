//! The everyday methods, by name.

use super::call::Call;
use super::connected::{Client, Opened};
use super::pages::Pages;
use crate::client::Command;
use crate::error::CallError;
use crate::model::{
    CallTool, Complete, CompleteResult, CompletionArgument, Discover, EmptyResult, Era, GetPrompt, GetPromptResult,
    Level, ListPrompts, ListResourceTemplates, ListResources, ListTools, Method as _, Ping, ROOTS_LIST_CHANGED,
    ReadResource, ReadResourceResult, Reference,
};
use crate::rpc::{Name, Raw};
use serde::Serialize;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

impl Client {
    /// Who answers and what it offers: what `server/discover` said, or `initialize` before 2026-07-28. As
    /// [`server`](Self::server): it was asked when the connection opened.
    pub fn discover(&self) -> Opened {
        self.server()
    }

    /// The tools of the server, page by page.
    pub fn list_tools(&self) -> Pages<ListTools> {
        Pages::new(self.clone())
    }

    /// The resources of the server, page by page.
    pub fn list_resources(&self) -> Pages<ListResources> {
        Pages::new(self.clone())
    }

    /// The patterns of resources that the server has without listing each, page by page.
    pub fn list_resource_templates(&self) -> Pages<ListResourceTemplates> {
        Pages::new(self.clone())
    }

    /// The prompts of the server, page by page.
    pub fn list_prompts(&self) -> Pages<ListPrompts> {
        Pages::new(self.clone())
    }

    /// The content of a resource.
    pub fn read_resource(&self, uri: impl Into<String>) -> Call<ReadResourceResult> {
        self.call(ReadResource::new(uri))
    }

    /// A prompt, with its arguments filled in: anything that serialises to an object of texts, such as `json!({})` for
    /// none.
    pub fn get_prompt(&self, name: &str, arguments: impl Serialize) -> Call<GetPromptResult> {
        // The parameters look like those of a tool.
        let params = CallTool::params(name, &arguments);
        self.prepared(Name::from_static(GetPrompt::FACTS.name), params).send()
    }

    /// What could stand for an argument of a prompt or a resource template, as far as it is typed.
    pub fn complete(
        &self,
        reference: impl Into<Reference>,
        argument: impl Into<String>,
        value: impl Into<String>,
    ) -> Call<CompleteResult> {
        self.call(Complete::new(reference, CompletionArgument::new(argument, value)))
    }

    /// Asks whether the server is still there: by `ping`, or since 2026-07-28, which has none, by `server/discover`.
    pub fn ping(&self) -> Pong {
        Pong { client: self.clone(), call: None }
    }

    /// From here on log messages of this level and worse are wanted. `None`: none; a server of the older era goes on
    /// with what it was told last. They come to [`ClientBuilder::on_log`](super::ClientBuilder::on_log).
    pub fn set_log_level(&self, level: impl Into<Option<Level>>) {
        self.port().command(Command::SetLogLevel(level.into()));
    }

    /// Announces that the roots are others now, if [`ClientBuilder::on_roots`](super::ClientBuilder::on_roots) declared
    /// that they may be. Since 2026-07-28 nothing is sent: servers ask when they want to know.
    pub fn roots_changed(&self) {
        self.notify(ROOTS_LIST_CHANGED, None);
    }

    /// Sends a notification, for extensions and gateways, once the server is known. One that the revision does not have
    /// is not sent. `params` is an object.
    pub fn notify(&self, method: impl Into<Name>, params: Option<Raw>) {
        self.port().command(Command::Notify { method: method.into(), params });
    }
}

/// An answer that says that the server is there. A future; where threads wait, [`wait`](Self::wait).
#[must_use = "nothing is sent before it is awaited or waited for"]
pub struct Pong {
    client: Client,
    call: Option<Call<EmptyResult>>,
}

impl Pong {
    /// Blocks this thread until the server has answered.
    ///
    /// # Errors
    /// It did not, or this thread is the one that reads.
    pub fn wait(self) -> Result<(), CallError> {
        let era = self.client.server().wait()?.revision.era();
        self.begin(era).wait().map(drop)
    }

    fn begin(&self, era: Era) -> Call<EmptyResult> {
        match era {
            Era::Legacy => self.client.call(Ping::new()),
            // Whatever it says of itself, it is there.
            Era::Modern => {
                self.client.prepared(Name::from_static(Discover::FACTS.name), Discover::new().to_params()).send()
            }
        }
    }
}

impl Future for Pong {
    type Output = Result<(), CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            if let Some(call) = &mut self.call {
                return Pin::new(call).poll(cx).map_ok(drop);
            }
            let server = std::task::ready!(Pin::new(&mut self.client.server()).poll(cx))?;
            self.call = Some(self.begin(server.revision.era()));
        }
    }
}

impl fmt::Debug for Pong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pong").field("call", &self.call).finish_non_exhaustive()
    }
}
