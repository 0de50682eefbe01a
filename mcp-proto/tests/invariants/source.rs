//! Rust sources read as far as the rules need it: code apart from comments and literals, tokens, paths.

use std::iter::Peekable;
use std::str::Chars;

/// What a source file says, taken apart.
pub(crate) struct Source {
    /// The code; comments are gone and literals are empty.
    pub(crate) tokens: Vec<Token>,
    /// The string literals.
    pub(crate) literals: Vec<(usize, String)>,
}

/// A word or a sign, and the line it stands on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// A path, with its `use` groups spelt out: `use a::{b, c}` is `a::b` and `a::c`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    pub(crate) line: usize,
    pub(crate) segments: Vec<String>,
    /// The name it is imported by, if it stands in a `use`.
    pub(crate) imported_as: Option<String>,
}

impl Path {
    pub(crate) fn text(&self) -> String {
        self.segments.join("::")
    }
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
    source: Source,
}

impl Source {
    pub(crate) fn read(text: &str) -> Self {
        let source = Self { tokens: Vec::new(), literals: Vec::new() };
        let mut reader = Reader { rest: text.chars().peekable(), line: 1, source };
        reader.read();
        reader.source
    }

    /// The part that only tests compile: from the first `#[cfg(test)]` on, since test modules stand last.
    pub(crate) fn test_part(&self) -> &[Token] {
        let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
        let start = self.tokens.windows(mark.len()).position(|w| w.iter().map(|t| &t.text).eq(mark));
        start.map_or(&[], |start| &self.tokens[start..])
    }
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn token(&mut self, text: String) {
        self.source.tokens.push(Token { line: self.line, text });
    }

    fn read(&mut self) {
        while let Some(c) = self.next() {
            match (c, self.rest.peek()) {
                ('/', Some('/')) => while self.rest.peek().is_some_and(|c| *c != '\n') && self.next().is_some() {},
                ('/', Some('*')) => self.block_comment(),
                ('"', _) => self.string(),
                ('\'', _) => self.quote(),
                ('r', Some('"' | '#')) => self.raw(c),
                (c, _) if c.is_alphanumeric() || c == '_' => self.word(c),
                (':', Some(':')) => {
                    self.next();
                    self.token("::".to_owned());
                }
                (c, _) if !c.is_whitespace() => self.token(c.to_string()),
                _ => {}
            }
        }
    }

    fn block_comment(&mut self) {
        let (mut depth, mut last) = (1, ' ');
        self.next();
        while let Some(c) = self.next() {
            match (last, c) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ => {
                    last = c;
                    continue;
                }
            }
            last = ' ';
            if depth == 0 {
                return;
            }
        }
    }

    fn word(&mut self, first: char) {
        let mut word = String::from(first);
        while let Some(c) = self.rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
            word.push(c);
        }
        match (word.as_str(), self.rest.peek()) {
            ("b" | "c", Some('"')) => {}
            ("br" | "cr", Some('"' | '#')) => self.raw('r'),
            _ => self.token(word),
        }
    }

    fn string(&mut self) {
        let (line, mut text) = (self.line, String::new());
        while let Some(c) = self.next() {
            match c {
                '"' => break,
                '\\' => text.extend(self.next()),
                c => text.push(c),
            }
        }
        self.source.literals.push((line, text));
    }

    /// A raw string, or a raw identifier.
    fn raw(&mut self, first: char) {
        let mut hashes = 0;
        while self.rest.next_if_eq(&'#').is_some() {
            hashes += 1;
        }
        if self.rest.next_if_eq(&'"').is_none() {
            let next = self.next();
            return self.word(next.unwrap_or(first));
        }
        let end = format!("\"{}", "#".repeat(hashes));
        let (line, mut text) = (self.line, String::new());
        while !text.ends_with(&end) {
            let Some(c) = self.next() else { return };
            text.push(c);
        }
        text.truncate(text.len() - end.len());
        self.source.literals.push((line, text));
    }

    /// A character or a lifetime.
    fn quote(&mut self) {
        let first = self.next();
        if first == Some('\\') {
            self.next();
            while self.next().is_some_and(|c| c != '\'') {}
        } else if self.rest.next_if_eq(&'\'').is_none() {
            // A lifetime is a word without a meaning here.
            while self.rest.next_if(|c| c.is_alphanumeric() || *c == '_').is_some() {}
        }
    }
}

/// All paths in the code, also those of one word.
pub(crate) fn paths(tokens: &[Token]) -> Vec<Path> {
    let mut found = Vec::new();
    let mut rest = tokens.iter();
    while let Some(token) = rest.next() {
        let next = rest.as_slice().first();
        if token.text == "use" && next.is_some_and(|next| next.text != "<") {
            use_tree(&mut rest, &[], &mut found);
        } else if is_word(token) {
            let mut segments = vec![token.text.clone()];
            while let [colons, word, ..] = rest.as_slice()
                && colons.text == "::"
                && is_word(word)
            {
                segments.push(word.text.clone());
                rest.nth(1);
            }
            // A macro keeps its mark: `name!`.
            if let [bang, open, ..] = rest.as_slice()
                && bang.text == "!"
                && matches!(open.text.as_str(), "(" | "[" | "{")
                && let Some(last) = segments.last_mut()
            {
                last.push('!');
            }
            found.push(Path { line: token.line, segments, imported_as: None });
        }
    }
    found
}

fn is_word(token: &Token) -> bool {
    token.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// One tree of a `use`, up to the sign that ends it.
fn use_tree(rest: &mut std::slice::Iter<'_, Token>, above: &[String], found: &mut Vec<Path>) {
    let (mut segments, mut name, mut line) = (above.to_vec(), None, 0);
    while let Some(token) = rest.as_slice().first() {
        match token.text.as_str() {
            "," | "}" | ";" => break,
            "{" => {
                rest.next();
                loop {
                    use_tree(rest, &segments, found);
                    if rest.next().is_none_or(|sign| sign.text != ",") {
                        return;
                    }
                }
            }
            "as" => {
                rest.next();
                name = rest.as_slice().first().map(|name| name.text.clone());
            }
            "self" if !segments.is_empty() => line = token.line,
            "::" => {}
            word => {
                segments.push(word.to_owned());
                line = token.line;
            }
        }
        rest.next();
    }
    if line > 0 {
        let imported_as = name.or_else(|| segments.last().cloned());
        found.push(Path { line, segments, imported_as });
    }
}
