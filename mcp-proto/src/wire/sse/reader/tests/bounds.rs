//! What is kept, and how much work it is.

use super::*;

#[test]
fn bounds_to_the_byte() {
    let check = |input: &str, line: usize, event: usize, expect: Option<TooLong>| {
        let bounds = Bounds { line: Some(line), event: Some(event) };
        let seen = the_same_however_it_was_cut(input.as_bytes(), bounds);
        assert_eq!(seen.failed, expect, "{input:?} {bounds:?}");
    };
    let line = |limit| Some(TooLong::Line { limit });
    let event = |limit| Some(TooLong::Event { limit });
    for end in ["\n", "\r", "\r\n"] {
        check(&format!("data: abcd{end}{end}"), 10, 4, None);
        check(&format!("data: abcd{end}{end}"), 9, 4, line(9));
        check(&format!("data: abcd{end}{end}"), 10, 3, event(3));
        check(&format!("data: ab{end}data: d{end}{end}"), 10, 4, None);
        check(&format!("data: ab{end}data: d{end}{end}"), 10, 3, event(3));
        check(&format!("data{end}{end}"), 4, 0, None);
        check(&format!("data{end}data{end}"), 4, 0, event(0));
        check(end, 0, 0, None);
    }
    // Every kind of line, finished or not.
    check(": abcde", 6, 9, line(6));
    check("unknown", 6, 9, line(6));
    check("unknown", 7, 0, None);
    check("retry: 1\n", 7, 9, line(7));
    check("retry: 1\n", 8, 0, None);
    // All that an event keeps, and nothing that it does not keep.
    check("event: abc\nid: de\ndata: f\n", 99, 6, None);
    check("event: abc\nid: de\ndata: f\n", 99, 5, event(5));
    check("event: ab\nevent: c\nid: def\nid: g\n", 99, 4, None);
    check("event: ab\nevent: c\nid: def\nid: g\n", 99, 3, event(3));
    check("id: abcdef\0\n", 99, 0, None);
    check("data: abcd\n\ndata: abcd\n\n", 10, 4, None);
    // A byte order mark is in the line.
    check("\u{FEFF}data\n\n", 7, 0, None);
    check("\u{FEFF}data\n\n", 6, 0, line(6));
    // What came before counts.
    let bounds = Bounds { line: Some(9), event: None };
    let seen = the_same_however_it_was_cut(b"id: 1\ndata: a\n\nid: 2\ndata: bcde\n\n", bounds);
    assert_eq!(seen, Seen { frames: vec!["*(1): a".into()], last_id: Some("1".into()), failed: line(9) });
}

#[test]
fn messages_of_the_longest_fit() {
    for longest in [0, 1, 4096] {
        let bounds = Bounds::for_messages(Some(longest));
        let input = format!("event: message\nid: stream-7:1234567890\ndata: {}\n\n", "x".repeat(longest));
        let seen = read(&[input.as_bytes()], bounds, true);
        assert_eq!((seen.frames.len(), seen.failed), (1, None));
    }
    assert_eq!(Bounds::for_messages(None), UNBOUNDED);
    assert_eq!(Bounds::for_messages(Some(usize::MAX)), Bounds { line: Some(usize::MAX), event: Some(usize::MAX) });
}

#[test]
fn an_endless_line_is_not_kept() {
    let bounds = Bounds { line: Some(1000), event: Some(1000) };
    for (start, more, expect) in [
        ("data: ", "endless", TooLong::Line { limit: 1000 }),
        (":", "endless", TooLong::Line { limit: 1000 }),
        ("", "endless", TooLong::Line { limit: 1000 }),
        ("data: x\n", "data\n", TooLong::Event { limit: 1000 }),
    ] {
        let mut reader = Reader::new(bounds);
        reader.push(Bytes::from(start));
        let mut most = 0;
        for _ in 0..10_000 {
            reader.push(Bytes::from(more));
            while let Ok(Some(_)) = reader.next_frame() {}
            most = most.max(reader.buffered());
        }
        assert!((990..=1000).contains(&most), "{most} bytes kept");
        assert_eq!((reader.next_frame(), reader.buffered()), (Err(expect), 0));
    }
}

/// Bytes looked at and copied for a stream of `input`, cut into chunks of `size`.
fn work(input: &[u8], size: usize) -> usize {
    let mut reader = Reader::new(UNBOUNDED);
    for chunk in input.chunks(size) {
        reader.push(Bytes::copy_from_slice(chunk));
        while let Ok(Some(_)) = reader.next_frame() {}
    }
    reader.work
}

#[test]
fn work_grows_with_the_bytes_and_not_with_the_cuts() {
    let long = "x".repeat(100_000);
    let inputs = [
        format!("data: {long}\n\n"),
        format!("data: {long}\n").repeat(4) + "\n",
        "data: x\n".repeat(20_000) + "\n",
        format!("event: {long}\nid: {long}\n{}\n", "data\n".repeat(20_000)),
        format!("event: {long}\ndata: {long}\n{}\n", ":\nfoo\n".repeat(20_000)),
        "\n\r\n\r".repeat(20_000),
    ];
    for input in inputs {
        for size in [1, 2, 3, 7, 100, 4096, input.len()] {
            // Searched once, copied once to make a line of it and twice to make an event of several.
            let work = work(input.as_bytes(), size);
            assert!(work <= 4 * input.len(), "{work} for {} bytes, {size} at a time", input.len());
        }
    }
    // Nothing is copied where nothing is cut.
    let whole = format!("event: message\ndata: {long}\n\n");
    assert_eq!(work(whole.as_bytes(), whole.len()), whole.len() - 3);
}
