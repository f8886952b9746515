//! A server in this process, and a client that speaks to it.

use std::{collections::BTreeMap, net::SocketAddr};

use api::{
    Deployment, Server,
    config::{Settings, Source},
};
use domain::{
    id::UserId,
    idempotency::{Actor, RequestKey},
    wallet::{CoinGrant, GrantAmount, Reason},
};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use testkit::TestDatabase;
use tokio::{sync::oneshot, task::JoinHandle};

/// A running server; [`App::stop`] it at the end of a test.
pub(crate) struct App {
    pub(crate) deployment: Deployment,
    address: SocketAddr,
    client: Client,
    stop: oneshot::Sender<()>,
    running: JoinHandle<std::io::Result<()>>,
    _uploads: tempfile::TempDir,
    _database: TestDatabase,
}

/// A registered user with a token.
pub(crate) struct Actress {
    pub(crate) id: i64,
    pub(crate) token: String,
}

impl App {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Self {
        let (database, uploads) = (TestDatabase::create().await, tempfile::tempdir().unwrap());
        let mut environment: BTreeMap<String, String> = [
            ("HOST", "127.0.0.1"),
            ("PORT", "0"),
            ("DATABASE_URL", database.url()),
            ("JWT_SECRET", "5f2b7c9e1d3a4f60718293a4b5c6d7e8f9"),
            ("UPLOADS_DIR", uploads.path().to_str().unwrap()),
            ("REGISTER_RATE_PER_HOUR", "1000"),
        ]
        .into_iter()
        .chain(settings.iter().copied())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        environment.retain(|_, value| !value.is_empty());
        let source = Source::from_parts(|name| environment.get(name).cloned(), &BTreeMap::new()).unwrap();
        let deployment = Deployment::open(Settings::read(&source).unwrap()).await.unwrap();
        let server = Server::bind(&deployment).unwrap();
        let address = server.address();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(server.run(async move {
            let _ = stopped.await;
        }));
        Self { deployment, address, client: Client::new(), stop, running, _uploads: uploads, _database: database }
    }

    /// Stops the server, and looks whether the books are in order.
    pub(crate) async fn stop(self) {
        assert_eq!(self.deployment.audit().discrepancies().await.unwrap(), []);
        self.stop.send(()).unwrap();
        self.running.await.unwrap().unwrap();
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> (u16, Value) {
        answer(with_token(self.request(Method::GET, path), token)).await
    }

    pub(crate) async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        answer(with_token(self.request(Method::POST, path), token).json(body)).await
    }

    pub(crate) async fn put(&self, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        answer(with_token(self.request(Method::PUT, path), token).json(body)).await
    }

    /// A user with this phone number and a token.
    pub(crate) async fn user(&self, phone: &str) -> Actress {
        let account = json!({"phone": phone, "password": "test123"});
        let (status, registered) = self.post("/api/register", None, &account).await;
        assert_eq!(status, 200, "{registered}");
        let (_, login) = self.post("/api/login", None, &account).await;
        Actress { id: registered["userId"].as_i64().unwrap(), token: login["token"].as_str().unwrap().to_owned() }
    }

    pub(crate) async fn give_coins(&self, user: &Actress, coins: i64) {
        let wish = CoinGrant {
            actor: Actor::CommandLine,
            user: UserId::new(user.id),
            amount: GrantAmount::parse(coins).unwrap(),
            reason: Reason::parse("test").unwrap(),
            key: RequestKey::parse(&format!("{}-{coins}", user.id)).unwrap(),
        };
        self.deployment.grants().grant(wish).await.unwrap();
    }

    pub(crate) async fn balance(&self, user: &Actress) -> i64 {
        self.get("/api/profile", Some(&user.token)).await.1["data"]["balance"].as_i64().unwrap()
    }
}

pub(crate) fn with_token(request: reqwest::RequestBuilder, token: Option<&str>) -> reqwest::RequestBuilder {
    match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

/// Status and body of an answer; every answer is JSON with an id.
pub(crate) async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    assert!(answer.headers().contains_key("x-request-id"));
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Asserts a refusal by its status and code.
pub(crate) fn assert_refused((status, body): &(u16, Value), expected: (u16, &str)) {
    assert_eq!((*status, body["code"].as_str().unwrap_or_default()), expected, "{body}");
    assert!(body["success"] == false && body["message"].is_string(), "{body}");
}
