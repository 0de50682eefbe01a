//! What a script does with our client.

use crate::shorthand::word;
use crate::step::duration;
use mcp_proto::model::Level;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
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
    LogLevel(Option<Level>),
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
    /// The level of log messages it asks for itself.
    pub level: Option<Level>,
    /// How long it may take.
    pub deadline: Option<Duration>,
}

/// An everyday method.
#[derive(Clone, Debug, PartialEq)]
pub enum Named {
    /// All of a list: `tools`, `resources`, `templates` or `prompts`.
    List(String),
    /// A tool and its arguments.
    Tool(String, Value),
    /// A resource.
    Read(String),
    /// A prompt and its arguments.
    Get(String, Value),
    /// What is completed, which argument of it, what it begins with, and what else is filled in.
    Complete(Value, String, String, Value),
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
            "tool" | "get" => {
                let (of, arguments) = word(rest);
                let arguments = if arguments.is_empty() { json!({}) } else { read(arguments)? };
                let of = of.to_owned();
                named(if what == "tool" { Named::Tool(of, arguments) } else { Named::Get(of, arguments) })
            }
            "complete" => {
                let (reference, argument, value, others) = read(rest)?;
                named(Named::Complete(reference, argument, value, others))
            }
            "ping" => named(Named::Ping),
            "discover" => named(Named::Discover),
            "listen" => named(Named::Listen(read(rest)?)),
            "cancel" => Ok(Self::Cancel(name, (!rest.is_empty()).then(|| rest.to_owned()))),
            "drop" => Ok(Self::Drop(name)),
            "log-level" if name == "none" => Ok(Self::LogLevel(None)),
            "log-level" => {
                name.parse().map(|level| Self::LogLevel(Some(level))).map_err(|_| format!("`{name}` is no level"))
            }
            "roots-changed" => Ok(Self::RootsChanged),
            "notify" => Ok(Self::Notify(name, read(rest)?)),
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

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|e| format!("{e} in `{text}`"))
}

impl Calling {
    fn read(name: String, rest: &str) -> Result<Self, String> {
        let (method, rest) = word(rest);
        let (options, params) = rest.find('{').map_or((rest, "{}"), |at| rest.split_at(at));
        let mut call = Self {
            name,
            method: method.to_owned(),
            params: read(params)?,
            progress: false,
            streamed: false,
            updates: false,
            pass: false,
            unchecked: false,
            task: false,
            level: None,
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
                Some(("level", level)) => {
                    call.level = Some(level.parse().map_err(|_| format!("`{level}` is no level"))?);
                }
                Some(("deadline", time)) => call.deadline = Some(duration(time)?),
                _ => return Err(format!("`{option}` is no option of a call")),
            }
        }
        Ok(call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_can_be_done() {
        let check = |text: &str, expected: Result<Deed, &str>| {
            let (what, rest) = word(text);
            let (name, rest) = word(rest);
            assert_eq!(Deed::read(what, name.to_owned(), rest), expected.map_err(str::to_owned), "{text}");
        };
        let named = |named| Ok(Deed::Named("a".to_owned(), named));
        let call = |change: fn(&mut Calling)| {
            let mut calling = Calling::read("a".to_owned(), "x/y").unwrap();
            change(&mut calling);
            Ok(Deed::Call(calling))
        };
        check("call a x/y", call(|_| {}));
        check("call a x/y {\"b\":1}", call(|calling| calling.params = json!({"b": 1})));
        check("call a x/y progress pass", call(|calling| (calling.progress, calling.pass) = (true, true)));
        check("call a x/y task unchecked {}", call(|calling| (calling.task, calling.unchecked) = (true, true)));
        check("call a x/y streamed updates", call(|calling| (calling.streamed, calling.updates) = (true, true)));
        check("call a x/y deadline=5ms", call(|calling| calling.deadline = Some(Duration::from_millis(5))));
        check("call a x/y level=error", call(|calling| calling.level = Some(Level::Error)));
        check("call a x/y level=loud", Err("`loud` is no level"));
        check("call a x/y loud", Err("`loud` is no option of a call"));
        check("list a tools", named(Named::List("tools".to_owned())));
        check("read a note:///a", named(Named::Read("note:///a".to_owned())));
        check("tool a t {\"b\":1}", named(Named::Tool("t".to_owned(), json!({"b": 1}))));
        check("get a p", named(Named::Get("p".to_owned(), json!({}))));
        check("get a p {\"b\":\"c\"}", named(Named::Get("p".to_owned(), json!({"b": "c"}))));
        let complete = Named::Complete(json!({}), "n".to_owned(), "v".to_owned(), json!(null));
        check("complete a [{},\"n\",\"v\",null]", named(complete));
        check("ping a", named(Named::Ping));
        check("discover a", named(Named::Discover));
        check("listen a {}", named(Named::Listen(json!({}))));
        check("listen a", Err("EOF while parsing a value at line 1 column 0 in ``"));
        check("cancel a", Ok(Deed::Cancel("a".to_owned(), None)));
        check("cancel a too late", Ok(Deed::Cancel("a".to_owned(), Some("too late".to_owned()))));
        check("drop a", Ok(Deed::Drop("a".to_owned())));
        check("log-level error", Ok(Deed::LogLevel(Some(Level::Error))));
        check("log-level none", Ok(Deed::LogLevel(None)));
        check("roots-changed", Ok(Deed::RootsChanged));
        check("notify n/a {}", Ok(Deed::Notify("n/a".to_owned(), json!({}))));
        check("close", Ok(Deed::Close));
        check("jump a", Err("`jump` can't be done"));
    }
}
