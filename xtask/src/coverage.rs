//! The coverage gate of the HTTP interface: what the black-box tests were answered, against the server's own
//! OpenAPI document. While they run, a tracing layer writes one JSON line for each answered request to
//! `<target>/http-coverage/*.jsonl`, and one test writes the document beside them.

mod document;
mod findings;
mod recorded;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use crate::{error::Error, workspace::Workspace};

const DOCUMENT: &str = "openapi.json";

/// A method in capitals and a route template: `GET`, `/api/contributions/{host_id}`.
type Operation = (String, String);

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("http-coverage")
}

/// Compares what was recorded with what is described.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    let folder = folder(workspace);
    let document = folder.join(DOCUMENT);
    let text = match fs::read_to_string(&document) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            println!("{} is missing. Hint: run the black-box tests first; one of them writes it", document.display());
            return Err(Error::Findings { check: "coverage", count: 1 });
        }
        text => text.map_err(Error::io(&document))?,
    };
    let json =
        serde_json::from_str(&text).map_err(|source| Error::Json { what: document.display().to_string(), source })?;
    let described = document::operations(&json);
    let mut recorded = recorded::Recorded::default();
    for path in records(&folder)? {
        let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
        recorded.add(&path.file_name().unwrap_or_default().to_string_lossy(), &text);
    }
    let findings = findings::findings(&described, &recorded);
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        println!("coverage: {} operations, every documented answer was seen", described.len());
        Ok(())
    } else {
        Err(Error::Findings { check: "coverage", count: findings.len() })
    }
}

/// Empties the folder before the tests: takes away the files that this gate reads, and nothing else.
pub(crate) fn empty(workspace: &Workspace) -> Result<(), Error> {
    empty_folder(&folder(workspace))
}

fn empty_folder(folder: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(folder) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(Error::NotAFolder(folder.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return fs::create_dir_all(folder).map_err(Error::io(folder));
        }
        Err(error) => return Err(Error::io(folder)(error)),
    }
    for path in records(folder)?.into_iter().chain([folder.join(DOCUMENT)]) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::io(path)(error)),
            _ => {}
        }
    }
    Ok(())
}

/// The plain files that end in `.jsonl`.
fn records(folder: &Path) -> Result<BTreeSet<PathBuf>, Error> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let entry = entry.map_err(Error::io(folder))?;
        let path = entry.path();
        let plain = entry.file_type().map_err(Error::io(&path))?.is_file();
        if plain && path.extension().is_some_and(|extension| extension == "jsonl") {
            found.insert(path);
        }
    }
    Ok(found)
}
