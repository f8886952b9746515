//! TEMPORARY: until testkit exists.
use std::sync::atomic::{AtomicU32, Ordering};
static N: AtomicU32 = AtomicU32::new(0);
const BASE: &str = "postgres://chatme@%2Ftmp%2Fptests%2Fs";
pub(crate) struct TestDatabase {
    name: String,
    url: String,
}
impl TestDatabase {
    pub(crate) async fn create() -> Self {
        let template = format!("tpl_{}", persistence::migrations_fingerprint());
        let (c, conn) = tokio_postgres::connect(&format!("{BASE}/postgres"), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(conn);
        c.batch_execute("SELECT pg_advisory_lock(77)").await.unwrap();
        let there = c.query("SELECT 1 FROM pg_database WHERE datname = $1", &[&template]).await.unwrap();
        if there.is_empty() {
            c.batch_execute(&format!("CREATE DATABASE {template}_new")).await.unwrap();
            persistence::migrate(&format!("{BASE}/{template}_new")).await.unwrap();
            c.batch_execute(&format!("ALTER DATABASE {template}_new RENAME TO {template}")).await.unwrap();
        }
        let name = format!("t_{}_{}", std::process::id(), N.fetch_add(1, Ordering::Relaxed));
        c.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.unwrap();
        c.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await.unwrap();
        Self { url: format!("{BASE}/{name}"), name }
    }
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}
impl Drop for TestDatabase {
    fn drop(&mut self) {
        let _ = std::process::Command::new("psql")
            .args(["-q", "-h", "/tmp/ptests/s", "-U", "chatme", "-d", "postgres", "-c"])
            .arg(format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name))
            .status();
    }
}
