//! The contract of registering and logging in.

use serde_json::{Value, json};

use crate::support::{PASSWORD, TestApp, assert_refused, shape};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registering_answers_the_users_id_and_no_token() {
    let app = TestApp::start().await;
    let account = json!({"phone": "089123456789", "password": PASSWORD, "name": "Test User"});
    let (status, registered) = app.post("/api/register", None, &account).await;
    let expected = json!({"success": true, "message": "Registrasi berhasil!", "userId": registered["userId"]});
    assert_eq!((status, &registered), (200, &expected));
    assert!(registered["userId"].is_i64());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logging_in_answers_a_token_and_the_user_in_every_spelling_of_the_phone_number() {
    let app = TestApp::start().await;
    let account = json!({"phone": "089123456789", "password": PASSWORD, "name": "Test User"});
    let (_, registered) = app.post("/api/register", None, &account).await;
    for phone in ["089123456789", "+6289123456789", "6289123456789", "89123456789", "0891-2345-6789"] {
        let (status, login) = app.post("/api/login", None, &json!({"phone": phone, "password": PASSWORD})).await;
        let user = json!({"id": registered["userId"], "name": "Test User", "phone": login["user"]["phone"]});
        assert_eq!((status, &login["user"]), (200, &user), "{phone}: {login}");
        let types = json!({"success": "boolean", "token": "string",
            "user": {"id": "integer", "name": "string", "phone": "string"}});
        assert_eq!(shape(&login), types);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_without_a_name_gets_one_from_its_id() {
    let app = TestApp::start().await;
    let user = app.user().await;
    let (_, profile) = app.get("/api/profile", Some(&user.token)).await;
    let id = user.id.to_string();
    assert_eq!(profile["data"]["name"], json!(format!("User-{}", &id[id.len() - 4..])));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registering_refuses_what_is_wrong_with_the_account() {
    let app = TestApp::start().await;
    let taken = app.user().await;
    let required = "Nomor dan sandi wajib diisi!";
    let long = "x".repeat(129);
    let cases: [(Value, &str, &str); 11] = [
        (json!({}), "missing_fields", required),
        (json!({"phone": "", "password": PASSWORD}), "missing_fields", required),
        (json!({"phone": "089123456789"}), "missing_fields", required),
        (json!({"phone": 89_123_456_789_i64, "password": PASSWORD}), "missing_fields", required),
        (json!({"phone": "abc", "password": PASSWORD}), "invalid_phone", "Nomor HP tidak valid"),
        (json!({"phone": "089123456789", "password": "x"}), "weak_password", "Sandi minimal 6 karakter"),
        (json!({"phone": "089123456789", "password": long}), "weak_password", "Sandi maksimal 128 karakter"),
        (
            json!({"phone": "089123456789", "password": "089123456789"}),
            "weak_password",
            "Sandi tidak boleh sama dengan nomor HP",
        ),
        (
            json!({"phone": "089123456789", "password": PASSWORD, "name": "x".repeat(51)}),
            "invalid_name",
            "Nama maksimal 50 karakter",
        ),
        (
            json!({"phone": "089123456789", "password": PASSWORD, "name": "a\u{0}b"}),
            "invalid_name",
            "Nama mengandung karakter yang tidak diizinkan",
        ),
        (json!({"phone": taken.phone, "password": PASSWORD}), "phone_taken", "Nomor sudah terdaftar!"),
    ];
    for (account, code, message) in cases {
        assert_refused(&app.post("/api/register", None, &account).await, 400, code, message);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_phone_number_registered_twenty_times_at_once_is_one_account() {
    let app = TestApp::start().await;
    let account = json!({"phone": "089123456789", "password": PASSWORD});
    let answers = futures_util::future::join_all((0..20).map(|_| app.post("/api/register", None, &account))).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|(status, _)| *status == 200);
    assert_eq!((made.len(), refused.len()), (1, 19));
    for answer in refused {
        assert_refused(answer, 400, "phone_taken", "Nomor sudah terdaftar!");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_phone_number_and_a_wrong_password_get_the_same_answer() {
    let app = TestApp::start().await;
    let user = app.user().await;
    for phone in [user.phone.as_str(), "089999999999", "abc"] {
        let refused = app.post("/api/login", None, &json!({"phone": phone, "password": "wrong-password"})).await;
        assert_refused(&refused, 401, "invalid_credentials", "Nomor HP atau sandi salah!");
    }
    let refused = app.post("/api/login", None, &json!({"phone": user.phone})).await;
    assert_refused(&refused, 400, "missing_fields", "Nomor HP dan password wajib diisi");
    app.stop().await;
}
