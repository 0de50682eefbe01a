//! Spans of the feature `tracing` where handlers run on threads.

use mcp_blocking::{ClientBuilder, Cx, Server, Tool};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

thread_local! {
    static WITHIN: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// The text of each span's fields, and of each event with the span it was in.
#[derive(Clone, Default)]
struct Recorder(Arc<(Mutex<Told>, Condvar)>);

#[derive(Clone, Default)]
struct Told {
    spans: Vec<String>,
    events: Vec<String>,
}

impl Recorder {
    fn told(&self) -> MutexGuard<'_, Told> {
        let told = self.0.0.lock().unwrap();
        // Whoever waits looks when the guard is dropped.
        self.0.1.notify_all();
        told
    }

    /// All of it, sorted, once it is `enough`.
    fn wait(&self, enough: impl Fn(&Told) -> bool) -> Told {
        let (told, came) = &*self.0;
        let bound = Duration::from_secs(30);
        let (told, late) = came.wait_timeout_while(told.lock().unwrap(), bound, |told| !enough(told)).unwrap();
        let mut told = told.clone();
        assert!(!late.timed_out(), "{:?} {:?}", told.spans, told.events);
        told.spans.sort();
        told.events.sort();
        told
    }
}

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        *self.0 += &format!(" {field}={value:?}");
    }
}

fn index(span: &Id) -> usize {
    usize::try_from(span.into_u64()).unwrap() - 1
}

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut text = String::new();
        span.record(&mut Text(&mut text));
        let mut told = self.told();
        told.spans.push(text);
        Id::from_u64(told.spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(&mut Text(&mut self.told().spans[index(span)]));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = String::new();
        event.record(&mut Text(&mut text));
        let within = WITHIN.with_borrow(|within| within.last().copied());
        let mut told = self.told();
        let within = within.map(|span| told.spans[index(&Id::from_u64(span))].clone());
        told.events.push(format!("{}:{text}", within.unwrap_or_default()));
    }

    fn enter(&self, span: &Id) {
        WITHIN.with_borrow_mut(|within| within.push(span.into_u64()));
    }

    fn exit(&self, _: &Id) {
        WITHIN.with_borrow_mut(Vec::pop);
    }
}

#[test]
fn a_handler_is_within_its_span_on_any_thread() {
    let recorder = Recorder::default();
    tracing::subscriber::set_global_default(recorder.clone()).unwrap();
    let say = |_: Value, _: Cx| tracing::info!("here");
    let server = Server::new("test", "1").tool(Tool::new("now"), say).tool(Tool::new("elsewhere").spawned(), say);
    let (here, there) = mcp_blocking::pair().unwrap();
    let serving = mcp_blocking::serve(server, there).unwrap();
    let client = mcp_blocking::connect(ClientBuilder::new("test", "1"), here).unwrap();
    for tool in ["now", "elsewhere"] {
        client.call_tool(tool, json!({ "secret": tool })).wait().unwrap();
    }
    client.close();
    assert!(serving.wait(Some(Duration::from_secs(30))).is_some());

    let ended = |told: &Told| told.spans.iter().filter(|span| span.contains("outcome=")).count() == 4;
    let told = recorder.wait(|told| ended(told) && told.events.len() == 6);
    let span = |side, id| format!(r#" side="{side}" method="tools/call" id={id} era="modern" outcome=ok"#);
    assert_eq!(told.spans, [span("client", 1), span("client", 2), span("server", 1), span("server", 2)]);
    let within = |id: u32| format!(r#" side="server" method="tools/call" id={id} era="modern": message=here"#);
    let expect = [
        within(1),
        within(2),
        r#": message=connection closed side="client" why="by us""#.to_owned(),
        r#": message=connection closed side="server" why="by peer""#.to_owned(),
        r#": message=connection open side="client" revision="2026-07-28""#.to_owned(),
        r#": message=connection open side="server""#.to_owned(),
    ];
    assert_eq!(told.events, expect);
}
