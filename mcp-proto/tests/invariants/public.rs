//! Public signatures name no foreign crates but those users have to know anyway.

use crate::source::{Path, Source, Token, paths};
use crate::{Hits, files_below, none, root, same};

/// Crates whose types may stand in public signatures.
const KNOWN: [&str; 6] = ["bytes", "http", "serde", "serde_json", "futures_core", "schemars"];

/// Names of dependencies that users should not meet, as code spells them.
fn hidden_crates(manifest: &str) -> Vec<String> {
    let lines = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    let entries = lines.take_while(|line| !line.starts_with('['));
    let names = entries.filter_map(|line| line.split(['.', '=', ' ']).next()).filter(|name| !name.is_empty());
    names.map(|name| name.replace('-', "_")).filter(|name| !KNOWN.contains(&name.as_str())).collect()
}

/// Words of hidden crates in public signatures.
fn leaks(tokens: &[Token], hidden: &[String]) -> Vec<(usize, String)> {
    let is_hidden = |path: &Path| path.segments.first().is_some_and(|root| hidden.contains(root));
    let imports: Vec<String> = paths(tokens).into_iter().filter(&is_hidden).filter_map(|p| p.imported_as).collect();
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let rest = tokens.get(at + 1..).unwrap_or_default();
        if token.text != "pub" || rest.first().is_none_or(|next| next.text == "(") {
            continue;
        }
        let signature = without_attributes(signature(rest));
        for path in paths(&signature) {
            if is_hidden(&path) || path.segments.first().is_some_and(|name| imports.contains(name)) {
                found.push((path.line, path.text()));
            }
        }
    }
    found
}

/// What a public item shows of itself: all of an enum or trait, the head of anything else.
fn signature(item: &[Token]) -> &[Token] {
    let whole = item.iter().take(3).any(|t| t.text == "enum" || t.text == "trait");
    let field = item.get(1).is_some_and(|t| t.text == ":");
    let (mut depth, mut last) = (0_usize, "");
    for (at, token) in item.iter().enumerate() {
        let text = token.text.as_str();
        match text {
            "(" | "[" | "<" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            ">" if last != "-" && last != "=" => depth = depth.saturating_sub(1),
            "{" if whole => depth += 1,
            "}" if whole => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return &item[..at];
                }
            }
            "{" | "}" => return &item[..at],
            ";" if depth == 0 => return &item[..at],
            "," if depth == 0 && field => return &item[..at],
            _ => {}
        }
        last = text;
    }
    item
}

/// Attributes are the author's side of an item: `#[from]`, `#[error(..)]`.
fn without_attributes(tokens: &[Token]) -> Vec<Token> {
    let (mut kept, mut depth, mut last) = (Vec::new(), 0_usize, "");
    for token in tokens {
        match token.text.as_str() {
            "[" if depth > 0 || last == "#" => depth += 1,
            "]" if depth > 0 => depth -= 1,
            _ if depth == 0 => kept.push(token.clone()),
            _ => {}
        }
        last = &token.text;
    }
    kept
}

#[test]
fn public_signatures_name_only_known_crates() {
    let manifest = std::fs::read_to_string(root().join("mcp-proto/Cargo.toml")).unwrap();
    let hidden = hidden_crates(&manifest);
    assert!(hidden.iter().any(|name| name == "memchr"), "the manifest was not understood: {hidden:?}");
    let files = files_below("mcp-proto/src");
    none(&files.iter().flat_map(|file| file.at(leaks(&file.source.tokens, &hidden))).collect::<Hits>());
}

#[test]
fn leaks_are_seen() {
    let hidden = hidden_crates(
        "[package]\nname = \"x\"\n[dependencies]\nbytes.workspace = true\nhmac-sha256 = \"1\"\n\n[dev-dependencies]\nz = 1",
    );
    same(hidden.clone(), &["hmac_sha256"], "the manifest");
    let check = |code, expect: &[&str]| {
        same(leaks(&Source::read(code).tokens, &hidden).into_iter().map(|(_, what)| what).collect(), expect, code);
    };
    check("use bytes::Bytes; use hmac_sha256::HMAC; pub fn f(b: Bytes) -> u8 { HMAC::new() }", &[]);
    check("use hmac_sha256::HMAC as Mac; pub fn f(m: &Mac) {}", &["Mac"]);
    check("use hmac_sha256::HMAC; pub(crate) fn f(m: HMAC) {} fn g(m: HMAC) {}", &[]);
    check("pub struct S<A = hmac_sha256::HMAC> { m: hmac_sha256::Hash }", &["hmac_sha256::HMAC"]);
    check("use hmac_sha256::HMAC; pub struct S { pub a: Map<u8, HMAC>, b: HMAC }", &["HMAC"]);
    check("use hmac_sha256::HMAC; pub struct S { pub a: fn() -> u8, b: HMAC }", &[]);
    check("use hmac_sha256::HMAC; pub enum E { A { #[from] x: u8 }, B(HMAC) } fn g(m: HMAC) {}", &["HMAC"]);
    check(
        "use hmac_sha256::Error; pub enum E { #[derive(Error)] A } pub trait T { fn f(&self) -> hmac_sha256::X; }",
        &["hmac_sha256::X"],
    );
    check("pub use hmac_sha256::HMAC;", &["hmac_sha256::HMAC"]);
}
