use super::super::event::Event;
use super::*;
use proptest::prelude::*;

mod bounds;
mod standard;

const UNBOUNDED: Bounds = Bounds { line: None, event: None };

/// What a stream holds, and how it leaves its reader.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    frames: Vec<String>,
    last_id: Option<String>,
    failed: Option<TooLong>,
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// `name(id): data`, with `*` for a name that was not said.
fn event(name: Option<&[u8]>, id: Option<&[u8]>, data: &[u8]) -> String {
    let id = id.map_or_else(String::new, |id| format!("({})", text(id)));
    format!("{}{id}: {}", name.map_or_else(|| "*".to_owned(), text), text(data))
}

fn comment(comment: &[u8]) -> String {
    format!("# {}", text(comment))
}

fn retry(milliseconds: u64) -> String {
    format!("retry {milliseconds}")
}

fn show(frame: &Frame) -> String {
    match frame {
        Frame::Event(Event { name, id, data }) => event(name.as_deref(), id.as_deref(), data),
        Frame::Retry(time) => retry(u64::try_from(time.as_millis()).unwrap()),
        Frame::Comment(text) => comment(text),
    }
}

/// The algorithm of the standard as it is written there, over the whole stream and without regard for cost.
fn naive(input: &[u8], bounds: Bounds) -> Seen {
    let mut seen = Seen { frames: Vec::new(), last_id: None, failed: None };
    let (mut name, mut id, mut data) = (Vec::new(), None::<Vec<u8>>, Vec::new());
    let mut rest = input;
    let mut first = true;
    loop {
        let end = rest.iter().position(|byte| b"\r\n".contains(byte));
        let line = &rest[..end.unwrap_or(rest.len())];
        if let Some(limit) = bounds.line.filter(|limit| line.len() > *limit) {
            return Seen { failed: Some(TooLong::Line { limit }), ..seen };
        }
        let Some(end) = end else { return seen };
        rest = if rest[end..].starts_with(b"\r\n") { &rest[end + 2..] } else { &rest[end + 1..] };
        let line = if first { line.strip_prefix(&BOM).unwrap_or(line) } else { line };
        first = false;
        if line.is_empty() {
            if let Some(id) = &id {
                seen.last_id = Some(text(id)).filter(|id| !id.is_empty());
            }
            if data.pop().is_some() {
                seen.frames.push(event(Some(&*name).filter(|name| !name.is_empty()), id.as_deref(), &data));
            }
            (name, id, data) = Default::default();
            continue;
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"" => seen.frames.push(comment(value)),
            b"event" => name = value.to_vec(),
            b"data" => data.extend([value, b"\n"].concat()),
            b"id" if !value.contains(&0) => id = Some(value.to_vec()),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                seen.frames.push(retry(String::from_utf8(value.to_vec()).unwrap().parse().unwrap_or(u64::MAX)));
            }
            _ => {}
        }
        // Of the last line feed the event knows nothing.
        let size = name.len() + id.as_ref().map_or(0, Vec::len) + data.len().saturating_sub(1);
        if let Some(limit) = bounds.event.filter(|limit| size > *limit) {
            return Seen { failed: Some(TooLong::Event { limit }), ..seen };
        }
    }
}

/// What the reader makes of `chunks`, taking frames out after each of them, or only at the end.
fn read(chunks: &[&[u8]], bounds: Bounds, drain: bool) -> Seen {
    let mut reader = Reader::new(bounds);
    let mut frames = Vec::new();
    let mut failed = None;
    for (at, chunk) in chunks.iter().enumerate() {
        reader.push(Bytes::copy_from_slice(chunk));
        while (drain || at + 1 == chunks.len()) && failed.is_none() {
            match reader.next_frame() {
                Ok(Some(frame)) => frames.push(show(&frame)),
                Ok(None) => break,
                Err(why) => failed = Some(why),
            }
        }
        if let (true, Bounds { line: Some(line), event: Some(event) }) = (drain, bounds) {
            assert!(reader.buffered() <= line + event, "{} bytes kept", reader.buffered());
        }
    }
    if failed.is_some() {
        assert_eq!((reader.next_frame().err(), reader.buffered()), (failed, 0), "it stays so and keeps nothing");
    }
    reader.end();
    assert_eq!((reader.next_frame(), reader.buffered()), (Ok(None), 0));
    Seen { frames, last_id: reader.last_event_id().map(|id| text(id)), failed }
}

/// However it is cut, the frames are those of the naive reader.
fn the_same_however_it_was_cut(input: &[u8], bounds: Bounds) -> Seen {
    let expect = naive(input, bounds);
    let shown = || input.escape_ascii();
    let bytes: Vec<_> = input.chunks(1).collect();
    for drain in [true, false] {
        assert_eq!(read(&[input], bounds, drain), expect, "{} whole", shown());
        assert_eq!(read(&bytes, bounds, drain), expect, "{} byte by byte", shown());
        for at in 0..=input.len() {
            let (a, b) = input.split_at(at);
            assert_eq!(read(&[a, b], bounds, drain), expect, "{} cut at {at}", shown());
        }
    }
    expect
}

#[test]
fn the_last_id_outlives_streams() {
    let mut reader = Reader::new(Bounds { line: Some(20), event: Some(20) });
    let read = |reader: &mut Reader, input: &'static [u8]| {
        reader.push(Bytes::from_static(input));
        let mut seen = Vec::new();
        let failed = loop {
            match reader.next_frame() {
                Ok(Some(frame)) => seen.push(show(&frame)),
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        (seen.join(", "), failed, reader.last_event_id().map(|id| text(id)).unwrap_or_default())
    };
    let seen = |frames: &str, failed, id: &str| (frames.to_owned(), failed, id.to_owned());
    reader.set_last_event_id(Some(Bytes::from_static(b"0")));
    assert_eq!(read(&mut reader, b"data: a\n\n"), seen("*: a", false, "0"));
    assert_eq!(read(&mut reader, b"id: 1\ndata: b\n\nid: 2\ndata: c"), seen("*(1): b", false, "1"));
    reader.end();
    // A new stream: the line begun is gone, a mark may stand in front, and a line end is one.
    assert_eq!(read(&mut reader, b"\xEF\xBB\xBFdata: d\n\ndata: e\r"), seen("*: d", false, "1"));
    reader.end();
    assert_eq!(read(&mut reader, b"\n\ndata: f\n\n"), seen("*: f", false, "1"));
    assert_eq!(read(&mut reader, b"id: 3\n\nid: 4\ndata: too long, by far\n\n"), seen("", true, "3"));
    assert_eq!(read(&mut reader, b"data: g\n\n"), seen("", true, "3"));
    reader.end();
    assert_eq!(read(&mut reader, b"data: h\n\n"), seen("*: h", false, "3"));
    assert_eq!(read(&mut reader, b"id:\n\n"), seen("", false, ""));
    reader.set_last_event_id(Some(Bytes::new()));
    assert_eq!(reader.last_event_id(), None);
}

#[test]
fn data_in_one_line_of_one_chunk_is_a_slice_of_it() {
    let chunk = Bytes::from(b"event: message\ndata: first\n\r\ndata:second\r\rdata: third\n".to_vec());
    let mut reader = Reader::new(Bounds::default());
    reader.push(chunk.clone());
    for expect in [&chunk[21..26], &chunk[34..40]] {
        let Ok(Some(Frame::Event(event))) = reader.next_frame() else { panic!("an event is missing") };
        assert_eq!((event.data.as_ptr(), event.data.len()), (expect.as_ptr(), expect.len()));
        assert!(event.is_message());
    }
    assert_eq!((reader.next_frame(), reader.buffered()), (Ok(None), 5));
    // The unfinished event was copied: nothing but this test holds the chunk.
    assert!(chunk.try_into_mut().is_ok());
}

#[test]
fn bodies_are_not_shown() {
    let mut reader = Reader::new(Bounds { line: None, event: Some(9) });
    reader.push(Bytes::from_static(b"id: a\xFF\ndata: secret\n\ndata: secret"));
    let frame = reader.next_frame();
    assert_eq!(format!("{frame:?}"), r#"Ok(Some(Event(Event { name: None, id: Some("a\\xff"), data: 6 bytes })))"#);
    let shown = "Reader { bounds: Bounds { line: None, event: Some(9) }, buffered: 12, failed: None, .. }";
    assert_eq!(format!("{reader:?}"), shown);
}

fn streams() -> impl Strategy<Value = Vec<u8>> {
    let names = ["data", "data:", "data: ", "event: ", "event", "id: ", "id", "retry: ", "retry:1", ":", ": ", "dat"];
    let odd: [&[u8]; 5] = [b"\0", b":", b" ", b"\xE2\x80\xA8", b"\xEF\xBB"];
    let part = prop_oneof![
        4 => prop::sample::select(&["\n", "\r", "\r\n", "\n\n"][..]).prop_map(|end| end.as_bytes().to_vec()),
        4 => prop::sample::select(names.to_vec()).prop_map(|name| name.as_bytes().to_vec()),
        1 => Just(BOM.to_vec()),
        1 => prop::sample::select(odd.to_vec()).prop_map(<[u8]>::to_vec),
        2 => "[ :a-z0-9]{0,12}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    (any::<bool>(), prop::collection::vec(part, 0..32))
        .prop_map(|(mark, parts)| [if mark { BOM.to_vec() } else { Vec::new() }, parts.concat()].concat())
}

proptest! {
    #[test]
    fn agrees_with_the_naive_reader(
        input in streams(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        line in prop::option::of(0_usize..24),
        event in prop::option::of(0_usize..24),
        drain: bool,
    ) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
        cuts.extend([0, input.len()]);
        cuts.sort_unstable();
        let chunks: Vec<_> = cuts.windows(2).map(|cut| &input[cut[0]..cut[1]]).collect();
        let bounds = Bounds { line, event };
        prop_assert_eq!(read(&chunks, bounds, drain), naive(&input, bounds));
    }

    #[test]
    fn decoding_afterwards_is_decoding_before(input in streams()) {
        let mut reader = Reader::new(UNBOUNDED);
        reader.push(Bytes::from(input.clone()));
        let decoded = |bytes: &Bytes| Bytes::from(String::from_utf8_lossy(bytes).into_owned());
        let mut frames = Vec::new();
        while let Some(frame) = reader.next_frame().unwrap() {
            frames.push(show(&match frame {
                Frame::Event(Event { name, id, data }) => Frame::Event(Event {
                    name: name.as_ref().map(decoded),
                    id: id.as_ref().map(decoded),
                    data: decoded(&data),
                }),
                Frame::Comment(text) => Frame::Comment(decoded(&text)),
                frame @ Frame::Retry(_) => frame,
            }));
        }
        let before = naive(String::from_utf8_lossy(&input).as_bytes(), UNBOUNDED);
        let last_id = reader.last_event_id().map(|id| text(&decoded(id)));
        prop_assert_eq!((frames, last_id), (before.frames, before.last_id));
    }
}
