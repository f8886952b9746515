//! Rust source taken apart as far as the rules need it: code, comments and literals, and the words of a line.

/// What a character of a Rust file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Neither of the others.
    Code,
    /// A comment, doc comments too.
    Comment,
    /// A string or character, with its quotes.
    Literal,
}

/// The text with everything but one part blanked; the lines stay where they are.
pub(super) fn only(part: Part, text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut rest = chars.as_slice();
    let mut kept = String::with_capacity(text.len());
    while !rest.is_empty() {
        let (found, length) = token(rest);
        let (head, tail) = rest.split_at(length.clamp(1, rest.len()));
        kept.extend(head.iter().map(|&c| if found == part || c == '\n' { c } else { ' ' }));
        rest = tail;
    }
    kept
}

/// What the text begins with, and how many characters of it.
fn token(text: &[char]) -> (Part, usize) {
    match text {
        ['/', '/', ..] => (Part::Comment, text.iter().take_while(|&&c| c != '\n').count()),
        ['/', '*', ..] => (Part::Comment, block_comment(text)),
        ['"', ..] => (Part::Literal, quoted(text, '"')),
        ['\'', '\\', ..] => (Part::Literal, quoted(text, '\'')),
        ['\'', _, '\'', ..] => (Part::Literal, 3),
        [first, ..] if is_word(*first) => {
            let word = text.iter().take_while(|&&c| is_word(c)).count();
            match raw_string(text, word) {
                Some(length) => (Part::Literal, length),
                None => (Part::Code, word),
            }
        }
        _ => (Part::Code, 1),
    }
}

/// Block comments nest in Rust.
fn block_comment(text: &[char]) -> usize {
    let (mut depth, mut length, mut rest) = (0_usize, 0, text);
    loop {
        let step = match rest {
            ['/', '*', ..] => {
                depth += 1;
                2
            }
            ['*', '/', ..] => {
                depth = depth.saturating_sub(1);
                2
            }
            [] => return length,
            _ => 1,
        };
        length += step;
        rest = rest.get(step..).unwrap_or_default();
        if depth == 0 {
            return length;
        }
    }
}

fn quoted(text: &[char], quote: char) -> usize {
    let mut escaped = false;
    for (at, &c) in text.iter().enumerate().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// `r"…"`, `r#"…"#`, `br"…"`, `cr"…"`: the length, when the first word is such a prefix.
fn raw_string(text: &[char], word: usize) -> Option<usize> {
    let (prefix, rest) = text.split_at_checked(word)?;
    if !matches!(prefix, ['r'] | ['b' | 'c', 'r']) {
        return None;
    }
    let hashes = rest.iter().take_while(|&&c| c == '#').count();
    let body = rest.get(hashes..)?;
    if body.first() != Some(&'"') {
        return None;
    }
    let mut end = vec!['"'];
    end.resize(hashes + 1, '#');
    let inside = body.get(1..)?;
    let closing = inside.windows(end.len()).position(|window| window == end).unwrap_or(inside.len());
    Some(word + hashes + 1 + closing + end.len())
}

/// A word or a single sign of code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    /// Its text.
    pub(super) text: &'a str,
    /// Its line, counted from one.
    pub(super) line: usize,
}

/// The words and signs of a text, without white space.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    for (line, mut rest) in numbered(text) {
        while let Some(first) = rest.chars().next() {
            let end = match rest.find(|c| !is_word(c)) {
                Some(0) => first.len_utf8(),
                Some(end) => end,
                None => rest.len(),
            };
            let (text, tail) = rest.split_at(end);
            if !first.is_whitespace() {
                found.push(Token { text, line });
            }
            rest = tail;
        }
    }
    found
}

/// One identifier of a line, with what stands around it.
#[derive(Debug)]
pub(super) struct Word<'a> {
    /// The identifier.
    pub(super) text: &'a str,
    /// The line up to it, without the white space at its end.
    pub(super) before: &'a str,
    /// The line after it, without the white space at its start.
    pub(super) after: &'a str,
}

/// The identifiers of a line.
pub(super) fn words(line: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut start = 0;
    for text in line.split(|c| !is_word(c)) {
        let end = start + text.len();
        let after = line.get(end..).unwrap_or_default();
        if !text.is_empty() {
            let before = line.get(..start).unwrap_or_default().trim_end();
            found.push(Word { text, before, after: after.trim_start() });
        }
        start = end + after.chars().next().map_or(0, char::len_utf8);
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The lines of a text with their numbers, counted from one.
pub(super) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines())
}
