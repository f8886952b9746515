//! All settings, each once.

/// A setting as its reader and `chatme config` know it.
#[derive(Debug)]
pub struct Setting {
    /// The name in the environment; in the file it is written in lower case.
    pub name: &'static str,
    /// The value in force when none is given; empty when there is none.
    pub default: &'static str,
    /// Whether its value is never printed.
    pub is_secret: bool,
    /// What it means.
    pub about: &'static str,
}

const fn setting(name: &'static str, default: &'static str, about: &'static str) -> Setting {
    Setting { name, default, is_secret: false, about }
}

const fn secret(name: &'static str, about: &'static str) -> Setting {
    Setting { name, default: "", is_secret: true, about }
}

/// All settings, in the order in which they are printed.
pub const SETTINGS: &[Setting] = &[
    setting("HOST", "0.0.0.0", "The address to listen on."),
    setting("PORT", "8000", "The port to listen on; 0 lets the system choose one."),
    setting("HTTP_WORKERS", "2", "Threads that answer HTTP requests."),
    secret(
        "DATABASE_URL",
        "The PostgreSQL to use, `postgres://user:password@host/name?sslmode=require`. Unset: a private one in DATA_DIR.",
    ),
    setting("DATABASE_CONNECTIONS", "16", "The most connections to the database."),
    setting("DATA_DIR", "data", "Where the private PostgreSQL and the generated secret are kept."),
    setting("UPLOADS_DIR", "", "Where pictures are kept. Unset: `uploads` in DATA_DIR."),
    secret(
        "JWT_SECRET",
        "The key that tokens are signed with, at least 32 random bytes. Required with DATABASE_URL; otherwise made once and kept in DATA_DIR.",
    ),
    setting("JWT_SECRET_LEGACY", "false", "Accept a key of 16 bytes, to take over the tokens of an older server."),
    secret(
        "CARD_KEY",
        "The key that identity card numbers are sealed with, at least 32 random bytes. With DATABASE_URL, agencies and hosts cannot apply without it; otherwise made once and kept in DATA_DIR.",
    ),
    setting(
        "CARD_KEY_ID",
        "1",
        "The name of CARD_KEY, kept with every number that it seals. Another key gets another name.",
    ),
    secret("CARD_KEYS_OLD", "Keys of before, `id=key` separated by commas: they open what they sealed."),
    secret(
        "CARD_HASH_KEY",
        "The key that equal card numbers are recognised with, at least 32 random bytes. Required with CARD_KEY, and never to be changed; otherwise made once and kept in DATA_DIR.",
    ),
    setting("BUSINESS_TIMEZONE", "Asia/Jakarta", "The IANA zone of business days, weeks and months."),
    setting("PHONE_REGION", "ID", "The region whose phone numbers are written without a country code."),
    setting("PASSWORD_MIN", "6", "The fewest characters of a new password."),
    setting("PASSWORD_POLICY", "standard", "`strict` asks for 8 characters and refuses the most common passwords."),
    setting("PASSWORD_HASHES_AT_ONCE", "2", "Passwords that are hashed at once; each takes 19 MiB."),
    setting("PASSWORD_HASHES_WAITING", "64", "Passwords that may wait to be hashed; more are answered 429."),
    setting("LOGIN_RATE_FAILURES", "10", "Failed logins of one account from one address before it has to wait."),
    setting("LOGIN_RATE_WAIT_SECONDS", "900", "The longest such wait."),
    setting(
        "LOGIN_RATE_ACCOUNT_PER_HOUR",
        "100",
        "Failed logins of one account an hour before addresses that never logged in to it are slowed down.",
    ),
    setting("REGISTER_RATE_PER_HOUR", "30", "Registrations from one address an hour."),
    setting("CORS_ALLOWED_ORIGINS", "", "Origins that browsers may call from, separated by commas; `*` allows all."),
    setting("TRUSTED_PROXY_HOPS", "0", "Proxies in front whose `X-Forwarded-For` is believed."),
    setting(
        "PUBLIC_HOST_INCOME",
        "true",
        "Whether everybody may read the incomes of hosts; otherwise the host, the owner of his agency and admins.",
    ),
    setting("HTTP_BODY_BYTES", "65536", "The largest JSON body."),
    setting("HTTP_HEAD_TIMEOUT_MS", "5000", "How long the head of a request may take."),
    setting("HTTP_BODY_TIMEOUT_MS", "15000", "How long the body of a request may take."),
    setting("HTTP_KEEP_ALIVE_MS", "75000", "How long an idle connection is kept."),
    setting("HTTP_CONNECTIONS", "20000", "Connections at once; more wait in the system's queue."),
    setting(
        "TCP_USER_TIMEOUT_MS",
        "20000",
        "How long a client may leave sent bytes unacknowledged before its connection is given up (Linux).",
    ),
    setting("AVATAR_BYTES", "5242880", "The largest uploaded picture."),
    setting("AVATAR_SIDE_PIXELS", "4096", "The longest side of an uploaded picture."),
    setting("AVATAR_UPLOADS_AT_ONCE", "8", "Uploads in the server at once; more are answered 429."),
    setting(
        "AVATAR_RATE_MIN",
        "8192",
        "The fewest bytes a second of an upload; it has HTTP_BODY_TIMEOUT_MS, and one second more for every so many bytes.",
    ),
    setting(
        "SOCKET_IDENTITY",
        "token",
        "`token`: only a token says who is behind a socket. `declared`: a guest may chat under the name that he states, marked as a guest.",
    ),
    setting("SOCKET_MESSAGE_BYTES", "1000000", "The longest message of a socket; above 64 KiB only a gift."),
    setting("CONNECT_TIMEOUT_MS", "10000", "How long a socket may take to join after its handshake."),
    setting("PING_INTERVAL_MS", "25000", "How often a socket is pinged."),
    setting("PING_TIMEOUT_MS", "20000", "How long a socket may take to answer a ping."),
    setting("SOCKET_QUEUE_BYTES", "262144", "What may wait for a socket behind the message that is being written."),
    setting("SOCKETS_PER_USER", "8", "Sockets of one user at once."),
    setting("SOCKETS_PER_ADDRESS", "500", "Sockets without a login from one address at once."),
    setting("SOCKETS_MAX", "20000", "Sockets in all."),
    setting("ROOMS_PER_SOCKET", "8", "Rooms that a socket may be in."),
    setting("ROOMS_MAX", "100000", "Rooms in all; one that is empty lives for ten minutes."),
    setting("ROOM_LARGE_BYTES", "4000000", "Bytes of large gifts that a room passes on within ten seconds."),
    setting("SOCKET_EVENT_RATE", "20", "Events of a socket a second."),
    setting("SOCKET_EVENT_BURST", "40", "Events of a socket at once."),
    setting("CHAT_RATE", "5", "Messages of a user a second, in live rooms, party rooms and private each."),
    setting("CHAT_BURST", "10", "Messages of a user at once, in live rooms, party rooms and private each."),
    setting("MONEY_QUEUE", "4096", "Money requests in the server at once; more are answered 503."),
    setting("MONEY_WAIT_MS", "2000", "How long a client waits for a money request before it is told to ask again."),
    setting("SHUTDOWN_TIMEOUT_SECONDS", "10", "How long a stop may take to finish what was accepted."),
    setting("LOG_FORMAT", "auto", "`json`, `text`, or `auto`: text at a terminal, JSON elsewhere."),
    setting(
        "LOG_LEVEL",
        "info",
        "What is logged: error, warn, info, debug, trace, or a filter such as `info,api=debug`.",
    ),
];

/// What is read from the environment alone, where it is needed: the file cannot name itself, and the programs and
/// certificates belong to the machine.
pub const OUTSIDE: &[Setting] = &[
    setting(
        "CHATME_CONFIG",
        "",
        "The file to read settings from. Unset: `chatme.toml` in the working directory, if there is one.",
    ),
    setting("PGBIN", "", "Where PostgreSQL's programs are, for the private one. Unset: they are searched for."),
    setting("PGSSLROOTCERT", "", "A file with certificates of authorities that are trusted beside the system's."),
];
