//! What answers the questions of servers, and hears what they say unasked.

use super::pending::{OnUpdate, Remembered};
use crate::model::{CreateMessage, Elicit, ListRoots, Method as _, Restrict, Revision};
use crate::rpc::{self, ErrorObject, Name, Object, Raw};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// An answer to a question of the server, on its way.
pub type AnswerFuture = Pin<Box<dyn Future<Output = Result<Raw, ErrorObject>> + Send>>;

/// Answers one kind of question, from its parameters, for a server of that revision.
pub(super) type Answerer = Arc<dyn Fn(Raw, Revision) -> AnswerFuture + Send + Sync>;

/// Marks callbacks that return their answer.
#[derive(Debug)]
pub struct Plain;
/// Marks callbacks that return a future of it.
#[derive(Debug)]
pub struct Async;

/// What a callback gives: an answer of type `T`, or a future of one. `M` tells the shapes apart and is always inferred.
pub trait Answering<T, M> {
    /// The answer, when it is there.
    fn answering(self) -> Pin<Box<dyn Future<Output = T> + Send>>;
}

impl<T: Send + 'static> Answering<T, Plain> for T {
    fn answering(self) -> Pin<Box<dyn Future<Output = T> + Send>> {
        Box::pin(std::future::ready(self))
    }
}

impl<T, F: Future<Output = T> + Send + 'static> Answering<T, Async> for F {
    fn answering(self) -> Pin<Box<dyn Future<Output = T> + Send>> {
        Box::pin(self)
    }
}

/// What answers the server's questions, and who hears its notifications.
#[derive(Clone, Default)]
pub struct Callbacks {
    pub(super) form: Option<Answerer>,
    pub(super) url: Option<Answerer>,
    pub(super) sample: Option<Answerer>,
    pub(super) roots: Option<Answerer>,
    pub(super) log: Option<OnUpdate>,
    pub(super) notification: Option<OnUpdate>,
    pub(super) remembered: Option<Remembered>,
}

impl Callbacks {
    /// Begins to answer a question. Nothing of the user's runs before the future is polled. The answer has nothing in
    /// it that the revision lacks.
    #[must_use]
    pub fn answer(&self, method: &Name, params: &Raw, revision: Revision) -> AnswerFuture {
        let by = match method.as_str() {
            name if name == Elicit::FACTS.name => match mode(params).as_deref() {
                None | Some("form") => &self.form,
                Some("url") => &self.url,
                Some(_) => &None,
            },
            name if name == CreateMessage::FACTS.name => &self.sample,
            name if name == ListRoots::FACTS.name => &self.roots,
            _ => &None,
        };
        match by {
            Some(answer) => answer(params.clone(), revision),
            // It was declared, but there is no callback.
            None => {
                let text = format!("this client does not answer `{}`", method.as_str());
                Box::pin(std::future::ready(Err(ErrorObject::new(rpc::METHOD_NOT_FOUND, text))))
            }
        }
    }
}

fn mode(params: &Raw) -> Option<String> {
    Object::from_raw(params.clone())?.get("mode").map(|mode| mode.parse().unwrap_or_default())
}

/// Makes an answerer of a callback. `finish` makes of what it gives what is sent.
pub(super) fn answerer<Q, R, T, M, A>(
    ask: impl Fn(Q) -> R + Send + Sync + 'static,
    finish: fn(T) -> Result<A, ErrorObject>,
) -> Answerer
where
    Q: DeserializeOwned + Send + 'static,
    R: Answering<T, M>,
    T: 'static,
    A: Serialize + Restrict + 'static,
{
    let ask = Arc::new(ask);
    Arc::new(move |params, revision| {
        let ask = ask.clone();
        Box::pin(async move {
            let question = params.parse::<Q>().map_err(|e| ErrorObject::new(rpc::INVALID_PARAMS, e.to_string()))?;
            let answer = ask(question).answering().await;
            let mut answer = finish(answer)?;
            answer.restrict(revision);
            Raw::from_serialize(&answer).map_err(|e| ErrorObject::new(rpc::INTERNAL_ERROR, e.to_string()))
        })
    })
}

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answers = [("form", &self.form), ("url", &self.url), ("sample", &self.sample), ("roots", &self.roots)];
        let answers = answers.into_iter().filter(|(_, by)| by.is_some()).map(|(name, _)| name);
        let hears = [("log", &self.log), ("notification", &self.notification)];
        let hears = hears.into_iter().filter(|(_, by)| by.is_some()).map(|(name, _)| name);
        f.debug_set().entries(answers).entries(hears).finish()
    }
}
