//! Where the PostgreSQL server programs are.

use std::{
    collections::HashSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::error::Error;

/// What the person is told when the search found nothing.
const LOOKED_IN: &str = "PGBIN, PATH, pg_config --bindir, /usr/lib/postgresql/*/bin, Homebrew, Postgres.app, \
                         /usr/pgsql-*/bin, /usr/local/bin, ~/.cache/chatme-pg/bin, /var/lib/chatme-pg/bin";

/// Directories with one installation per entry, and how the names of those entries begin.
const FAMILIES: [(&str, &str); 8] = [
    ("/usr/lib/postgresql", ""), // Debian, Ubuntu
    ("/usr/local/lib/postgresql", ""),
    ("/opt/homebrew/opt", "postgresql"), // Homebrew on Apple silicon
    ("/usr/local/opt", "postgresql"),    // Homebrew on Intel
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql"),
    ("/Applications/Postgres.app/Contents/Versions", ""),
    ("/usr", "pgsql-"), // the PostgreSQL project's packages for Red Hat
    ("/opt", "pgsql-"),
];

/// Where programs built from source are, should PATH not have them.
const FROM_SOURCE: [&str; 2] = ["/usr/local/bin", "/usr/local/pgsql/bin"];

/// Where `scripts/pg-setup` puts its own copy: below the home directory, or here when it ran as root.
const OWN_COPY_IN_HOME: &str = ".cache/chatme-pg/bin";
const OWN_COPY_OF_ROOT: &str = "/var/lib/chatme-pg/bin";

/// The oldest version whose features the project uses (`DROP DATABASE … WITH (FORCE)`).
const OLDEST_MAJOR: u32 = 13;

/// An installation: the directory of its programs and its major version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Programs {
    pub(crate) dir: PathBuf,
    pub(crate) major: u32,
}

/// The first installation in the order of the search that `usable` accepts, or the first of major version `wanted`
/// (an existing cluster insists on its own). With `only`, that directory is the whole search.
pub(crate) fn find(
    only: Option<&Path>,
    wanted: Option<u32>,
    usable: impl Fn(&Path) -> bool,
) -> Result<Programs, Error> {
    let dirs = only.map_or_else(candidates, |dir| vec![dir.to_owned()]);
    let mut seen = HashSet::new();
    let mut other_majors = Vec::new();
    for dir in dirs {
        let complete = dir.join("postgres").is_file() && dir.join("initdb").is_file();
        if !complete || !seen.insert(fs::canonicalize(&dir).unwrap_or_else(|_| dir.clone())) || !usable(&dir) {
            continue;
        }
        match major(&dir) {
            Some(major) if major >= OLDEST_MAJOR && wanted.is_none_or(|wanted| wanted == major) => {
                return Ok(Programs { dir, major });
            }
            Some(major) => other_majors.push(major),
            None => tracing::warn!(dir = %dir.display(), "passed over: `postgres --version` does not work"),
        }
    }
    match wanted {
        Some(have) if !other_majors.is_empty() => Err(Error::WrongMajor {
            dir: PathBuf::new(), // the caller knows
            have: have.to_string(),
            found: other_majors.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
        }),
        _ => Err(Error::NoPrograms {
            looked: only.map_or_else(|| LOOKED_IN.to_owned(), |dir| dir.display().to_string()),
        }),
    }
}

/// Every directory to look in, the best first.
fn candidates() -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = env::var_os("PGBIN").map(PathBuf::from).into_iter().collect();
    dirs.extend(env::var_os("PATH").iter().flat_map(|path| env::split_paths(path).collect::<Vec<_>>()));
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        dirs.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    dirs.extend(FAMILIES.iter().flat_map(|(parent, prefix)| family(Path::new(parent), prefix)));
    dirs.extend(FROM_SOURCE.map(PathBuf::from));
    dirs.extend(env::var_os("HOME").map(|home| Path::new(&home).join(OWN_COPY_IN_HOME)));
    dirs.push(PathBuf::from(OWN_COPY_OF_ROOT));
    dirs
}

/// `parent/<prefix><version>/bin`, the highest version first.
fn family(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut members: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.starts_with(prefix).then(|| (first_number(&name).unwrap_or(0), entry.path().join("bin")))
        })
        .collect();
    members.sort_by(|(a, _), (b, _)| b.cmp(a));
    members.into_iter().map(|(_, dir)| dir).collect()
}

/// Asks `postgres --version`, which answers like `postgres (PostgreSQL) 15.18 (Debian …)` or `… 18beta1`.
fn major(dir: &Path) -> Option<u32> {
    let output = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
    first_number(&String::from_utf8_lossy(&output.stdout))
}

fn first_number(text: &str) -> Option<u32> {
    let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_names_and_answers() {
        let cases = [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", Some(15)),
            ("postgres (PostgreSQL) 18beta1", Some(18)),
            ("postgresql@17", Some(17)),
            ("pgsql-16", Some(16)),
            ("16", Some(16)),
            ("latest", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(first_number(text), expected, "{text}");
        }
    }

    #[test]
    fn a_family_is_searched_from_the_highest_version_down() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["postgresql@9", "postgresql@17", "postgresql@16", "libpq", "postgresql"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        let found = family(parent.path(), "postgresql");
        let expected = ["postgresql@17", "postgresql@16", "postgresql@9", "postgresql"];
        assert_eq!(found, expected.map(|name| parent.path().join(name).join("bin")));
        assert!(family(&parent.path().join("missing"), "").is_empty());
    }

    #[test]
    fn an_installation_must_be_complete() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("postgres"), "").unwrap();
        let error = find(Some(dir.path()), None, |_| true).unwrap_err();
        assert!(matches!(error, Error::NoPrograms { .. }), "{error}");
    }
}
