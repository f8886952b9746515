//! Where settings come from, and how they are read.

use std::{
    collections::{BTreeMap, HashMap},
    env, fmt, fs, io,
    ops::RangeInclusive,
    path::Path,
    str::FromStr,
};

use super::table::{SETTINGS, Setting};

/// The variable that names the file; without it `chatme.toml` in the working directory is read if there is one.
const FILE_VARIABLE: &str = "CHATME_CONFIG";
const FILE_DEFAULT: &str = "chatme.toml";

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From the table of settings.
    Default,
    /// From the file.
    File,
    /// From the environment.
    Environment,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
        })
    }
}

/// A value in force.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    /// The text; empty when the setting is not given and has no default.
    pub text: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Without the text, which may be a secret.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Value").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
#[error("the configuration cannot be used: {0}")]
pub struct ConfigError(String);

/// The values of all settings.
#[derive(Debug, Clone)]
pub struct Source {
    values: HashMap<&'static str, Value>,
}

impl Source {
    /// The values from the environment and the file.
    ///
    /// # Errors
    /// [`ConfigError`] when the file cannot be read or names a setting that there is not.
    pub fn load() -> Result<Self, ConfigError> {
        let file = match env::var_os(FILE_VARIABLE) {
            Some(path) => read_file(Path::new(&path), true)?,
            None => read_file(Path::new(FILE_DEFAULT), false)?,
        };
        Self::from_parts(|name| env::var(name).ok(), &file)
    }

    /// The values from these parts; `file` has the names in lower case.
    ///
    /// # Errors
    /// [`ConfigError`] when the file names a setting that there is not.
    pub fn from_parts(
        environment: impl Fn(&str) -> Option<String>,
        file: &BTreeMap<String, String>,
    ) -> Result<Self, ConfigError> {
        let is_known = |key: &String| SETTINGS.iter().any(|setting| setting.name.to_lowercase() == *key);
        if let Some(unknown) = file.keys().find(|key| !is_known(key)) {
            return Err(ConfigError(format!("{unknown}: there is no such setting (`chatme config` lists them)")));
        }
        let value_of = |setting: &Setting| {
            // An empty variable is what compose files make of an unset one.
            let from_environment = environment(setting.name).filter(|text| !text.is_empty());
            let from_file = file.get(&setting.name.to_lowercase()).cloned();
            match (from_environment, from_file) {
                (Some(text), _) => Value { text, origin: Origin::Environment },
                (None, Some(text)) => Value { text, origin: Origin::File },
                (None, None) => Value { text: setting.default.to_owned(), origin: Origin::Default },
            }
        };
        Ok(Self { values: SETTINGS.iter().map(|setting| (setting.name, value_of(setting))).collect() })
    }

    /// The value of a setting; `None` when there is no such setting.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }
}

fn read_file(path: &Path, must_exist: bool) -> Result<BTreeMap<String, String>, ConfigError> {
    let wrong = |reason: String| ConfigError(format!("{}: {reason}", path.display()));
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !must_exist => return Ok(BTreeMap::new()),
        read => read.map_err(|error| wrong(error.to_string()))?,
    };
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| wrong(syntax_error(&text, &error)))?;
    let scalar = |(key, value): (String, toml::Value)| match value {
        toml::Value::String(text) => Ok((key, text)),
        toml::Value::Integer(number) => Ok((key, number.to_string())),
        toml::Value::Boolean(truth) => Ok((key, truth.to_string())),
        _ => Err(wrong(format!("{key} is neither text nor number nor truth value"))),
    };
    table.into_iter().map(scalar).collect()
}

/// Where a file cannot be read and why, without the line itself: it may be a secret that lacks its quotes.
fn syntax_error(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    format!("line {line}, column {column}: {}", error.message())
}

/// How settings are read: each method says what is wrong with the one setting that it reads.
impl Source {
    /// A setting that may be missing.
    pub(super) fn optional<T: FromStr<Err: fmt::Display>>(&self, name: &str) -> Result<Option<T>, ConfigError> {
        if self.text(name)?.is_empty() { Ok(None) } else { self.required(name).map(Some) }
    }

    /// A setting whose type reads itself.
    pub(super) fn required<T: FromStr<Err: fmt::Display>>(&self, name: &str) -> Result<T, ConfigError> {
        self.parsed(name, str::parse)
    }

    /// A number within bounds.
    pub(super) fn bounded<T>(&self, name: &str, bounds: RangeInclusive<T>) -> Result<T, ConfigError>
    where
        T: FromStr<Err: fmt::Display> + PartialOrd + fmt::Display,
    {
        let number: T = self.required(name)?;
        if bounds.contains(&number) {
            return Ok(number);
        }
        Err(self.wrong(name, &format!("is not between {} and {}", bounds.start(), bounds.end())))
    }

    /// A setting that `parse` reads.
    pub(super) fn parsed<T, E: fmt::Display>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, ConfigError> {
        parse(self.text(name)?).map_err(|error| self.wrong(name, &error.to_string()))
    }

    fn text(&self, name: &str) -> Result<&str, ConfigError> {
        let value = self.value(name).ok_or_else(|| ConfigError(format!("{name}: there is no such setting")))?;
        Ok(&value.text)
    }

    /// What is wrong with a setting, without its value when that is secret.
    fn wrong(&self, name: &str, reason: &str) -> ConfigError {
        let is_secret = SETTINGS.iter().any(|setting| setting.name == name && setting.is_secret);
        match self.value(name) {
            Some(value) if !is_secret => ConfigError(format!("{name} = {:?} ({}): {reason}", value.text, value.origin)),
            _ => ConfigError(format!("{name}: {reason}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_the_file_is_told_without_its_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("chatme.toml");
        for (text, place) in [
            ("port = 1\njwt_secret = hunter2-hunter2\n", "line 2, column 14: "),
            ("jwt_secret = \"hunter2\nport = 1", "line 1, column "),
            ("jwt_secret = \"a\"\njwt_secret = \"hunter2\"", "line 2, column 1: "),
        ] {
            fs::write(&path, text).unwrap();
            let error = read_file(&path, true).unwrap_err().to_string();
            assert!(error.contains(place) && !error.contains("hunter2"), "{error}");
        }
    }
}
