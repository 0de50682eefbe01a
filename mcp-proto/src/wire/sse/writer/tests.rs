use super::super::{Bounds, Event, Frame, Reader};
use super::*;
use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

/// What a reader gets, in chunks of `size`.
fn read(stream: &[u8], size: usize) -> Vec<Frame> {
    let mut reader = Reader::new(Bounds::default());
    let mut frames = Vec::new();
    for chunk in stream.chunks(size) {
        reader.push(Bytes::copy_from_slice(chunk));
        while let Some(frame) = reader.next_frame().unwrap() {
            frames.push(frame);
        }
    }
    assert_eq!(reader.buffered(), 0, "everything written is finished");
    frames
}

fn event(head: &Head<'_>, data: &str) -> Frame {
    let own = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    let name = head.name.filter(|name| !name.is_empty()).map(own);
    Frame::Event(Event { name, id: head.id.map(own), data: own(data) })
}

/// What is written, and that it is read as one event with `reads` for its data.
fn check(head: Head<'_>, data: &str, expect: &str, reads: &str) {
    let mut out = Vec::new();
    assert_eq!(encode(&mut out, &head, data.as_bytes()), Ok(()));
    assert_eq!(String::from_utf8(out.clone()).unwrap(), expect);
    let mut frames: Vec<_> = head.retry.map(Frame::Retry).into_iter().collect();
    frames.push(event(&head, reads));
    assert_eq!(read(&out, out.len()), frames, "{reads:?}");
}

const NO_HEAD: Head<'static> = Head { name: None, id: None, retry: None };

#[test]
fn events_as_they_are_written() {
    let millis = |ms| Some(Duration::from_millis(ms));
    check(NO_HEAD, "{}", "data: {}\n\n", "{}");
    check(NO_HEAD, "", "data: \n\n", "");
    check(NO_HEAD, " a ", "data:  a \n\n", " a ");
    check(Head { name: Some("message"), ..NO_HEAD }, "{}", "event: message\ndata: {}\n\n", "{}");
    check(Head { name: Some(""), ..NO_HEAD }, "{}", "data: {}\n\n", "{}");
    check(Head { name: Some(" : "), id: Some(" "), retry: None }, "a", "event:  : \nid:  \ndata: a\n\n", "a");
    check(Head { id: Some(""), ..NO_HEAD }, "", "id: \ndata: \n\n", "");
    check(Head { id: Some("s4:2"), retry: millis(2500), name: None }, "", "id: s4:2\nretry: 2500\ndata: \n\n", "");
    check(Head { retry: millis(u64::MAX), ..NO_HEAD }, "", "retry: 18446744073709551615\ndata: \n\n", "");
}

#[test]
fn retry_in_whole_milliseconds() {
    let check = |retry, expect: &str| {
        let mut out = Vec::new();
        encode(&mut out, &Head { retry: Some(retry), ..NO_HEAD }, b"").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), format!("retry: {expect}\ndata: \n\n"));
    };
    check(Duration::ZERO, "0");
    check(Duration::from_micros(1999), "1");
    check(Duration::MAX, "18446744073709551615");
}

#[test]
fn data_does_not_get_out_of_its_field() {
    check(NO_HEAD, "a\nb", "data: a\ndata: b\n\n", "a\nb");
    check(NO_HEAD, "a\rb", "data: a\ndata: b\n\n", "a\nb");
    check(NO_HEAD, "a\r\nb", "data: a\ndata: b\n\n", "a\nb");
    check(NO_HEAD, "a\n\rb", "data: a\ndata: \ndata: b\n\n", "a\n\nb");
    check(NO_HEAD, "a\r\r\nb", "data: a\ndata: \ndata: b\n\n", "a\n\nb");
    check(NO_HEAD, "\na\n\n", "data: \ndata: a\ndata: \ndata: \n\n", "\na\n\n");
    check(NO_HEAD, "a\r", "data: a\ndata: \n\n", "a\n");
    check(NO_HEAD, "a\n\ndata: b\n\n", "data: a\ndata: \ndata: data: b\ndata: \ndata: \n\n", "a\n\ndata: b\n\n");
    check(NO_HEAD, "a\rid: 1\revent: x", "data: a\ndata: id: 1\ndata: event: x\n\n", "a\nid: 1\nevent: x");
    check(NO_HEAD, "a\0\u{2028}\u{85}", "data: a\0\u{2028}\u{85}\n\n", "a\0\u{2028}\u{85}");
}

#[test]
fn heads_that_would_get_out_are_refused() {
    let check = |value: &str| {
        for (head, expect) in [
            (Head { name: Some(value), id: Some("1"), retry: None }, Unwritable::Name),
            (Head { name: Some("x"), id: Some(value), retry: None }, Unwritable::Id),
        ] {
            let mut out = Vec::new();
            assert_eq!(encode(&mut out, &head, b"data"), Err(expect));
            assert_eq!(begin(&mut out, &head), Err(expect));
            assert_eq!(out, b"", "nothing of it was written");
        }
    };
    check("\n");
    check("1\ndata: injected\n\n");
    check("1\r");
    check("\r\nevent: x");
    check("1\0");
}

#[test]
fn a_message_is_written_in_place() {
    let check = |message: &str, expect: &str| {
        let mut out = BytesMut::from(": before\n\n");
        begin(&mut out, &Head { id: Some("1"), ..NO_HEAD }).unwrap();
        let from = out.len();
        out.extend_from_slice(message.as_bytes());
        seal(&mut out, from);
        assert_eq!(out, format!(": before\n\nid: 1\ndata: {expect}\n\n"));
    };
    check(r#"{"a":"\n"}"#, r#"{"a":"\n"}"#);
    check("{\n\"a\":1\r\n}", "{ \"a\":1  }");
    check("\n\ndata: injected", "  data: injected");
    check("", "");
}

#[test]
fn comments_are_only_comments() {
    let check = |text: &str, expect: &str, reads: &[&str]| {
        let mut out = Vec::new();
        comment(&mut out, text.as_bytes());
        assert_eq!(String::from_utf8(out.clone()).unwrap(), expect);
        let frames: Vec<_> = reads.iter().map(|text| Frame::Comment(Bytes::from((*text).to_owned()))).collect();
        assert_eq!(read(&out, 1), frames);
    };
    check("", ": \n\n", &[""]);
    check("ping", ": ping\n\n", &["ping"]);
    check(" : ", ":  : \n\n", &[" : "]);
    check(
        "a\n\ndata: b\r\rid: 1\r\n",
        ": a\n: \n: data: b\n: \n: id: 1\n: \n\n",
        &["a", "", "data: b", "", "id: 1", ""],
    );
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        events in prop::collection::vec(
            (
                prop::option::of("[^\\r\\n\\x00]{1,8}"),
                prop::option::of("[^\\r\\n\\x00]{0,8}"),
                prop::option::of(any::<u64>()),
                "([ :a-z]|\n|data|\0|\u{FEFF}|\u{2028}){0,12}",
                prop::option::of("[^\\r\\n]{0,8}"),
            ),
            0..8,
        ),
        size in 1_usize..24,
    ) {
        let mut out = BytesMut::new();
        let mut expect = Vec::new();
        for (name, id, retry, data, note) in &events {
            let retry = retry.map(Duration::from_millis);
            let head = Head { name: name.as_deref(), id: id.as_deref(), retry };
            encode(&mut out, &head, data.as_bytes()).unwrap();
            expect.extend(retry.map(Frame::Retry));
            expect.push(event(&head, data));
            if let Some(note) = note {
                comment(&mut out, note.as_bytes());
                expect.push(Frame::Comment(Bytes::copy_from_slice(note.as_bytes())));
            }
        }
        prop_assert_eq!(read(&out, size), expect);
    }

    #[test]
    fn nothing_is_injected(
        text in "(\r|\n|\r\n|data: |id: 9|event: x|retry: 1|:|\0|[a-z ]){0,16}",
        place in 0_usize..4,
    ) {
        let mut out = Vec::new();
        let (mut head, mut data, mut note) = (NO_HEAD, "", None);
        match place {
            0 => head.name = Some(&text),
            1 => head.id = Some(&text),
            2 => data = &text,
            _ => note = Some(&text),
        }
        let written = encode(&mut out, &head, data.as_bytes()).is_ok();
        prop_assert_eq!(written, place > 1 || !text.contains(['\r', '\n', '\0']));
        if let Some(note) = note {
            comment(&mut out, note.as_bytes());
        }
        let joined = data.replace("\r\n", "\n").replace('\r', "\n");
        let (events, rest): (Vec<_>, Vec<_>) =
            read(&out, out.len().max(1)).into_iter().partition(|frame| matches!(frame, Frame::Event(_)));
        prop_assert_eq!(events, if written { vec![event(&head, &joined)] } else { vec![] });
        prop_assert!(rest.iter().all(|frame| note.is_some() && matches!(frame, Frame::Comment(_))));
    }
}
