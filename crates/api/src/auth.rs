//! Who calls, and from where.

use std::{
    borrow::Cow,
    future::Future,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    pin::Pin,
    time::Duration,
};

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload, http::header::AUTHORIZATION, web::Data};
use domain::user::{Claims, ClientAddress};
use tokio::time::{Instant, timeout};

use crate::{error::ApiError, state::AppState};

/// An authenticated user: a handler that takes one is not called without a good token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller(pub(crate) domain::user::Caller);

/// How long a caller is looked up for: a money request of his is to be answered within two seconds.
const LOOKED_UP_MAX: Duration = Duration::from_millis(1_500);

/// Where a request comes from, as limits see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address(pub(crate) ClientAddress);

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { authenticate(&request).await })
    }
}

/// Who calls. Extractors of one handler run at once, and whichever refuses first wins; a handler that has more to refuse
/// than a missing token authenticates first and looks at the rest afterwards.
///
/// # Errors
/// 401 without a token, 403 or 404 with one that is not good.
pub(crate) async fn authenticate(request: &HttpRequest) -> Result<Caller, ApiError> {
    let state = request.app_data::<Data<AppState>>().ok_or_else(ApiError::internal)?;
    let token = bearer_token(request).ok_or_else(ApiError::token_missing)?;
    let began = Instant::now();
    let found = timeout(LOOKED_UP_MAX, state.accounts.authenticate(token)).await;
    request.extensions_mut().insert(LookedUpFor(began.elapsed()));
    Ok(Caller(found.map_err(|silence| ApiError::unavailable().because(silence))??))
}

/// How long the caller of a request was looked up for.
#[derive(Debug, Clone, Copy)]
struct LookedUpFor(Duration);

/// How long the client of this request has waited until its caller was known: a money request waits for its caller and for
/// its transaction together.
pub(crate) fn looked_up_for(request: &HttpRequest) -> Duration {
    request.extensions().get::<LookedUpFor>().map_or(Duration::ZERO, |looked| looked.0)
}

/// Who says that he calls, with a token that is not looked up yet: for a request whose transaction looks at the caller itself.
///
/// # Errors
/// 401 without a token, 403 with one that is forged or over.
pub(crate) fn claims(request: &HttpRequest) -> Result<Claims, ApiError> {
    let state = request.app_data::<Data<AppState>>().ok_or_else(ApiError::internal)?;
    let token = bearer_token(request).ok_or_else(ApiError::token_missing)?;
    Ok(state.accounts.claims(token)?)
}

/// The token of `Authorization: Bearer …`, if there is one.
pub(crate) fn bearer_token(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

impl FromRequest for Address {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let state = request.app_data::<Data<AppState>>();
        let hops = state.map_or(0, |state| state.trusted_proxy_hops);
        std::future::ready(Ok(Self(client_address_of(request, hops))))
    }
}

/// Where a request comes from, behind so many proxies that are believed.
pub(crate) fn client_address_of(request: &HttpRequest, hops: usize) -> ClientAddress {
    let peer = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.ip());
    let lines = forwarded_lines(request);
    client_address(peer, lines.iter().map(AsRef::as_ref), hops).into()
}

/// What proxies and clients wrote. Also a line with strange bytes in it has its last address from the proxy.
fn forwarded_lines(request: &HttpRequest) -> Vec<Cow<'_, str>> {
    let lines = request.headers().get_all("X-Forwarded-For");
    lines.map(|value| String::from_utf8_lossy(value.as_bytes())).collect()
}

/// The address of the client behind `hops` proxies that are believed: each of them appended the address that it was
/// called from. What stands further left was written by the client and proves nothing.
fn client_address<'a>(peer: IpAddr, forwarded: impl Iterator<Item = &'a str>, hops: usize) -> IpAddr {
    let Some(from_the_right) = hops.checked_sub(1) else { return peer };
    let addresses: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    let behind = addresses.iter().rev().nth(from_the_right).and_then(|text| forwarded_address(text));
    behind.unwrap_or(peer)
}

/// An address as proxies write it: bare, in brackets, or with the port that it called from.
fn forwarded_address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::from);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(bracketed).or_else(with_port)
}

#[cfg(test)]
mod tests {
    use actix_web::{http::header::HeaderValue, test::TestRequest};

    use super::*;

    fn check_address(hops: usize, forwarded: &[&str], expected: &str) {
        let peer = IpAddr::from([10, 0, 0, 9]);
        let address = client_address(peer, forwarded.iter().copied(), hops);
        assert_eq!(address.to_string(), expected, "{hops} hops, {forwarded:?}");
    }

    #[test]
    fn only_believed_proxies_tell_the_address() {
        check_address(0, &["1.1.1.1"], "10.0.0.9");
        check_address(1, &["6.6.6.6, 1.1.1.1"], "1.1.1.1");
        check_address(2, &["6.6.6.6, 1.1.1.1, 2.2.2.2"], "1.1.1.1");
        check_address(1, &["6.6.6.6", "1.1.1.1"], "1.1.1.1");
        check_address(1, &[], "10.0.0.9");
        check_address(1, &["not an address"], "10.0.0.9");
        check_address(3, &["1.1.1.1"], "10.0.0.9");
        check_address(1, &["2001:db8::1"], "2001:db8::1");
        check_address(1, &["6.6.6.6, 1.1.1.1:5678"], "1.1.1.1");
        check_address(1, &["[2001:db8::1]:443"], "2001:db8::1");
        check_address(1, &["[2001:db8::1]"], "2001:db8::1");
        check_address(1, &["[1.1.1.1]"], "10.0.0.9");
        check_address(1, &["1.1.1.1:port"], "10.0.0.9");
    }

    #[test]
    fn strange_bytes_do_not_hide_what_the_proxy_appended() {
        let value = HeaderValue::from_bytes(b"\xff, 1.1.1.1").unwrap();
        let request = TestRequest::default().insert_header(("X-Forwarded-For", value)).to_http_request();
        let lines: Vec<_> = forwarded_lines(&request);
        assert_eq!(client_address([10, 0, 0, 9].into(), lines.iter().map(AsRef::as_ref), 1).to_string(), "1.1.1.1");
    }

    #[test]
    fn a_token_comes_behind_the_word_bearer() {
        for (header, expected) in [
            ("Bearer abc", Some("abc")),
            ("bearer abc", Some("abc")),
            ("Bearer  abc ", Some("abc")),
            ("Bearer", None),
            ("Bearer ", None),
            ("Basic abc", None),
            ("abc", None),
            ("", None),
        ] {
            let request = TestRequest::default().insert_header((AUTHORIZATION, header)).to_http_request();
            assert_eq!(bearer_token(&request), expected, "{header:?}");
        }
    }
}
