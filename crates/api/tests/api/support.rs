//! A server in this process, and a client that speaks to it.

use std::{
    collections::BTreeMap,
    io::{Cursor, Result},
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
};

use api::{
    Deployment, Server,
    config::{Settings, Source},
};
use domain::{
    id::UserId,
    idempotency::{Actor, RequestKey},
    user::{NewAdmin, PasswordPolicy, PhoneNumber, PhoneRegion},
    wallet::{CoinChange, CoinOrder, GrantAmount, Reason},
};
use reqwest::{
    Client, Method, RequestBuilder,
    multipart::{Form, Part},
};
use serde_json::{Map, Value, json};
use testkit::{Proxy, TestDatabase};
use tokio::{sync::oneshot, task::JoinHandle};

use crate::recording;

/// The key that the tests' servers sign with.
pub(crate) const SECRET: &str = "5f2b7c9e1d3a4f60718293a4b5c6d7e8f9";
pub(crate) const PASSWORD: &str = "test123";
/// What every phone number in the tests begins with, in the local spelling without the zero.
pub(crate) const PHONE_MARK: &str = "812000";

/// A status and a JSON body.
pub(crate) type Answer = (u16, Value);

/// A running server; [`TestApp::stop`] it at the end of a test.
pub(crate) struct TestApp {
    pub(crate) deployment: Deployment,
    pub(crate) address: SocketAddr,
    client: Client,
    users: AtomicU32,
    grants: AtomicU32,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<()>>,
    database: Option<TestDatabase>,
    _uploads: tempfile::TempDir,
}

/// A registered user with a token.
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) phone: String,
    pub(crate) token: String,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Self {
        let database = TestDatabase::create().await;
        let url = database.url().to_owned();
        Self::start_on(database, &url, settings).await
    }

    /// A server that reaches its database through a proxy.
    pub(crate) async fn start_behind_a_proxy(settings: &[(&str, &str)]) -> (Self, Proxy) {
        let database = TestDatabase::create().await;
        let proxy = Proxy::start(database.url()).await;
        (Self::start_on(database, proxy.url(), settings).await, proxy)
    }

    async fn start_on(database: TestDatabase, url: &str, settings: &[(&str, &str)]) -> Self {
        recording::install();
        let uploads = tempfile::tempdir().unwrap();
        let defaults = [
            ("HOST", "127.0.0.1"),
            ("PORT", "0"),
            ("DATABASE_URL", url),
            ("JWT_SECRET", SECRET),
            ("CARD_KEY", SECRET),
            ("CARD_HASH_KEY", "0f2b7c9e1d3a4f60718293a4b5c6d7e8f9"),
            ("UPLOADS_DIR", uploads.path().to_str().unwrap()),
            ("REGISTER_RATE_PER_HOUR", "100000"),
            ("LOGIN_RATE_FAILURES", "100000"),
            ("LOGIN_RATE_ACCOUNT_PER_HOUR", "100000"),
        ];
        let environment: BTreeMap<&str, &str> = defaults.into_iter().chain(settings.iter().copied()).collect();
        let of = |name: &str| environment.get(name).map(|value| (*value).to_owned());
        let source = Source::from_parts(of, &BTreeMap::new()).unwrap();
        let deployment = Deployment::open(Settings::read(&source).unwrap()).await.unwrap();
        let server = Server::bind(&deployment).unwrap();
        let address = server.address();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(server.run(async move {
            let _ = stopped.await;
        }));
        let (client, users, grants, database) = (Client::new(), AtomicU32::new(0), AtomicU32::new(0), Some(database));
        Self { deployment, address, client, users, grants, stop, running, database, _uploads: uploads }
    }

    /// Stops the server, and looks whether the books are in order.
    pub(crate) async fn stop(self) {
        if self.database.is_some() {
            assert_eq!(self.deployment.audit().discrepancies().await.unwrap(), []);
        }
        self.stop.send(()).unwrap();
        self.running.await.unwrap().unwrap();
    }

    /// A plain connection to the database.
    pub(crate) async fn sql(&self) -> testkit::Client {
        self.database.as_ref().unwrap().connect().await
    }

    /// Where its database is.
    pub(crate) fn database_url(&self) -> &str {
        self.database.as_ref().unwrap().url()
    }

    /// Drops the database while the server runs.
    pub(crate) fn lose_database(&mut self) {
        drop(self.database.take());
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        answer(with_token(self.request(Method::GET, path), token)).await
    }

    pub(crate) async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Answer {
        answer(with_token(self.request(Method::POST, path), token).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str, token: Option<&str>) -> Answer {
        answer(with_token(self.request(Method::DELETE, path), token)).await
    }

    pub(crate) async fn put(&self, path: &str, token: Option<&str>, body: &Value) -> Answer {
        answer(with_token(self.request(Method::PUT, path), token).json(body)).await
    }

    /// JSON as it stands, malformed or not.
    pub(crate) async fn raw(&self, method: Method, path: &str, token: Option<&str>, body: String) -> Answer {
        let request = self.request(method, path).header("Content-Type", "application/json").body(body);
        answer(with_token(request, token)).await
    }

    /// A file of a multipart form, in this member.
    pub(crate) async fn upload(&self, path: &str, token: Option<&str>, member: &'static str, bytes: Vec<u8>) -> Answer {
        let form = Form::new().part(member, Part::bytes(bytes).file_name("x.exe"));
        answer(with_token(self.request(Method::POST, path), token).multipart(form)).await
    }

    /// A new user.
    pub(crate) async fn user(&self) -> User {
        let number = self.users.fetch_add(1, Ordering::Relaxed);
        let phone = format!("0{PHONE_MARK}{number:05}");
        let account = json!({"phone": phone, "password": PASSWORD});
        let (status, registered) = self.post("/api/register", None, &account).await;
        assert_eq!(status, 200, "{registered}");
        let (_, login) = self.post("/api/login", None, &account).await;
        let token = login["token"].as_str().unwrap().to_owned();
        User { id: registered["userId"].as_i64().unwrap(), phone, token }
    }

    /// A new administrator.
    pub(crate) async fn admin(&self) -> User {
        let number = self.users.fetch_add(1, Ordering::Relaxed);
        let phone = format!("0{PHONE_MARK}{number:05}");
        let region = PhoneRegion::parse("ID").unwrap();
        let parsed = PhoneNumber::parse(&phone, &region).unwrap();
        let policy = PasswordPolicy { chars_min: 6, strict: false };
        let password = policy.accept(PASSWORD.to_owned(), &parsed, &region).unwrap();
        let admin = NewAdmin { phone: parsed, password, name: None };
        let id = self.deployment.admin().unwrap().create(admin).await.unwrap().value();
        let (_, login) = self.post("/api/login", None, &json!({"phone": phone, "password": PASSWORD})).await;
        User { id, phone, token: login["token"].as_str().unwrap().to_owned() }
    }

    /// A new user with coins, and another one.
    pub(crate) async fn fan_and_host(&self, coins: i64) -> (User, User) {
        let fan = self.user().await;
        self.give_coins(&fan, coins).await;
        (fan, self.user().await)
    }

    /// Gives coins, as often as it is called.
    pub(crate) async fn give_coins(&self, user: &User, coins: i64) {
        let number = self.grants.fetch_add(1, Ordering::Relaxed);
        let wish = CoinOrder {
            actor: Actor::CommandLine,
            user: UserId::new(user.id),
            change: CoinChange::Grant(GrantAmount::parse(coins).unwrap()),
            reason: Reason::parse("test").unwrap(),
            key: RequestKey::parse(&format!("grant-{number}")).unwrap(),
        };
        self.deployment.coins().change(wish).await.unwrap();
    }

    pub(crate) async fn balance(&self, user: &User) -> i64 {
        self.get("/api/profile", Some(&user.token)).await.1["data"]["balance"].as_i64().unwrap()
    }

    /// The sum of diamonds and the number of gifts that a host got.
    pub(crate) async fn income(&self, host: &User) -> (i64, usize) {
        let (_, history) = self.get(&format!("/api/host-income/history/{}?limit=100", host.id), None).await;
        let rows = history["data"].as_array().unwrap();
        (rows.iter().map(|row| row["income"].as_i64().unwrap()).sum(), rows.len())
    }
}

pub(crate) fn with_token(request: RequestBuilder, token: Option<&str>) -> RequestBuilder {
    match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// A refusal has exactly this status, code and text.
pub(crate) fn assert_refused(answer: &Answer, status: u16, code: &str, message: &str) {
    let (answered, body) = answer;
    let seen = (*answered, &body["success"], &body["code"], &body["message"]);
    assert_eq!(seen, (status, &json!(false), &json!(code), &json!(message)), "{body}");
}

/// A refusal has this status and code.
pub(crate) fn assert_code(answer: &Answer, status: u16, code: &str) {
    let (answered, body) = answer;
    assert_eq!((*answered, &body["success"], &body["code"]), (status, &json!(false), &json!(code)), "{body}");
}

/// The names and types of a value.
pub(crate) fn shape(value: &Value) -> Value {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "boolean".into(),
        Value::Number(number) if number.is_f64() => "number".into(),
        Value::Number(_) => "integer".into(),
        Value::String(_) => "string".into(),
        Value::Array(items) => Value::Array(items.iter().take(1).map(shape).collect()),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), shape(value))).collect::<Map<_, _>>().into()
        }
    }
}

/// A small PNG picture.
pub(crate) fn picture() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::new(8, 8).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}
