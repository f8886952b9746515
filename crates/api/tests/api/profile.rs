//! The contract of the caller's own profile, in both of its places.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, assert_refused, picture, shape};

/// The profile is served in both.
const PLACES: [&str; 2] = ["/api", "/api/auth"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_has_both_spellings_of_its_members() {
    let app = TestApp::start().await;
    let user = app.user().await;
    app.give_coins(&user, 70).await;
    for place in PLACES {
        let (status, profile) = app.get(&format!("{place}/profile"), Some(&user.token)).await;
        let types = json!({"success": "boolean", "data": {"id": "integer", "name": "string", "phone": "string",
            "balance": "integer", "level": "integer", "userLevel": "integer", "totalXp": "integer", "hostLevel": "integer", "hostIncome": "integer",
            "vipLevel": "integer", "avatar_url": "null", "gender": "null",
            "age": "null", "signature": "null", "topup_balance": "integer", "topupBalance": "integer"}});
        assert_eq!((status, shape(&profile)), (200, types));
        let data = &profile["data"];
        let balances = (&data["balance"], &data["topup_balance"], &data["topupBalance"]);
        assert_eq!((&data["id"], balances), (&json!(user.id), (&json!(70), &json!(70), &json!(70))));
        let levels = (&data["level"], &data["userLevel"], &data["totalXp"], &data["hostLevel"]);
        assert_eq!(levels, (&json!(1), &json!(1), &json!(0), &json!(0)));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_profile_is_answered_as_a_row_without_the_password() {
    let app = TestApp::start().await;
    let user = app.user().await;
    for place in PLACES {
        let path = format!("{place}/profile/update");
        let change = json!({"name": "Siti", "gender": "perempuan", "age": "25", "signature": "Halo", "balance": 1_000,
            "id": 1, "role": "admin"});
        let (status, updated) = app.put(&path, Some(&user.token), &change).await;
        let types = json!({"success": "boolean", "message": "string", "data": {"id": "integer", "phone": "string",
            "name": "string", "avatar_url": "null", "gender": "string", "age": "integer", "signature": "string",
            "balance": "integer", "topup_balance": "integer", "level": "integer", "vip_level": "integer",
            "created_at": "string", "updated_at": "string"}});
        assert_eq!((status, shape(&updated)), (200, types));
        assert_eq!(updated["message"], json!("Profile berhasil diupdate"));
        let data = &updated["data"];
        let seen = [&data["id"], &data["name"], &data["gender"], &data["age"], &data["signature"], &data["balance"]];
        let expected = [json!(user.id), json!("Siti"), json!("perempuan"), json!(25), json!("Halo"), json!(0)];
        assert_eq!(seen.map(Clone::clone), expected);
        let (status, cleared) = app.put(&path, Some(&user.token), &json!({"gender": null, "age": null})).await;
        let data = &cleared["data"];
        assert_eq!(
            (status, &data["gender"], &data["age"], &data["name"]),
            (200, &Value::Null, &Value::Null, &json!("Siti"))
        );
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_refuses_what_it_cannot_hold() {
    let app = TestApp::start().await;
    let user = app.user().await;
    let (nothing, age) = ("Tidak ada data untuk diupdate", "Umur harus antara 13 dan 100");
    for (change, code, message) in [
        (json!({}), "nothing_to_change", nothing),
        (json!({"balance": 5}), "nothing_to_change", nothing),
        (json!({"name": null}), "invalid_name", "Nama tidak boleh kosong"),
        (json!({"name": " "}), "invalid_name", "Nama tidak boleh kosong"),
        (json!({"name": "x".repeat(51)}), "invalid_name", "Nama maksimal 50 karakter"),
        (json!({"gender": "other"}), "invalid_gender", "Jenis kelamin tidak valid"),
        (json!({"age": 12}), "invalid_age", age),
        (json!({"age": 101}), "invalid_age", age),
        (json!({"age": 20.5}), "invalid_age", age),
        (json!({"age": "dua"}), "invalid_age", age),
        (
            json!({"signature": "x".repeat(101)}),
            "invalid_signature",
            "Signature maksimal 100 karakter tanpa karakter khusus",
        ),
    ] {
        assert_refused(&app.put("/api/profile/update", Some(&user.token), &change).await, 400, code, message);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_uploaded_picture_is_served_until_the_next_one() {
    let app = TestApp::start().await;
    let user = app.user().await;
    let mut former: Option<String> = None;
    for place in PLACES {
        let path = format!("{place}/profile/avatar");
        let (status, uploaded) = app.upload(&path, Some(&user.token), "avatar", picture()).await;
        let url = uploaded["data"]["avatar_url"].as_str().unwrap().to_owned();
        let expected = json!({"success": true, "message": "Avatar berhasil diupload", "data": {"avatar_url": url}});
        assert_eq!((status, &uploaded), (200, &expected));
        let served = app.request(Method::GET, &url).send().await.unwrap();
        assert_eq!((served.status().as_u16(), served.headers()["content-type"].to_str().unwrap()), (200, "image/jpeg"));
        let (_, profile) = app.get("/api/profile", Some(&user.token)).await;
        assert_eq!(profile["data"]["avatar_url"], json!(url));
        if let Some(former) = former.replace(url) {
            assert_eq!(app.get(&former, None).await.0, 404);
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_pictures_are_taken_as_pictures() {
    let app = TestApp::start().await;
    let user = app.user().await;
    let (path, token) = ("/api/profile/avatar", Some(user.token.as_str()));
    let no_picture = "File harus berupa gambar JPEG, PNG, atau WebP";
    for bytes in [Vec::new(), b"<svg/>".to_vec(), b"GIF89a".to_vec(), picture()[..20].to_vec()] {
        assert_refused(&app.upload(path, token, "avatar", bytes).await, 400, "not_a_picture", no_picture);
    }
    let none = app.upload(path, token, "file", picture()).await;
    assert_refused(&none, 400, "no_file", "Tidak ada file yang diupload");
    app.stop().await;
}
