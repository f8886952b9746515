//! What may be said of a database.

/// Host, port and name of a database, when its URL shows beyond doubt where they are; no part of a password.
pub(super) fn place(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"))?;
    // An `@` or `?` in a password ought to be escaped. Where it is not, nobody can tell what is what.
    let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
    match place.split_once('@') {
        Some((_, place)) if !place.contains('@') && !options.contains('@') => Some(place),
        Some(_) => None,
        None if options.contains('@') => None,
        None => Some(place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_never_shows_a_part_of_a_password() {
        for (url, expected) in [
            ("postgres://user:hunter2@db.example:5432/chatme?sslmode=require", Some("db.example:5432/chatme")),
            ("postgresql://user@%2Frun%2Fpg/chatme", Some("%2Frun%2Fpg/chatme")),
            ("postgres://db.example/chatme", Some("db.example/chatme")),
            ("postgres://user:hun@ter2@db.example/chatme", None),
            ("postgres://user:hun?ter2@db.example/chatme", None),
            ("postgres://user:h@un?ter2@db.example/chatme", None),
            ("postgres://db.example/chatme?password=hun@ter2", None),
            ("host=db.example user=user password=hun@ter2 dbname=chatme", None),
            ("password='hunter2@x'", None),
        ] {
            assert_eq!(place(url), expected, "{url}");
        }
    }
}
