//! What a script does with our client.

use crate::shorthand::word;
use crate::step::duration;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

/// What can be done with our client.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Begins a call.
    Call(Calling),
    /// Calls one of the everyday methods by its name.
    Named(String, Named),
    /// Cancels a call.
    Cancel(String, Option<String>),
    /// Drops a call.
    Drop(String),
    /// Wants log messages of this level and worse, or none.
    LogLevel(Option<String>),
    /// Says that the places where a server may work have changed.
    RootsChanged,
    /// Says something that nobody answers.
    Notify(String, Value),
    /// Closes the client.
    Close,
}

/// A call of any method.
#[derive(Clone, Debug, PartialEq)]
pub struct Calling {
    /// What the transcript calls it.
    pub name: String,
    /// The method.
    pub method: String,
    /// The parameters.
    pub params: Value,
    /// Whether progress is asked for.
    pub progress: bool,
    /// Whether progress comes as a stream.
    pub streamed: bool,
    /// Whether it is a subscription that is listened to.
    pub updates: bool,
    /// Whether questions end the call instead of being answered.
    pub pass: bool,
    /// Whether it goes out whatever the server offers.
    pub unchecked: bool,
    /// Whether it may become a task.
    pub task: bool,
    /// How long it may take.
    pub deadline: Option<Duration>,
}

/// An everyday method.
#[derive(Clone, Debug, PartialEq)]
pub enum Named {
    /// All of a list: `tools`, `resources`, `templates` or `prompts`.
    List(String),
    /// A resource.
    Read(String),
    /// A prompt and its arguments.
    Get(String, Value),
    /// What is completed, which argument of it, and what it begins with.
    Complete(Value, String, String),
    /// Whether the server is there.
    Ping,
    /// What the server says of itself.
    Discover,
    /// Changes.
    Listen(Value),
}

impl Deed {
    /// Reads a deed.
    ///
    /// # Errors
    /// It is none.
    pub fn read(what: &str, name: String, rest: &str) -> Result<Self, String> {
        let named = |named| Ok(Self::Named(name.clone(), named));
        match what {
            "call" => Calling::read(name, rest).map(Self::Call),
            "list" => named(Named::List(rest.to_owned())),
            "read" => named(Named::Read(rest.to_owned())),
            "get" => {
                let (prompt, arguments) = word(rest);
                let arguments = if arguments.is_empty() { "{}" } else { arguments };
                named(Named::Get(prompt.to_owned(), json(arguments)?))
            }
            "complete" => {
                let (reference, argument, value) = json(rest)?;
                named(Named::Complete(reference, argument, value))
            }
            "ping" => named(Named::Ping),
            "discover" => named(Named::Discover),
            "listen" => named(Named::Listen(json(rest)?)),
            "cancel" => Ok(Self::Cancel(name, (!rest.is_empty()).then(|| rest.to_owned()))),
            "drop" => Ok(Self::Drop(name)),
            "log-level" => Ok(Self::LogLevel((name != "none").then_some(name))),
            "roots-changed" => Ok(Self::RootsChanged),
            "notify" => Ok(Self::Notify(name, json(rest)?)),
            "close" => Ok(Self::Close),
            other => Err(format!("`{other}` can't be done")),
        }
    }

    /// What the transcript calls what has begun by it, if something has.
    #[must_use]
    pub fn begins(&self) -> Option<&String> {
        match self {
            Self::Call(Calling { name, .. }) | Self::Named(name, _) => Some(name),
            _ => None,
        }
    }
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|e| format!("{e} in `{text}`"))
}

impl Calling {
    fn read(name: String, rest: &str) -> Result<Self, String> {
        let (method, rest) = word(rest);
        let (options, params) = rest.find('{').map_or((rest, "{}"), |at| rest.split_at(at));
        let mut call = Self {
            name,
            method: method.to_owned(),
            params: json(params)?,
            progress: false,
            streamed: false,
            updates: false,
            pass: false,
            unchecked: false,
            task: false,
            deadline: None,
        };
        for option in options.split_whitespace() {
            match option.split_once('=') {
                None if option == "progress" => call.progress = true,
                None if option == "streamed" => call.streamed = true,
                None if option == "updates" => call.updates = true,
                None if option == "pass" => call.pass = true,
                None if option == "unchecked" => call.unchecked = true,
                None if option == "task" => call.task = true,
                Some(("deadline", time)) => call.deadline = Some(duration(time)?),
                _ => return Err(format!("`{option}` is no option of a call")),
            }
        }
        Ok(call)
    }
}
