//! The files that the rules look at, and what a rule says about one.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::error::Error;

/// Endings of the files whose text some rule reads; of all others only the path counts.
const READ: &[&str] = &[".rs", ".md", ".sql", ".toml"];

/// Directories that no fresh copy has, for trees that git cannot list.
const NOT_OURS: &[&str] = &["target", ".git", "node_modules", "data"];

/// Paths from the root, with `/`, and their texts.
#[derive(Debug, Default)]
pub(super) struct Tree(BTreeMap<String, String>);

impl Tree {
    /// Everything below `root` that git tracks or would track.
    pub(super) fn read(root: &Path) -> Result<Self, Error> {
        let mut paths = listed_by_git(root);
        if paths.is_empty() {
            // An unpacked archive, or a tree that git refuses to look at.
            walk(root, "", &mut paths)?;
        }
        let mut tree = BTreeMap::new();
        for path in paths {
            let file = root.join(&path);
            if !file.is_file() {
                continue; // removed, but not yet from the index
            }
            let text = if READ.iter().any(|ending| path.ends_with(ending)) {
                fs::read_to_string(&file).map_err(Error::io(file))?
            } else {
                String::new()
            };
            tree.insert(path, text);
        }
        Ok(Self(tree))
    }

    /// A tree made of samples.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    /// How many files.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The files whose path begins and ends so.
    pub(super) fn files<'a>(&'a self, start: &'a str, end: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .filter(move |(path, _)| path.starts_with(start) && path.ends_with(end))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of one file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Whether there is a file or a directory at `path`.
    pub(super) fn holds(&self, path: &str) -> bool {
        let directory = format!("{path}/");
        path.is_empty() || self.0.keys().any(|file| file == path || file.starts_with(&directory))
    }
}

fn listed_by_git(root: &Path) -> Vec<String> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).current_dir(root).stderr(Stdio::null());
    let Ok(output) = git.output() else { return Vec::new() };
    if !output.status.success() {
        return Vec::new();
    }
    String::from_utf8_lossy(&output.stdout).split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

fn walk(root: &Path, below: &str, paths: &mut Vec<String>) -> Result<(), Error> {
    let directory = root.join(below);
    for entry in fs::read_dir(&directory).map_err(Error::io(&directory))? {
        let entry = entry.map_err(Error::io(&directory))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        let kind = entry.file_type().map_err(Error::io(&directory))?;
        if kind.is_file() {
            paths.push(path);
        } else if kind.is_dir() && !NOT_OURS.contains(&name.as_str()) {
            walk(root, &path, paths)?;
        }
    }
    Ok(())
}

/// One place where a rule does not hold.
#[derive(Debug)]
pub(super) struct Finding {
    path: String,
    line: Option<usize>,
    what: String,
}

impl Finding {
    /// About a whole file or directory.
    pub(super) fn at(path: &str, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: None, what: what.into() }
    }

    /// About one line, counted from one.
    pub(super) fn on(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: Some(line), what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.what),
            None => write!(f, "{}: {}", self.path, self.what),
        }
    }
}
