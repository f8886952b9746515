//! The embedded default: a private PostgreSQL, and a secret that is made once.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use domain::dice::Dice;
use pglocal::{Cluster, Options};

/// The name of the database in the private cluster.
const DATABASE: &str = "chatme";
/// The private cluster's directory below DATA_DIR.
const CLUSTER_DIRECTORY: &str = "pg";
/// The file with the generated secret below DATA_DIR.
const SECRET_FILE: &str = "jwt-secret";
/// The files with the generated keys of identity cards below DATA_DIR.
pub(crate) const CARD_KEY_FILE: &str = "card-key";
pub(crate) const CARD_HASH_KEY_FILE: &str = "card-hash-key";
/// Connections beside the pool's: commands that run beside a server, migrations, PostgreSQL's own reserve.
const OTHER_CONNECTIONS: u16 = 84;
/// How often the private server is looked after.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// A private PostgreSQL that is started again when it dies, and let go when this is dropped.
pub(crate) struct EmbeddedDatabase {
    cluster: Arc<Mutex<Option<Cluster>>>,
    url: String,
    data_dir: PathBuf,
    keeper: Option<(Sender<()>, JoinHandle<()>)>,
}

impl EmbeddedDatabase {
    /// Finds, makes and starts the private PostgreSQL below `data_dir`, with room for so many connections. Blocks for a
    /// second or so.
    ///
    /// # Errors
    /// What [`pglocal`] says: among others, that no PostgreSQL programs are installed and what to do then.
    pub(crate) fn start(data_dir: &Path, connections: u32) -> Result<Self, pglocal::Error> {
        let connections = u16::try_from(connections).unwrap_or(u16::MAX).saturating_add(OTHER_CONNECTIONS);
        let options = Options::new(data_dir.join(CLUSTER_DIRECTORY)).max_connections(connections);
        let cluster = Cluster::start(&options)?;
        cluster.ensure_database(DATABASE)?;
        let (url, data_dir) = (cluster.url(DATABASE), cluster.data_dir());
        let cluster = Arc::new(Mutex::new(Some(cluster)));
        let (stop, stopped) = mpsc::channel();
        let watched = Arc::clone(&cluster);
        let keeper = thread::spawn(move || {
            while stopped.recv_timeout(WATCH_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                revive(&watched);
            }
        });
        Ok(Self { cluster, url, data_dir, keeper: Some((stop, keeper)) })
    }

    /// The URL of the database.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Where its data is; not below DATA_DIR where the server's user cannot enter that.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }
}

fn revive(cluster: &Mutex<Option<Cluster>>) {
    let mut cluster = cluster.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(cluster) = cluster.as_mut() else { return };
    // A success is logged where it happens.
    if let Err(error) = cluster.revive() {
        tracing::error!(%error, "the private PostgreSQL died and does not start");
    }
}

impl Drop for EmbeddedDatabase {
    fn drop(&mut self) {
        if let Some((stop, keeper)) = self.keeper.take() {
            drop(stop);
            // It panicked at worst, which was logged.
            let _ = keeper.join();
        }
        if let Some(cluster) = self.cluster.lock().unwrap_or_else(PoisonError::into_inner).take() {
            cluster.stop();
        }
    }
}

/// Whether a secret was made already.
///
/// # Errors
/// When that cannot be seen.
pub(crate) fn has_kept_secret(data_dir: &Path) -> io::Result<bool> {
    data_dir.join(SECRET_FILE).try_exists()
}

/// The secret kept below `data_dir`; made at the first call, readable by its owner only.
///
/// # Errors
/// When the file cannot be read or written.
pub(crate) fn kept_secret(data_dir: &Path, dice: &dyn Dice) -> io::Result<String> {
    kept(data_dir, SECRET_FILE, dice)
}

/// The same in a file of another name.
///
/// # Errors
/// When the file cannot be read or written.
pub(crate) fn kept(data_dir: &Path, name: &str, dice: &dyn Dice) -> io::Result<String> {
    fs::create_dir_all(data_dir)?;
    let path = data_dir.join(name);
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read.map(|secret| secret.trim().to_owned()),
    }
    let secret: String = (0..4).map(|_| format!("{:016x}", dice.draw())).collect();
    // Written beside and linked into place: of several starters at once, one wins and all read the same secret whole.
    let draft = data_dir.join(format!(".{name}-{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    writeln!(file, "{secret}")?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, &path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => fs::read_to_string(&path).map(|secret| secret.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::adapters::{OsDice, check_secret};

    #[test]
    fn the_secret_is_made_once_and_readable_by_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let secret = kept_secret(directory.path(), &OsDice).unwrap();
        assert_eq!(check_secret(&secret, false), Ok(()));
        assert_eq!(kept_secret(directory.path(), &OsDice).unwrap(), secret);
        let mode = fs::metadata(directory.path().join(SECRET_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no draft is left behind");
    }
}
