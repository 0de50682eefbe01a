use super::*;
use crate::binding::exchange::{metadata, origin};
use std::collections::HashSet;

#[test]
fn the_table() {
    let row = |wrong: &Wrong| {
        let Refusal { status, code, id } = wrong.refusal();
        let code = code.map_or_else(|| "-".to_owned(), |code| code.to_string());
        format!("{wrong:?} {} {code} {}", status.as_u16(), if id { "id" } else { "-" })
    };
    let table: Vec<_> = Wrong::ALL.iter().map(row).collect();
    let expect = [
        "Origin 403 -32600 -",
        "HttpMethod 405 - -",
        "Unauthorized 401 - -",
        "Forbidden 403 - -",
        "ContentType 415 -32600 -",
        "Accept 406 -32600 -",
        "TooLarge 413 -32600 id",
        "TooSlow 408 - -",
        "Overloaded 503 - -",
        "ShuttingDown 503 - -",
        "NotJson 400 -32700 id",
        "NotAMessage 400 -32600 id",
        "Batch 400 -32600 -",
        "Response 400 -32600 -",
        "Meta 400 -32602 id",
        "Header 400 -32020 id",
        "Version 400 -32022 id",
        "Method 404 -32601 id",
        "Capability 400 -32021 id",
        "LegacyVersion 400 -32600 id",
        "SessionMissing 400 -32600 id",
        "SessionUnknown 404 -32600 id",
        "Event 400 -32600 id",
        "Internal 500 -32603 id",
    ];
    assert_eq!(table, expect);
    // Each is there once.
    assert_eq!(Wrong::ALL.iter().collect::<HashSet<_>>().len(), Wrong::ALL.len());
}

#[test]
fn answers() {
    let check = |code, modern: u16| {
        assert_eq!(of_answer(code, Era::Modern).as_u16(), modern, "{code}");
        assert_eq!(of_answer(code, Era::Legacy).as_u16(), 200, "{code}");
    };
    check(METHOD_NOT_FOUND, 404);
    check(HEADER_MISMATCH, 400);
    check(MISSING_CAPABILITY, 400);
    check(UNSUPPORTED_VERSION, 400);
    // An unknown tool, a bad cursor, a resource that is not there: in the body.
    for code in [INVALID_PARAMS, INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR, -32002, -32042, -32023, -1, 0, 1] {
        check(code, 200);
    }
}

#[test]
fn what_the_other_checks_find() {
    let check = |violation: Violation, expect| {
        assert_eq!(Wrong::from(&violation), expect, "{violation:?}");
        // The table of codes that streams use says the same.
        assert_eq!(expect.refusal().code, Some(violation.code()), "{violation:?}");
    };
    check(Violation::NotJson { offset: 0, reason: "" }, Wrong::NotJson);
    check(Violation::TooDeep { limit: 1 }, Wrong::NotJson);
    check(Violation::NotUtf8, Wrong::NotJson);
    check(Violation::TooLong { length: 2, limit: 1 }, Wrong::TooLarge);
    check(Violation::Batch, Wrong::Batch);
    check(Violation::EmptyBatch, Wrong::Batch);
    check(Violation::BothResultAndError, Wrong::Response);
    check(Violation::BadResult, Wrong::Response);
    check(Violation::BadError, Wrong::Response);
    for shape in [
        Violation::NotAnObject,
        Violation::Version,
        Violation::BadId,
        Violation::BadMethod,
        Violation::BadParams,
        Violation::DuplicateMember(String::new()),
        Violation::BothMethodAndAnswer,
        Violation::Neither,
    ] {
        check(shape, Wrong::NotAMessage);
    }
    assert_eq!(Wrong::from(Unfit::ContentType), Wrong::ContentType);
    assert_eq!(Wrong::from(Unfit::Accept), Wrong::Accept);
    assert_eq!(Wrong::from(origin::Refused::NoHost), Wrong::Origin);
    let missing = metadata::check_version(&http::HeaderMap::new(), "2026-07-28").unwrap_err();
    assert_eq!(Wrong::from(missing), Wrong::Header);
}
