//! What the clients need, installed once below the target directory, and the clients beside it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/client");

/// Clients that can be run.
pub(crate) struct Clients {
    /// What runs them.
    pub(crate) program: PathBuf,
    /// A copy of their sources, below what they need.
    copy: TempDir,
}

impl Clients {
    /// A file of theirs.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.copy.path().join(name)
    }

    /// The files of the tests that `node --test` runs.
    pub(crate) fn tests(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.copy.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut tests: Vec<PathBuf> = entries.filter(|path| path.to_string_lossy().ends_with(".test.mjs")).collect();
        tests.sort();
        assert!(!tests.is_empty());
        tests
    }
}

/// Clients in JavaScript.
pub(crate) fn node() -> Clients {
    let missing = "install Node.js 20 or later with npm (Debian: apt install nodejs npm)";
    assert_there("node", missing);
    assert_there("npm", missing);
    let home = installed("node", "package-lock.json", |home| {
        for name in ["package.json", "package-lock.json"] {
            fs::copy(Path::new(SOURCES).join(name), home.join(name)).unwrap();
        }
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--prefer-offline"]).current_dir(home), missing);
    });
    Clients { program: "node".into(), copy: copy(&home) }
}

/// Clients in Python.
pub(crate) fn python() -> Clients {
    let missing = "install Python 3.9 or later with venv (Debian: apt install python3 python3-venv)";
    assert_there("python3", missing);
    let home = installed("python", "python/requirements.txt", |home| {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(home.join("venv")), missing);
        let mut pip = Command::new(home.join("venv/bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        run(
            pip.arg(Path::new(SOURCES).join("python/requirements.txt")),
            "its packages come from Python's package registry",
        );
    });
    Clients { program: home.join("venv/bin/python"), copy: copy(&home) }
}

fn assert_there(program: &str, missing: &str) {
    let found = Command::new(program).arg("--version").output();
    assert!(found.is_ok_and(|output| output.status.success()), "{program} is missing: {missing}");
}

fn run(command: &mut Command, missing: &str) {
    let output = command.output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?} failed ({missing}): {complaint}");
}

/// The directory in which `install` has installed what `list` names. Others wait meanwhile.
fn installed(name: &str, list: &str, install: impl FnOnce(&Path)) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients").join(name);
    fs::create_dir_all(&home).unwrap();
    let lock = File::create(home.join("lock")).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    let (done, wanted) = (home.join("installed"), fs::read(Path::new(SOURCES).join(list)).unwrap());
    if !fs::read(&done).is_ok_and(|installed| installed == wanted) {
        install(&home);
        fs::write(done, wanted).unwrap();
    }
    home
}

/// A copy of the clients, so that they find what is installed above them and nothing is left in the sources.
fn copy(home: &Path) -> TempDir {
    let copy = tempfile::tempdir_in(home).unwrap();
    for directory in ["", "python"] {
        fs::create_dir_all(copy.path().join(directory)).unwrap();
        for entry in fs::read_dir(Path::new(SOURCES).join(directory)).unwrap() {
            let file = entry.unwrap().path();
            let is_source = file.extension().is_some_and(|extension| extension == "mjs" || extension == "py");
            if is_source {
                fs::copy(&file, copy.path().join(directory).join(file.file_name().unwrap())).unwrap();
            }
        }
    }
    copy
}
