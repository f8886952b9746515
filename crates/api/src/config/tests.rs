use std::collections::BTreeMap;

use super::*;

fn read(environment: &[(&str, &str)], file: &[(&str, &str)]) -> Result<Settings, String> {
    let of = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let file: BTreeMap<String, String> =
        file.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Source::from_parts(of, &file).and_then(|source| Settings::read(&source)).map_err(|error| error.to_string())
}

#[test]
fn every_setting_has_a_default_or_may_be_missing() {
    let settings = read(&[], &[]).unwrap();
    assert_eq!((settings.port, settings.calendar.zone_name()), (8000, "Asia/Jakarta"));
    assert_eq!(settings.uploads_dir, PathBuf::from("data/uploads"));
    assert_eq!((settings.database_url, settings.jwt_secret), (None, None));
}

#[test]
fn the_environment_wins_over_the_file_and_empty_variables_do_not_count() {
    assert_eq!(read(&[("PORT", "9000")], &[("port", "9001")]).unwrap().port, 9000);
    assert_eq!(read(&[("PORT", "")], &[("port", "9001")]).unwrap().port, 9001);
    assert_eq!(read(&[("DATA_DIR", "/srv")], &[]).unwrap().uploads_dir, PathBuf::from("/srv/uploads"));
}

fn check_refused(name: &str, value: &str, expected: &str) {
    let error = read(&[(name, value)], &[]).unwrap_err();
    assert!(error.contains(name) && error.contains(expected), "{error}");
}

#[test]
fn what_is_wrong_is_said_with_the_settings_name() {
    check_refused("PORT", "http", "invalid digit");
    check_refused("PORT", "65536", "too large");
    check_refused("HTTP_WORKERS", "0", "not between 1 and 1024");
    check_refused("BUSINESS_TIMEZONE", "Mars/Olympus", "not an IANA time zone");
    check_refused("PHONE_REGION", "XX", "not a region");
    check_refused("PASSWORD_POLICY", "lax", "neither standard nor strict");
    check_refused("CORS_ALLOWED_ORIGINS", "example.com", "no origin");
    check_refused("CORS_ALLOWED_ORIGINS", "https://münchen.example", "no origin");
    check_refused("AVATAR_BYTES", "16777216", "not between");
    check_refused("CORS_ALLOWED_ORIGINS", "https://a.example, https://b.example/x", "no origin");
    check_refused("PUBLIC_HOST_INCOME", "yes", "provided string was not");
    assert!(read(&[], &[("prot", "1")]).unwrap_err().contains("prot: there is no such setting"));
}

#[test]
fn no_secret_is_shown_by_debugging() {
    let secrets = [("JWT_SECRET", "hunter2"), ("DATABASE_URL", "postgres://u:hunter2@h/d")];
    let of = |name: &str| secrets.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let source = Source::from_parts(of, &BTreeMap::new()).unwrap();
    let shown = format!("{source:?} {:?}", Settings::read(&source).unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn the_reference_lists_every_setting_once() {
    let reference = include_str!("../../../../docs/configuration.md");
    for setting in SETTINGS.iter().chain(OUTSIDE) {
        let default = if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) };
        let row = format!("| `{}` | {default} | {} |", setting.name, setting.about);
        assert_eq!(reference.matches(&row).count(), 1, "docs/configuration.md needs the row\n{row}");
    }
}
