//! Which web pages may call.

use actix_web::http::Uri;

/// Which origins a browser may call from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsOrigins {
    /// All.
    Any,
    /// These; none by default.
    Listed(Vec<String>),
}

impl CorsOrigins {
    /// Reads a list with commas between.
    ///
    /// # Errors
    /// For the first that no browser would send.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let origins: Vec<String> =
            text.split(',').map(str::trim).filter(|origin| !origin.is_empty()).map(str::to_owned).collect();
        if origins.iter().any(|origin| origin == "*") {
            return Ok(Self::Any);
        }
        match origins.iter().find(|origin| !is_origin(origin)) {
            Some(wrong) => Err(format!(
                "{wrong:?} is no origin such as https://admin.example.com (lower case, no path, international names as xn--…)"
            )),
            None => Ok(Self::Listed(origins)),
        }
    }
}

/// Scheme, host and perhaps a port, as a browser spells them in `Origin`: any other spelling would never match one, and
/// what is no URI at all would stop the HTTP server.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
    let port = authority.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    let spelled = format!("{scheme}://{}{port}", authority.host());
    matches!(scheme, "http" | "https") && !authority.host().is_empty() && text == spelled.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_listed_or_all() {
        assert_eq!(CorsOrigins::parse("*"), Ok(CorsOrigins::Any));
        assert_eq!(CorsOrigins::parse(" , "), Ok(CorsOrigins::Listed(Vec::new())));
        let listed =
            ["https://a.example", "http://localhost:3000", "http://[::1]:8080", "https://xn--mnchen-3ya.example"];
        let expected = CorsOrigins::Listed(listed.map(str::to_owned).to_vec());
        assert_eq!(CorsOrigins::parse(&listed.join(" ,")), Ok(expected));
    }

    #[test]
    fn what_no_browser_sends_is_no_origin() {
        for wrong in [
            "example.com",
            "https://münchen.example",
            "https://a.example/",
            "https://a.example/path",
            "https://a.example?x",
            "https://user@a.example",
            "https://A.example",
            "HTTPS://a.example",
            "https://a.example:",
            "https://a.example:99999",
            "https://",
            "ftp://a.example",
            "https://a b.example",
            "null",
        ] {
            assert!(CorsOrigins::parse(wrong).is_err(), "{wrong}");
        }
    }
}
