//! What the standard says, line by line.

use super::*;

fn check(input: impl AsRef<[u8]>, frames: &[&str], last_id: Option<&str>) {
    let seen = the_same_however_it_was_cut(input.as_ref(), UNBOUNDED);
    assert_eq!((seen.frames, seen.last_id.as_deref()), (frames.iter().map(|f| (*f).to_owned()).collect(), last_id));
}

#[test]
fn lines_and_events_end() {
    check("", &[], None);
    check("\n\r\r\n\n", &[], None);
    check("data: a\n\n", &["*: a"], None);
    check("data: a\r\rdata: b\r\r", &["*: a", "*: b"], None);
    check("data: a\r\n\r\ndata: b\r\n\r\n", &["*: a", "*: b"], None);
    check("data: a\r\n\rdata: b\n\r\n", &["*: a", "*: b"], None);
    check("data: a\n\rdata: b\r\n\n", &["*: a", "*: b"], None);
    // Only these end a line.
    check(
        "data: a\u{B}\u{C}\u{85}\u{2028}\u{2029}\0b\n\n",
        &["*: a\\x0b\\x0c\\xc2\\x85\\xe2\\x80\\xa8\\xe2\\x80\\xa9\\x00b"],
        None,
    );
    // What is not finished is not there.
    check("data: a\n", &[], None);
    check("data: a\n\ndata: b\n", &["*: a"], None);
    check("data: a\n\ndata: b", &["*: a"], None);
    check("data: a\n\nid: 1", &["*: a"], None);
}

#[test]
fn fields() {
    // One space is taken away, and only a space, and only in front.
    check("data:a\n\n", &["*: a"], None);
    check("data:  a \n\n", &["*:  a "], None);
    check("data:\ta\n\n", &["*: \\ta"], None);
    check("data:: a:\n\n", &["*: : a:"], None);
    // Without a colon all of it is the name; names are compared as they are.
    check("data\n\n", &["*: "], None);
    check("Data: a\nDATA: a\n data: a\ndata : a\ndat: a\ndatas: a\nd\n\n", &[], None);
    check("data: a\nfoo: b\nfoo\n\u{e4}: \u{e4}\neven: x\nevents: x\nidd: x\nretr: 1\n\n", &["*: a"], None);
    // Types.
    check("event: x\ndata: a\n\ndata: b\n\n", &["x: a", "*: b"], None);
    check("event: message\ndata: a\n\n", &["message: a"], None);
    check("event: x\nevent: y\ndata: a\n\n", &["y: a"], None);
    check("event: x\nevent\ndata: a\n\nevent: x\nevent: \ndata: b\n\n", &["*: a", "*: b"], None);
    check("data: a\nevent:  x \n\n", &[" x : a"], None);
    check("event: x\n\ndata: a\n\n", &["*: a"], None);
}

#[test]
fn data() {
    check("data: a\ndata: b\ndata:c\n\n", &["*: a\\nb\\nc"], None);
    check("data\ndata: a\n\n", &["*: \\na"], None);
    check("data: a\ndata\n\n", &["*: a\\n"], None);
    check("data\ndata\n\n", &["*: \\n"], None);
    check("data: a\nid: 1\n:c\nevent: x\ndata: b\n\n", &["# c", "x(1): a\\nb"], Some("1"));
    // No data and empty data are not the same.
    check("data:\n\n", &["*: "], None);
    check("data: \n\n", &["*: "], None);
    check("event: x\n\n", &[], None);
    check("id: s:0\ndata:\n\n", &["*(s:0): "], Some("s:0"));
    check("id: s:0\n\n", &[], Some("s:0"));
}

#[test]
fn ids() {
    check("id: 1\ndata: a\n\ndata: b\n\n", &["*(1): a", "*: b"], Some("1"));
    check("id: 1\nid: 2\ndata: a\n\n", &["*(2): a"], Some("2"));
    check("id: 1\ndata: a\n\nid\ndata: b\n\n", &["*(1): a", "*(): b"], None);
    check("id: 1\n\nid: \n\n", &[], None);
    check("id: 1\nid\ndata: a\n\n", &["*(): a"], None);
    check("id: 1\0\ndata: a\n\n", &["*: a"], None);
    check("id: 1\nid: \0\ndata: a\n\n", &["*(1): a"], Some("1"));
    check("id: 1\n\nid: 2\0\n\n", &[], Some("1"));
    check("id:  1 \n\n", &[], Some(" 1 "));
    // Those of unfinished events do not count.
    check("id: 1\n\nid: 2\n", &[], Some("1"));
    check("id: 1\n\nid: 2\ndata: a\n", &[], Some("1"));
}

#[test]
fn retry_times() {
    check("retry: 2500\n\n", &["retry 2500"], None);
    check("retry:0\n", &["retry 0"], None);
    check("id: 2\nretry: 7\ndata:\n\n", &["retry 7", "*(2): "], Some("2"));
    check("retry: 0007\nretry: 8\n", &["retry 7", "retry 8"], None);
    check("retry: 18446744073709551615\n", &["retry 18446744073709551615"], None);
    check("retry: 18446744073709551616\n", &["retry 18446744073709551615"], None);
    check(format!("retry: {}\n", "9".repeat(99)), &["retry 18446744073709551615"], None);
    check("retry\nretry:\nretry: \nretry: +1\nretry: -1\nretry: 1.5\nretry: 1 \nretry:  1\nretry: 0x1\n", &[], None);
    check("retry: \u{661}\nretry: 1\0\nretry: 1e3\n", &[], None);
    // It takes effect when its line ends, not before.
    check("retry: 5", &[], None);
}

#[test]
fn comments() {
    check(":\n", &["# "], None);
    check(": ping\n:ping\n:  ping\n", &["# ping", "# ping", "#  ping"], None);
    check(":data: a\n\n", &["# data: a"], None);
    check("data: a\n: b\n\n", &["# b", "*: a"], None);
    check(": unfinished", &[], None);
}

#[test]
fn byte_order_marks() {
    check("\u{FEFF}data: a\n\n", &["*: a"], None);
    check("\u{FEFF}\ndata: a\n\n", &["*: a"], None);
    check("\u{FEFF}: a\n", &["# a"], None);
    check("\u{FEFF}", &[], None);
    check("\u{FEFF}\u{FEFF}data: a\n\n", &[], None);
    check("\ndata: a\n\n\u{FEFF}data: b\n\n", &["*: a"], None);
    check("data: \u{FEFF}a\n\n", &["*: \\xef\\xbb\\xbfa"], None);
    check(b"\xEF\xBBdata: a\ndata: b\n\n", &["*: b"], None);
    check(b"\xEF\xBB", &[], None);
}

#[test]
fn bytes_come_out_as_they_went_in() {
    check(b"data: \xFF\xC3\n\n", &["*: \\xff\\xc3"], None);
    check(b"event: \xC3\ndata: \xE2\x80\n\n", &["\\xc3: \\xe2\\x80"], None);
    check(b"id: \xF0\x9F\ndata\n\n", &["*(\\xf0\\x9f): "], Some("\\xf0\\x9f"));
}
