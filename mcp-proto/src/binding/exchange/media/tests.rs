use super::*;
use http::HeaderValue;
use http::header::HeaderName;

fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

#[test]
fn what_bodies_are() {
    let check = |values: &[&str], expect| assert_eq!(Media::of(&headers(&CONTENT_TYPE, values)), expect, "{values:?}");
    for json in [
        "application/json",
        "Application/JSON",
        "application/json;charset=UTF-8",
        " application/json ; x=\"",
        "application/json;",
    ] {
        check(&[json], Media::Json);
    }
    check(&["text/event-stream"], Media::EventStream);
    check(&["TEXT/Event-Stream; charset=utf-8"], Media::EventStream);
    for other in [
        "",
        ";",
        "text/html",
        "application/jsonl",
        "application/json-rpc",
        "application/*",
        "*/*",
        "application/json, text/html",
        "application /json",
        "xapplication/json",
    ] {
        check(&[other], Media::Other);
    }
    check(&[], Media::Other);
    check(&["application/json", "application/json"], Media::Other);
    let mut beyond_ascii = HeaderMap::new();
    beyond_ascii.insert(CONTENT_TYPE, HeaderValue::from_bytes(b"application/json;\xe9").unwrap());
    assert_eq!(Media::of(&beyond_ascii), Media::Other);
}

/// What is accepted of: JSON, event streams.
#[test]
fn what_is_accepted() {
    let check = |values: &[&str], json: bool, stream: bool| {
        let headers = headers(&ACCEPT, values);
        assert_eq!((accepts(&headers, JSON), accepts(&headers, EVENT_STREAM)), (json, stream), "{values:?}");
    };
    check(&[BOTH], true, true);
    check(&["text/event-stream,application/json"], true, true);
    check(&["application/json", "text/event-stream"], true, true);
    check(&["APPLICATION/json;charset=utf-8 ; q=0.1,\tText/Event-Stream"], true, true);
    check(&["*/*"], true, true);
    check(&["text/html, */*;q=0.8"], true, true);
    check(&["application/*"], true, false);
    check(&["application/*, text/*"], true, true);
    check(&["Text/*;q=0.001"], false, true);
    check(&[], false, false);
    check(&["", ",,"], false, false);
    check(&["application/json"], true, false);
    check(&["application/jsonx, text/event-streams, */json, application, *, text/"], false, false);
    // Not at all.
    check(&["application/json;q=0, text/event-stream;q=0.000"], false, false);
    check(&["*/*;q=0"], false, false);
    check(&["*/*, text/event-stream;q=0"], true, false);
    check(&["text/event-stream;Q=0.0, */*"], true, false);
    check(&["*/*;q=0, application/*"], true, false);
    check(&["application/*;q=0, */*"], false, true);
    check(&["*/*, application/*;q=0"], false, true);
    check(&["application/*;q=0, application/json, */*"], true, true);
    check(&["application/json;q=0, application/json;v=2"], true, false);
    check(&["application/json; q = 0"], false, false);
    // What can't be read is no reason to refuse, and quotes hide what is in them.
    check(&["application/json;q=none;x, text/event-stream;q="], true, true);
    check(&["text/html;x=\"application/json, text/event-stream\""], false, false);
    check(&["application/json;x=\";q=0\""], true, false);
}

#[test]
fn requests() {
    let head = |content: &str, accept: &str| {
        let mut head = headers(&CONTENT_TYPE, &[content]);
        head.extend(headers(&ACCEPT, &[accept]));
        head
    };
    let check = |content, accept, expect| assert_eq!(check_post(&head(content, accept)), expect, "{content} {accept}");
    check(JSON, BOTH, Ok(()));
    check(JSON, "*/*", Ok(()));
    check(JSON, JSON, Err(Unfit::Accept));
    check(JSON, EVENT_STREAM, Err(Unfit::Accept));
    check(JSON, "application/*", Err(Unfit::Accept));
    check("text/plain", BOTH, Err(Unfit::ContentType));
    check("text/plain", "", Err(Unfit::ContentType));
    assert_eq!(check_post(&headers(&CONTENT_TYPE, &[JSON])), Err(Unfit::Accept));
    assert_eq!(check_get(&headers(&ACCEPT, &[EVENT_STREAM])), Ok(()));
    assert_eq!(check_get(&headers(&ACCEPT, &[JSON])), Err(Unfit::Accept));
    assert_eq!(check_get(&HeaderMap::new()), Err(Unfit::Accept));
}
