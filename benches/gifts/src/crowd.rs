//! Who sends and who receives, and the requests that say so, made before anything is measured.

use std::{cell::Cell, net::SocketAddr};

use crate::{Result, token};

/// The ids of senders begin here, those of hosts there: eight digits, like all ids.
const FIRST_SENDER: u32 = 10_000_000;
const FIRST_HOST: u32 = 20_000_000;
/// Digits of an id.
const ID_DIGITS: usize = 8;
/// Digits of the number in a key.
const KEY_DIGITS: usize = 12;

/// To whom gifts go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    /// To all hosts.
    Spread,
    /// To the first.
    One,
}

/// All senders and hosts.
pub(crate) struct Crowd {
    /// Where the server is.
    pub(crate) address: SocketAddr,
    senders: Vec<Template>,
    hosts: u32,
    next_key: Cell<u64>,
    dice: Cell<u64>,
}

/// The request of a sender; receiver and key are filled in.
struct Template {
    bytes: Vec<u8>,
    key_at: usize,
    host_at: usize,
}

impl Crowd {
    /// A crowd whose senders hold tokens that this secret has signed.
    pub(crate) fn new(address: SocketAddr, secret: &str, senders: u32, hosts: u32) -> Result<Self> {
        let template = |number| {
            let user = FIRST_SENDER + number;
            Template::new(address, &token::now_for(secret, user, &phone(user))?)
        };
        let senders = (0..senders).map(template).collect::<Result<_>>()?;
        Ok(Self { address, senders, hosts, next_key: Cell::new(0), dice: Cell::new(0x9e37_79b9_7f4a_7c15) })
    }

    /// Writes a request with a key of its own.
    pub(crate) fn write(&self, to: To, request: &mut Vec<u8>) {
        let sender = self.draw(self.senders.len() as u64);
        let host = match to {
            To::Spread => self.draw(self.hosts.into()),
            To::One => 0,
        };
        let key = self.next_key.replace(self.next_key.get() + 1);
        request.clear();
        if let Some(template) = usize::try_from(sender).ok().and_then(|sender| self.senders.get(sender)) {
            request.extend_from_slice(&template.bytes);
            fill(request, template.key_at, KEY_DIGITS, key);
            fill(request, template.host_at, ID_DIGITS, u64::from(FIRST_HOST) + host);
        }
    }

    /// A number below `bound` (xorshift: cheap, and the same in every run).
    fn draw(&self, bound: u64) -> u64 {
        let mut state = self.dice.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.dice.set(state);
        (state >> 11) % bound.max(1)
    }
}

impl Template {
    fn new(address: SocketAddr, token: &str) -> Result<Self> {
        let (id, key) = ("#".repeat(ID_DIGITS), "*".repeat(KEY_DIGITS));
        let body = format!(r#"{{"receiverId":{id},"giftId":"rose","coinValue":10,"quantity":1}}"#);
        let text = format!(
            "POST /api/gifts/send HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Idempotency-Key: bench-{key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let (key_at, host_at) = text.find(&key).zip(text.find(&id)).ok_or("a request without its places")?;
        Ok(Self { bytes: text.into_bytes(), key_at, host_at })
    }
}

/// Writes the last digits of a number.
fn fill(bytes: &mut [u8], at: usize, digits: usize, mut number: u64) {
    for digit in bytes.iter_mut().skip(at).take(digits).rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// The phone number of a user.
fn phone(user: u32) -> String {
    format!("08{user:010}")
}

/// SQL that makes the users, with coins that came by a top-up each, so that the books are in order.
pub(crate) fn sql(senders: u32, hosts: u32) -> String {
    const COINS: u64 = 1_000_000_000;
    let users = |first: u32, count: u32, coins: u64| {
        format!(
            "INSERT INTO users (id, phone, password, name, balance, created_at, updated_at) \
             SELECT id, '08' || lpad(id::text, 10, '0'), 'never logs in', 'Bench ' || id, {coins}, now(), now() \
             FROM generate_series({first}, {}) id;",
            first + count - 1
        )
    };
    format!(
        "BEGIN; {} {} INSERT INTO coin_movements (user_id, kind, amount, reference, reason, created_at) \
         SELECT id, 'top_up', balance, 'bench-' || id, 'a benchmark', now() FROM users WHERE balance > 0; \
         COMMIT; ANALYZE users;",
        users(FIRST_SENDER, senders, COINS),
        users(FIRST_HOST, hosts, 0)
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_request_has_a_key_of_its_own_and_a_receiver_as_asked() -> Result<()> {
        let crowd = Crowd::new(([127, 0, 0, 1], 80).into(), "secret", 3, 100)?;
        let (mut keys, mut hosts, mut request) = (HashSet::new(), HashSet::new(), Vec::new());
        for _ in 0..1_000 {
            crowd.write(To::Spread, &mut request);
            let text = String::from_utf8(request.clone())?;
            keys.insert(text.lines().nth(3).map(str::to_owned));
            let host = text.split_once("\"receiverId\":").and_then(|(_, rest)| rest.split_once(','));
            hosts.insert(host.map(|(host, _)| host.parse::<u32>()).ok_or("no host")??);
        }
        assert_eq!(keys.len(), 1_000);
        assert!(hosts.len() > 90 && hosts.iter().all(|host| (FIRST_HOST..FIRST_HOST + 100).contains(host)));
        crowd.write(To::One, &mut request);
        assert!(String::from_utf8(request)?.contains("\"receiverId\":20000000,"));
        Ok(())
    }
}
