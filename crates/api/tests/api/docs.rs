//! The page that shows the description, complete without the internet.

use reqwest::Method;

use crate::support::TestApp;

/// What is between `before` and the next quote, as often as it occurs.
fn quoted<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    text.split(before).skip(1).map(|rest| rest.split(['"', '\'', ')']).next().unwrap_or_default()).collect()
}

async fn read(app: &TestApp, path: &str) -> (u16, String, String) {
    let response = app.request(Method::GET, path).send().await.unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    (response.status().as_u16(), kind, response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_is_served_and_loads_nothing_from_outside() {
    let app = TestApp::start().await;
    let (status, kind, page) = read(&app, "/docs/").await;
    assert_eq!((status, &kind[..9]), (200, "text/html"));
    let loaded: Vec<&str> = quoted(&page, "src=\"").into_iter().chain(quoted(&page, "href=\"")).collect();
    assert!(loaded.len() >= 4, "{page}");
    for file in loaded {
        let path = file.strip_prefix("./").unwrap_or(file);
        assert!(!path.contains("//") && !path.starts_with('/'), "{file} is loaded from elsewhere");
        let (status, kind, text) = read(&app, &format!("/docs/{path}")).await;
        assert_eq!(status, 200, "{file}");
        if kind.contains("css") {
            for address in quoted(&text, "url(").into_iter().chain(quoted(&text, "@import ")) {
                assert!(address.is_empty() || address.starts_with("data:"), "{file} loads {address}");
            }
        }
        // The bundles name addresses in plenty, to link to and to compare with; what they load, the set-up says.
        if file.contains("initializer") {
            assert!(!text.contains("http") && text.contains("/openapi.json"), "{text}");
            assert!(text.contains("\"validatorUrl\": \"none\""), "{text}");
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_is_found_without_its_slash() {
    let app = TestApp::start().await;
    let (status, kind, _) = read(&app, "/docs").await;
    assert_eq!((status, &kind[..9]), (200, "text/html"));
    app.stop().await;
}
