use super::*;
use proptest::prelude::*;

/// Frames without the cuts that only the reads made.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Line(Vec<u8>),
    NotUtf8(Vec<u8>),
    Overlong(Vec<u8>, u64),
}

/// The rules, written down without regard for chunks.
fn naive(input: &[u8], max: Option<usize>) -> Vec<Seen> {
    let input = input.strip_prefix(&BOM).unwrap_or(input);
    let mut seen = Vec::new();
    for whole in input.split(|byte| *byte == b'\n') {
        let line = whole.strip_suffix(b"\r").unwrap_or(whole);
        if max.is_some_and(|max| line.len() > max) {
            seen.push(Seen::Overlong(whole.to_vec(), line.len() as u64));
        } else if line.iter().all(|byte| b" \t\r".contains(byte)) {
        } else if std::str::from_utf8(line).is_ok() {
            seen.push(Seen::Line(line.to_vec()));
        } else {
            seen.push(Seen::NotUtf8(line.to_vec()));
        }
    }
    seen
}

/// What the decoder makes of `chunks`, taking frames out after each of them, or only at the end.
fn decode(chunks: &[&[u8]], max: Option<usize>, drain: bool) -> Vec<Seen> {
    let mut decoder = Decoder::new(max);
    let mut seen = Vec::new();
    let mut pieces: Option<Vec<u8>> = None;
    let mut take = |frame| match frame {
        Frame::Line(line) => seen.push(Seen::Line(line.to_vec())),
        Frame::NotUtf8(line) => seen.push(Seen::NotUtf8(line.to_vec())),
        Frame::Piece(piece) => {
            assert!(!piece.is_empty());
            pieces.get_or_insert_default().extend_from_slice(&piece);
        }
        Frame::Overlong { length } => seen.push(Seen::Overlong(pieces.take().unwrap(), length)),
    };
    for chunk in chunks {
        decoder.push(Bytes::copy_from_slice(chunk));
        while drain && let Some(frame) = decoder.next_frame() {
            take(frame);
        }
        if let (true, Some(max)) = (drain, max) {
            assert!(decoder.buffered() <= max.max(1) + 1, "{} bytes kept", decoder.buffered());
        }
    }
    while let Some(frame) = decoder.finish() {
        take(frame);
    }
    assert_eq!(decoder.buffered(), 0);
    assert_eq!(pieces, None);
    seen
}

fn check(input: &[u8], max: Option<usize>) {
    let expect = naive(input, max);
    assert_eq!(decode(&[input], max, true), expect, "whole");
    let bytes: Vec<_> = input.chunks(1).collect();
    assert_eq!(decode(&bytes, max, true), expect, "byte by byte");
    assert_eq!(decode(&bytes, max, false), expect, "byte by byte, drained late");
    for at in 0..=input.len() {
        let (a, b) = input.split_at(at);
        assert_eq!(decode(&[a, b], max, true), expect, "cut at {at}");
        assert_eq!(decode(&[a, b], max, false), expect, "cut at {at}, drained late");
    }
}

#[test]
fn the_same_however_it_was_cut() {
    let inputs: &[&[u8]] = &[
        b"",
        b"\n",
        b"one\n",
        b"one\ntwo\n",
        b"one\r\ntwo\r\n",
        b"unterminated",
        b"unterminated\r",
        b"\r\n \t\r\n\nafter blanks\n  \n",
        b"\r\r\n",
        b"in\rside\r\r\n",
        "separators \u{2028} \u{2029} \u{85} are text\n".as_bytes(),
        b"\xEF\xBB\xBFmarked\n",
        b"\xEF\xBB\xBF",
        b"\xEF\xBB\xBF\xEF\xBB\xBFonce\n",
        b"\xEF\xBBhalf a mark\n",
        b"\xEF\xBB",
        b"late\n\xEF\xBB\xBFmark\n",
        b"\xFF\n\xC3\xA4\n\xC3\nok\n",
        b"123456789\r\n12345678\n1234567\r\n",
        b"12345678\r",
        b"12345678\rx",
        b"123456789",
        b"          \n1\n",
    ];
    for input in inputs {
        for max in [None, Some(0), Some(1), Some(7), Some(8), Some(9)] {
            check(input, max);
        }
    }
}

#[test]
fn a_line_in_one_chunk_is_a_slice_of_it() {
    let chunk = Bytes::from(b"first\nsecond\r\nrest".to_vec());
    let mut decoder = Decoder::new(None);
    decoder.push(chunk.clone());
    for expect in [&chunk[0..5], &chunk[6..12]] {
        let Some(Frame::Line(line)) = decoder.next_frame() else { panic!("a line is missing") };
        assert_eq!((line.as_ptr(), line.len()), (expect.as_ptr(), expect.len()));
    }
    assert_eq!(decoder.next_frame(), None);
    assert_eq!(decoder.buffered(), 4);
    // The rest was copied: nothing but this test holds the chunk.
    assert!(chunk.try_into_mut().is_ok());
}

#[test]
fn an_overlong_line_is_passed_on_and_not_kept() {
    let mut decoder = Decoder::new(Some(4));
    let mut push = |chunk: &'static [u8]| {
        decoder.push(Bytes::from_static(chunk));
        let frames: Vec<_> = std::iter::from_fn(|| decoder.next_frame()).collect();
        (frames, decoder.buffered())
    };
    let piece = |piece: &'static [u8]| Frame::Piece(Bytes::from_static(piece));
    assert_eq!(push(b"abc"), (vec![], 3));
    assert_eq!(push(b"de"), (vec![piece(b"abc"), piece(b"de")], 0));
    assert_eq!(push(b"f"), (vec![piece(b"f")], 0));
    assert_eq!(push(b"g\r"), (vec![piece(b"g\r")], 0));
    assert_eq!(push(b"\nok\n"), (vec![Frame::Overlong { length: 7 }, Frame::Line(Bytes::from_static(b"ok"))], 0));
}

#[test]
fn one_message_is_one_line() {
    fn check(message: &str, expect: &str) {
        let mut encoded = b"before".to_vec();
        encode(&mut encoded, message.as_bytes());
        assert_eq!(encoded, format!("before{expect}").as_bytes());
        let mut sealed = BytesMut::from("before\n");
        sealed.put_slice(message.as_bytes());
        seal(&mut sealed, 7);
        assert_eq!(sealed, format!("before\n{expect}").as_bytes());
    }
    check("", "\n");
    check(r#"{"a":"\n"}"#, "{\"a\":\"\\n\"}\n");
    check("{\n  \"a\":1\r\n}", "{   \"a\":1  }\n");
    check("\n\r", "  \n");
}

fn lines() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just(b"\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(BOM.to_vec()),
        Just(b"\xE2\x80\xA8".to_vec()),
        "[ a-z]{0,12}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn agrees_with_the_naive_reader(
        input in lines(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        max in prop::option::of(0usize..20),
        drain: bool,
    ) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
        cuts.extend([0, input.len()]);
        cuts.sort_unstable();
        let chunks: Vec<_> = cuts.windows(2).map(|cut| &input[cut[0]..cut[1]]).collect();
        prop_assert_eq!(decode(&chunks, max, drain), naive(&input, max));
    }

    #[test]
    fn what_is_written_is_read(messages in prop::collection::vec("\\{[^\\r\\n]{0,20}\\}", 0..8), size in 1usize..16) {
        let mut out = BytesMut::new();
        for message in &messages {
            encode(&mut out, message.as_bytes());
        }
        let expect: Vec<_> = messages.iter().map(|message| Seen::Line(message.clone().into_bytes())).collect();
        let chunks: Vec<_> = out.chunks(size).collect();
        prop_assert_eq!(decode(&chunks, None, true), expect);
    }
}
