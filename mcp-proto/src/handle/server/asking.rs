//! Asking the client's side for input, one way for both eras.

use super::context::Cx;
use super::failure::{Interrupt, Stop};
use crate::handle::sync::lock;
use crate::model::{CreateMessage, Elicit, Era, InputRequest, ListRoots, Method};
use crate::rpc::{self, ErrorObject, Raw};
use crate::server::Ask;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// What a handler may ask for: [`Elicit`], [`CreateMessage`] or [`ListRoots`].
pub trait Question: Method {}

impl Question for Elicit {}
impl Question for CreateMessage {}
impl Question for ListRoots {}

/// Several questions of one round, by keys: a tuple of `(key, question)`, at most six, or a `Vec` of them.
pub trait Questions {
    /// Their answers, in the same order.
    type Answers;

    /// Gives the answers if all are there, else what is open.
    ///
    /// # Errors
    /// The interrupt: questions are open, or an answer is not what one looks like.
    fn ask<S>(self, cx: &Cx<S>) -> Result<Self::Answers, Interrupt>;
}

/// Questions of a round that have no answer yet.
#[derive(Default)]
struct Open(BTreeMap<String, InputRequest>);

impl Open {
    /// The answer to a question, or the question among those that are open.
    fn answer<S, Q: Question>(&mut self, cx: &Cx<S>, key: &str, question: Q) -> Result<Option<Q::Result>, Interrupt> {
        if let Some(answer) = cx.call.request.answers.get(key) {
            return answer.parse().map(Some).map_err(|e| {
                let text = format!("the answer to `{key}` is not one: {e}");
                // Since 2026-07-28 it is a parameter of the call; before, the call was right.
                let code = if cx.era() == Era::Modern { rpc::INVALID_PARAMS } else { rpc::INTERNAL_ERROR };
                Interrupt(Stop::Error(ErrorObject::new(code, text)))
            });
        }
        let mut request = InputRequest::new(Q::FACTS.name);
        request.params = Some(raw(&question)?);
        self.0.insert(key.to_owned(), request);
        Ok(None)
    }
}

macro_rules! questions {
    ($(($($question:ident $at:tt $answer:ident),*))*) => {$(
        impl<$($question: Question),*> Questions for ($((&str, $question),)*) {
            type Answers = ($($question::Result,)*);

            fn ask<S>(self, cx: &Cx<S>) -> Result<Self::Answers, Interrupt> {
                let mut open = Open::default();
                $(let $answer = open.answer(cx, self.$at.0, self.$at.1)?;)*
                match ($($answer,)*) {
                    ($(Some($answer),)*) => Ok(($($answer,)*)),
                    _ => Err(cx.interrupt(open.0)),
                }
            }
        }
    )*};
}

questions! {
    (Q0 0 a0, Q1 1 a1)
    (Q0 0 a0, Q1 1 a1, Q2 2 a2)
    (Q0 0 a0, Q1 1 a1, Q2 2 a2, Q3 3 a3)
    (Q0 0 a0, Q1 1 a1, Q2 2 a2, Q3 3 a3, Q4 4 a4)
    (Q0 0 a0, Q1 1 a1, Q2 2 a2, Q3 3 a3, Q4 4 a4, Q5 5 a5)
}

impl<K: AsRef<str>, Q: Question> Questions for Vec<(K, Q)> {
    type Answers = Vec<Q::Result>;

    fn ask<S>(self, cx: &Cx<S>) -> Result<Self::Answers, Interrupt> {
        let mut open = Open::default();
        let answers: Vec<Option<Q::Result>> = self
            .into_iter()
            .map(|(key, question)| open.answer(cx, key.as_ref(), question))
            .collect::<Result<_, _>>()?;
        if open.0.is_empty() { Ok(answers.into_iter().flatten().collect()) } else { Err(cx.interrupt(open.0)) }
    }
}

impl<S> Cx<S> {
    /// What stands before the last `ask` of a handler may run more than once.
    ///
    /// Gives the answer to the question `key` if this call has it; otherwise ends this run with the question
    /// (pass the interrupt on with `?`), and the handler runs again from the top with all answers so far. One
    /// way for both eras: since 2026-07-28 the answers travel sealed within `requestState`, and the next run
    /// may happen in another process; before, the core asks by requests of its own.
    ///
    /// The client must have declared that it can: otherwise the call ends with an error that says what is needed.
    ///
    /// # Errors
    /// The interrupt: the question is open, or its answer is not what one looks like.
    pub fn ask<Q: Question>(&self, key: &str, question: Q) -> Result<Q::Result, Interrupt> {
        let mut open = Open::default();
        match open.answer(self, key, question)? {
            Some(answer) => Ok(answer),
            None => Err(self.interrupt(open.0)),
        }
    }

    /// As [`ask`](Self::ask), several questions in one round: the client's user sees them together.
    ///
    /// ```
    /// use mcp_proto::handle::server::{Cx, Failure};
    /// use mcp_proto::model::{Elicit, ListRoots};
    /// use mcp_proto::rpc::Raw;
    ///
    /// fn tidy(_: serde_json::Value, cx: Cx) -> Result<String, Failure> {
    ///     let sure = Elicit::form("Sure?", Raw::from_static(r#"{"type":"object","properties":{}}"#)?);
    ///     let (sure, roots) = cx.ask_all((("sure", sure), ("roots", ListRoots::new())))?;
    ///     Ok(format!("{:?}: {} folders", sure.action, roots.roots.len()))
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub fn ask_all<Q: Questions>(&self, questions: Q) -> Result<Q::Answers, Interrupt> {
        questions.ask(self)
    }

    /// Asks raw questions, for gateways: those whose keys are not answered yet.
    ///
    /// # Errors
    /// The interrupt: a question is open.
    pub fn ask_raw(&self, mut questions: BTreeMap<String, InputRequest>) -> Result<&BTreeMap<String, Raw>, Interrupt> {
        let answers = &self.call.request.answers;
        questions.retain(|key, _| !answers.contains_key(key));
        if questions.is_empty() { Ok(answers) } else { Err(self.interrupt(questions)) }
    }

    fn interrupt(&self, questions: BTreeMap<String, InputRequest>) -> Interrupt {
        Interrupt(Stop::Ask(Ask { questions, kept: lock(&self.call.kept).clone() }))
    }

    /// Computes a value once per call: a later run gets what the first one computed. The value travels like
    /// the answers do, authenticated but not encrypted; the client can read it.
    ///
    /// # Errors
    /// The interrupt: the value can't be written as JSON, or read back.
    pub fn once<T: Serialize + DeserializeOwned>(
        &self,
        key: &str,
        compute: impl FnOnce() -> T,
    ) -> Result<T, Interrupt> {
        let known = self.call.request.kept.get(key).cloned().or_else(|| lock(&self.call.kept).get(key).cloned());
        if let Some(known) = known {
            return known.parse().map_err(|e| {
                let text = format!("what was kept as `{key}` can't be read: {e}");
                Interrupt(Stop::Error(ErrorObject::new(rpc::INTERNAL_ERROR, text)))
            });
        }
        let value = compute();
        let kept = raw(&value)?;
        lock(&self.call.kept).insert(key.to_owned(), kept);
        Ok(value)
    }
}

fn raw<T: Serialize>(value: &T) -> Result<Raw, Interrupt> {
    Raw::from_serialize(value).map_err(|e| {
        let text = format!("a value can't be written as JSON: {e}");
        Interrupt(Stop::Error(ErrorObject::new(rpc::INTERNAL_ERROR, text)))
    })
}
