use super::*;
use http::HeaderValue;
use proptest::prelude::*;

fn all(lines: &[&str]) -> Vec<Challenge> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_bytes(line.as_bytes()).unwrap());
    }
    Challenge::all(&headers)
}

/// `Scheme name=value|…`, or `Scheme <token68>`.
fn written(challenges: &[Challenge]) -> Vec<String> {
    let one = |challenge: &Challenge| {
        let token = challenge.token68.iter().map(|token| format!("<{token}>"));
        let params = challenge.params.iter().map(|(name, value)| format!("{name}={value}"));
        format!("{} {}", challenge.scheme, token.chain(params).collect::<Vec<_>>().join("|"))
    };
    challenges.iter().map(one).collect()
}

#[test]
fn challenges() {
    let check = |lines: &[&str], expect: &[&str]| assert_eq!(written(&all(lines)), expect, "{lines:?}");
    check(&[], &[]);
    check(&["", " , ,"], &[]);
    check(&["Bearer"], &["Bearer "]);
    check(&["Bearer, Basic"], &["Bearer ", "Basic "]);
    check(&[r#"Bearer realm="a""#], &["Bearer realm=a"]);
    check(&[r#"bearer  realm = "a" ,scope="b c",	error=x"#], &["bearer realm=a|scope=b c|error=x"]);
    check(
        &[r#"Newauth realm="apps", type=1, title="Login to \"apps\"", Basic realm="simple""#],
        &[r#"Newauth realm=apps|type=1|title=Login to "apps""#, "Basic realm=simple"],
    );
    check(
        &[r#"Basic realm="a", Bearer realm="b, Digest c=d""#, "Negotiate"],
        &["Basic realm=a", "Bearer realm=b, Digest c=d", "Negotiate "],
    );
    check(&["Negotiate YII/+-._~x==, Bearer a=b"], &["Negotiate <YII/+-._~x==>", "Bearer a=b"]);
    check(&["Negotiate abc=", "NTLM"], &["Negotiate <abc=>", "NTLM "]);
    check(&[r#"Bearer a="", b="\\\"""#], &[r#"Bearer a=|b=\""#]);
    check(&[r#"Bearer a="é""#], &["Bearer a=é"]);
    // Without the quotes it should have.
    check(&["Bearer resource_metadata=https://a.example/x?y=z"], &["Bearer resource_metadata=https://a.example/x?y=z"]);
    // A challenge does not go on in the next line.
    check(&["Bearer a=b", "c=d, Basic e=f", "g=h"], &["Bearer a=b", "Basic e=f"]);
    // What can't be read is left out.
    check(&[r#"a="b", Bearer c=d"#], &["Bearer c=d"]);
    check(&[r#"B@d x=1, Bearer c=d"#], &["Bearer c=d"]);
    check(&[r#"Bearer a="b"c, d=e, f g h, i="#], &["Bearer d=e", "f i="]);
    check(&[r#"Bearer a="b, Basic c=d"#], &["Bearer "]);
}

#[test]
fn what_a_bearer_says() {
    let check = |lines: &[&str], expect: Option<[Option<&str>; 4]>| {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let expect = expect.map(|[resource_metadata, scope, error, error_description]| Bearer {
            resource_metadata: own(resource_metadata),
            scope: own(scope),
            error: own(error),
            error_description: own(error_description),
        });
        assert!(Challenge::bearer(&all(lines)) == expect, "{lines:?}");
    };
    let metadata = "https://a.example/.well-known/oauth-protected-resource";
    check(&[], None);
    check(&["Basic realm=a"], None);
    check(&["Bearer"], Some([None; 4]));
    check(&[&format!(r#"Bearer resource_metadata="{metadata}""#)], Some([Some(metadata), None, None, None]));
    check(
        &[
            "Negotiate a==",
            &format!(
                r#"BEARER ERROR="insufficient_scope", scope="a:read b", resource_metadata="{metadata}", error_description="no, not \"this\"""#
            ),
        ],
        Some([Some(metadata), Some("a:read b"), Some("insufficient_scope"), Some(r#"no, not "this""#)]),
    );
    // The first counts, of challenges and of parameters.
    check(&["Bearer scope=a, scope=b, Bearer error=c"], Some([None, Some("a"), None, None]));
    let stepping = Challenge::bearer(&all(&["Bearer error=insufficient_scope"])).unwrap();
    let dead = Challenge::bearer(&all(&["Bearer error=invalid_token"])).unwrap();
    assert_eq!((stepping.wants_more_scope(), dead.wants_more_scope()), (true, false));
}

#[test]
fn bounds() {
    assert_eq!(all(&[&vec!["A b=c"; 100].join(",")]).len(), MOST);
    assert_eq!(all(&["A"; 100]).len(), MOST);
    let many = all(&[&format!("A {}", (0..100).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join(","))]);
    assert_eq!(many.first().map(|challenge| challenge.params.len()), Some(MOST));
}

#[test]
fn nothing_is_shown() {
    let challenges = all(&[&format!(r#"{} scope="secret", nonce="secret""#, "B".repeat(100))]);
    assert_eq!(format!("{challenges:?}"), format!("[Challenge {{ scheme: {}, params: 2, .. }}]", "B".repeat(32)));
    let bearer = Challenge::bearer(&all(&["Bearer scope=secret"]));
    assert_eq!(format!("{bearer:?}"), "Some(Bearer { resource_metadata: false, scope: true, error: false, .. })");
}

proptest! {
    #[test]
    fn what_is_quoted_is_read(params in prop::collection::vec(("[a-z!#$%&'*+.^_`|~-]{1,8}", "[ -~é]{0,12}"), 1..8)) {
        let quoted = params.iter().map(|(name, value)| format!(r#"{name}="{}""#, value.replace('\\', r"\\").replace('"', r#"\""#)));
        let line = format!("Bearer {}, Basic", quoted.collect::<Vec<_>>().join(", "));
        let found = all(&[&line]);
        prop_assert_eq!(found.first().map(|challenge| &challenge.params), Some(&params));
        prop_assert_eq!(found.len(), 2);
    }

    #[test]
    fn nothing_is_too_strange(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..5)) {
        let mut headers = HeaderMap::new();
        for value in lines.iter().filter_map(|line| HeaderValue::from_bytes(line).ok()) {
            headers.append(WWW_AUTHENTICATE, value);
        }
        for challenge in Challenge::all(&headers) {
            prop_assert!(is_token(&challenge.scheme) && challenge.params.iter().all(|(name, _)| is_token(name)));
        }
    }
}
