//! What each side can do.

use super::extension::Extensions;
use super::object::{Extra, object};
use super::version::Revision;
use crate::rpc::{Object, Raw};

object! {
    /// What a client can do for a server. Sent in `initialize`, or with every request since 2026-07-28.
    pub struct ClientCapabilities {
        ? /// It can ask its user (since 2025-06-18).
        since V2025_06_18 when by_form_at_least "elicitation" elicitation: ElicitationCapability,
        ? /// It can ask its model. Deprecated since 2026-07-28.
        "sampling" sampling: SamplingCapability,
        ? /// It says where a server may work. Deprecated since 2026-07-28.
        "roots" roots: RootsCapability,
        ? /// It takes tasks (2025-11-25 only).
        since V2025_11_25 until V2025_11_25 "tasks" tasks: ClientTasksCapability,
        ? /// Extensions it has (since 2026-07-28).
        since V2026_07_28 "extensions" extensions: Extensions,
        ? /// What no revision has.
        "experimental" experimental: Extra,
    }

    /// How a client can ask its user. Empty means forms only.
    pub struct ElicitationCapability {
        ? /// By a form.
        since V2025_11_25 "form" form: Extra,
        ? /// By sending the user to a web page (since 2025-11-25).
        since V2025_11_25 "url" url: Extra,
    }

    /// How a client can ask its model.
    pub struct SamplingCapability {
        ? /// With other context than none (since 2025-11-25; before, it was not said).
        since V2025_11_25 "context" context: Extra,
        ? /// With tools (since 2025-11-25).
        since V2025_11_25 "tools" tools: Extra,
    }

    /// How a client says where a server may work.
    pub struct RootsCapability {
        ? /// It announces changes (until 2025-11-25).
        until V2025_11_25 "listChanged" list_changed: bool,
    }

    /// What a client does with tasks (2025-11-25 only).
    pub struct ClientTasksCapability {
        ? /// It lists them.
        "list" list: Extra,
        ? /// It cancels them.
        "cancel" cancel: Extra,
        ? /// The requests it makes tasks of.
        "requests" requests: ClientTaskRequests,
    }

    /// The requests a client makes tasks of (2025-11-25 only).
    pub struct ClientTaskRequests {
        ? /// Those to its model.
        "sampling" sampling: SamplingTasks,
        ? /// Those to its user.
        "elicitation" elicitation: ElicitationTasks,
    }

    /// The requests to a client's model it makes tasks of (2025-11-25 only).
    pub struct SamplingTasks {
        ? /// `sampling/createMessage`.
        "createMessage" create_message: Extra,
    }

    /// The requests to a client's user it makes tasks of (2025-11-25 only).
    pub struct ElicitationTasks {
        ? /// `elicitation/create`.
        "create" create: Extra,
    }

    /// What a server offers.
    pub struct ServerCapabilities {
        ? /// It has tools.
        "tools" tools: ListCapability,
        ? /// It has resources.
        "resources" resources: ResourcesCapability,
        ? /// It has prompts.
        "prompts" prompts: ListCapability,
        ? /// It completes arguments (since 2025-03-26; before, it was not said).
        since V2025_03_26 "completions" completions: Extra,
        ? /// It sends log messages. Deprecated since 2026-07-28.
        "logging" logging: Extra,
        ? /// It takes tasks (2025-11-25 only).
        since V2025_11_25 until V2025_11_25 "tasks" tasks: ServerTasksCapability,
        ? /// Extensions it has (since 2026-07-28).
        since V2026_07_28 "extensions" extensions: Extensions,
        ? /// What no revision has.
        "experimental" experimental: Extra,
    }

    /// A list a server offers.
    pub struct ListCapability {
        ? /// It announces changes of the list.
        "listChanged" list_changed: bool,
    }

    /// The resources a server offers.
    pub struct ResourcesCapability {
        ? /// It tells who asks when a resource changes.
        "subscribe" subscribe: bool,
        ? /// It announces changes of the list.
        "listChanged" list_changed: bool,
    }

    /// What a server does with tasks (2025-11-25 only).
    pub struct ServerTasksCapability {
        ? /// It lists them.
        "list" list: Extra,
        ? /// It cancels them.
        "cancel" cancel: Extra,
        ? /// The requests it makes tasks of.
        "requests" requests: ServerTaskRequests,
    }

    /// The requests a server makes tasks of (2025-11-25 only).
    pub struct ServerTaskRequests {
        ? /// Those to its tools.
        "tools" tools: ToolTasks,
    }

    /// The requests to a server's tools it makes tasks of (2025-11-25 only).
    pub struct ToolTasks {
        ? /// `tools/call`.
        "call" call: Extra,
    }
}

impl ServerCapabilities {
    /// Whether it offers this, named as in [`MethodFacts::capability`](super::MethodFacts::capability).
    #[must_use]
    pub fn offers(&self, capability: &str) -> bool {
        let is = |flag: Option<bool>| flag == Some(true);
        // What is asked often is looked up without writing anything.
        match capability {
            "tools" => self.tools.is_some(),
            "tools.listChanged" => self.tools.as_ref().is_some_and(|tools| is(tools.list_changed)),
            "resources" => self.resources.is_some(),
            "resources.listChanged" => self.resources.as_ref().is_some_and(|resources| is(resources.list_changed)),
            "resources.subscribe" => self.resources.as_ref().is_some_and(|resources| is(resources.subscribe)),
            "prompts" => self.prompts.is_some(),
            "prompts.listChanged" => self.prompts.as_ref().is_some_and(|prompts| is(prompts.list_changed)),
            "completions" => self.completions.is_some(),
            "logging" => self.logging.is_some(),
            _ => Raw::from_serialize(self).is_ok_and(|all| declares(&all, capability)),
        }
    }

    /// Whether it has this extension.
    #[must_use]
    pub fn has_extension(&self, name: &str) -> bool {
        self.extensions.as_ref().is_some_and(|extensions| extensions.has(name))
    }

    /// Whether it tells of any changes.
    pub(crate) fn tells_of_changes(&self) -> bool {
        ["tools.listChanged", "prompts.listChanged", "resources.listChanged", "resources.subscribe"]
            .into_iter()
            .any(|capability| self.offers(capability))
    }
}

/// Whether an object of capabilities has one, its members separated by dots. What is `false` or null is not there.
pub(crate) fn declares(capabilities: &Raw, path: &str) -> bool {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let member = Object::from_raw(capabilities.clone()).and_then(|object| object.get(name));
    let there = member.filter(|value| !matches!(value.as_bytes(), b"false" | b"null"));
    there.is_some_and(|value| rest.is_none_or(|rest| declares(&value, rest)))
}

impl ClientCapabilities {
    /// Whether a form can be shown to the user (2025-11-25, elicitation: an empty object means forms).
    #[must_use]
    pub fn can_show_form(&self) -> bool {
        self.elicitation.as_ref().is_some_and(|e| e.form.is_some() || e.url.is_none())
    }

    /// Whether the user can be sent to a web page (since 2025-11-25).
    #[must_use]
    pub fn can_open_url(&self) -> bool {
        self.elicitation.as_ref().is_some_and(|e| e.url.is_some())
    }

    /// Whether the model can be asked.
    #[must_use]
    pub fn can_sample(&self) -> bool {
        self.sampling.is_some()
    }

    /// Whether the model can be asked with tools (since 2025-11-25).
    #[must_use]
    pub fn can_sample_with_tools(&self) -> bool {
        self.sampling.as_ref().is_some_and(|s| s.tools.is_some())
    }

    /// Whether the model can be asked with other context than none (said since 2025-11-25).
    #[must_use]
    pub fn can_sample_with_context(&self) -> bool {
        self.sampling.as_ref().is_some_and(|s| s.context.is_some())
    }

    /// Whether it says where a server may work.
    #[must_use]
    pub fn can_list_roots(&self) -> bool {
        self.roots.is_some()
    }

    /// Whether it has this extension.
    #[must_use]
    pub fn has_extension(&self, name: &str) -> bool {
        self.extensions.as_ref().is_some_and(|extensions| extensions.has(name))
    }
}

/// 2025-06-18 knows forms only, and says so by an empty object: who cannot show one does not say it there.
fn by_form_at_least(elicitation: &ElicitationCapability, revision: Revision) -> bool {
    revision.is_since(Revision::V2025_11_25) || elicitation.form.is_some() || elicitation.url.is_none()
}
