//! Who may call which route.

use Access::{Admin, Mine, Names, Owner, Public, Token};

use super::Object;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Everybody; a token is not looked at.
    Public,
    /// Whoever has a good token; what he reaches is his own, because nothing else can be named.
    Token,
    /// Whoever has a good token, with whom or what he names: himself or his own, somebody else or another's, or nobody.
    Names,
    /// Whoever has a good token, on an object of his own; another's is not found.
    Mine,
    /// The owner of an approved agency, on an object of this agency; another's is not found.
    Owner,
    /// Administrators.
    Admin,
}

/// A route, and who may call it.
pub(super) type Row = (&'static str, &'static str, Access);

/// The route table. Logging out everywhere is the last one, because nobody can call anything behind it.
pub(super) const ROWS: &[Row] = &[
    ("GET", "/", Public),
    ("GET", "/health/live", Public),
    ("GET", "/health/ready", Public),
    ("GET", "/uploads/avatars/{name}", Public),
    ("POST", "/api/register", Public),
    ("POST", "/api/login", Public),
    ("GET", "/api/gifts", Public),
    ("GET", "/api/contributions/{host_id}", Public),
    ("GET", "/api/ranking/fans/{host_id}", Public),
    ("GET", "/api/ranking/hosts", Public),
    ("GET", "/api/host-income/today/{host_id}", Public),
    ("GET", "/api/host-income/week/{host_id}", Public),
    ("GET", "/api/host-income/month/{host_id}", Public),
    ("GET", "/api/host-income/category/{host_id}", Public),
    ("GET", "/api/host-income/history/{host_id}", Public),
    ("GET", "/api/income/live-current/{host_id}", Public),
    ("GET", "/api/live-session/duration/today/{host_id}", Public),
    ("GET", "/api/profile", Token),
    ("PUT", "/api/profile/update", Token),
    ("POST", "/api/profile/avatar", Token),
    ("GET", "/api/auth/profile", Token),
    ("PUT", "/api/auth/profile/update", Token),
    ("POST", "/api/auth/profile/avatar", Token),
    ("POST", "/api/auth/password", Token),
    ("POST", "/api/gifts/send", Names),
    ("GET", "/api/income/balance", Token),
    ("GET", "/api/income/history", Token),
    ("POST", "/api/income/exchange", Token),
    ("GET", "/api/income/exchange-history", Token),
    ("POST", "/api/live-session/end", Mine),
    ("POST", "/api/live-session/heartbeat", Mine),
    ("POST", "/api/live-session/start", Names),
    ("GET", "/api/chat/conversations", Token),
    ("GET", "/api/chat/messages/{conversation_id}", Mine),
    ("POST", "/api/chat/send", Names),
    ("POST", "/api/chat/block", Names),
    ("POST", "/api/chat/unblock", Names),
    ("POST", "/api/hosts/apply", Names),
    ("GET", "/api/hosts/invitations", Token),
    ("POST", "/api/hosts/invitations/{application_id}/accept", Mine),
    ("POST", "/api/hosts/invitations/{application_id}/decline", Mine),
    ("POST", "/api/hosts/applications/{application_id}/withdraw", Mine),
    ("GET", "/api/hosts/salaries", Token),
    ("GET", "/api/hosts/salaries/{request_id}", Mine),
    ("POST", "/api/agency/apply", Token),
    ("GET", "/api/agency/profile", Owner),
    ("POST", "/api/agency/add-host", Owner),
    ("GET", "/api/agency/{agency_id}/host-applications", Owner),
    ("POST", "/api/agency/host-application/{application_id}/approve", Owner),
    ("POST", "/api/agency/host-application/{application_id}/reject", Owner),
    ("GET", "/api/agency/{agency_id}/stats", Owner),
    ("GET", "/api/agency/{agency_id}/hosts", Owner),
    ("GET", "/api/agency/{agency_id}/income", Owner),
    ("GET", "/api/agency/{agency_id}/income/{period}", Owner),
    ("GET", "/api/agency/{agency_id}/live-stats", Owner),
    ("GET", "/api/agency/{agency_id}/live-stats/{period}", Owner),
    ("GET", "/api/agency/{agency_id}/total-income", Owner),
    ("GET", "/api/agency/{agency_id}/active-days", Owner),
    ("GET", "/api/agency/{agency_id}/members", Owner),
    ("DELETE", "/api/agency/{agency_id}/members/{member_id}", Owner),
    ("GET", "/api/agency/{agency_id}/salary-requests", Owner),
    // The host himself reads it too, which its own test shows.
    ("GET", "/api/agency/{agency_id}/salary-request/{request_id}", Owner),
    ("POST", "/api/agency/{agency_id}/salary-approve", Owner),
    ("POST", "/api/agency/{agency_id}/salary-reject", Owner),
    ("POST", "/api/agency/{agency_id}/salary-request/{request_id}/approve", Owner),
    ("POST", "/api/agency/{agency_id}/salary-request/{request_id}/reject", Owner),
    ("GET", "/api/admin/policies", Admin),
    ("POST", "/api/admin/policies", Admin),
    ("POST", "/api/admin/policies/dry-run", Admin),
    ("GET", "/api/admin/agencies", Admin),
    ("GET", "/api/admin/agencies/pending", Admin),
    ("POST", "/api/admin/agency/{agency_id}/approve", Admin),
    ("POST", "/api/admin/agency/{agency_id}/reject", Admin),
    ("POST", "/api/admin/agency/{agency_id}/card", Admin),
    ("GET", "/api/admin/hosts", Admin),
    ("GET", "/api/admin/host-applications", Admin),
    ("POST", "/api/admin/host-application/{application_id}/approve", Admin),
    ("POST", "/api/admin/host-application/{application_id}/reject", Admin),
    ("POST", "/api/admin/host-application/{application_id}/card", Admin),
    ("POST", "/api/admin/user/{user_id}/ban", Admin),
    ("POST", "/api/admin/user/{user_id}/unban", Admin),
    ("POST", "/api/admin/coins/grant", Admin),
    ("POST", "/api/admin/coins/correct", Admin),
    ("GET", "/api/admin/catalogue", Admin),
    ("POST", "/api/admin/catalogue", Admin),
    ("PUT", "/api/admin/catalogue/{gift_key}", Admin),
    ("GET", "/api/admin/audit", Admin),
    ("GET", "/api/admin/audit-log", Admin),
    ("POST", "/api/hosts/leave", Token),
    ("POST", "/api/auth/logout-all", Token),
];

/// Whether a request along this route says which object it is about.
pub(super) fn names_an_object((_, path, access): Row) -> bool {
    let bodies =
        ["/api/agency/add-host", "/api/live-session/end", "/api/live-session/heartbeat", "/api/admin/coins/grant"];
    access == Names || path.contains("_id}") || bodies.contains(&path)
}

/// What a person is answered about an object: the status and the code of the refusal. `None` when he may, whatever else is said.
pub(super) fn expected((_, path, access): Row, who: &str, object: Object) -> Option<(u16, Option<&'static str>)> {
    let is_own = |rightful: &str, other: &str| match object {
        Object::Own => who == rightful,
        Object::Foreign => who == other,
        Object::Missing => false,
    };
    let refused = |status, code| Some((status, Some(code)));
    match access {
        Public | Token => None,
        Names if path == "/api/hosts/apply" => match object {
            Object::Missing => refused(400, "agency_not_found"),
            _ if is_own("owner", "other owner") => refused(400, "own_agency"),
            _ => None,
        },
        Names => named(path, object),
        Admin if who == "admin" => None,
        Admin => refused(403, "not_an_admin"),
        Owner if !who.contains("owner") => refused(403, "not_an_agency"),
        Owner if path == "/api/agency/profile" || is_own("owner", "other owner") => None,
        Owner => refused(404, if path.contains("member_id") { "member_not_found" } else { "not_found" }),
        // The foreign ones are a stranger's, who is nobody here.
        Mine if is_own("viewer", "nobody") => None,
        // The app shows this one's own text.
        Mine if path.contains("conversation_id") => refused(403, "not_a_member"),
        Mine if path.contains("live-session") => refused(404, "session_not_found"),
        Mine if path.contains("salaries") => refused(404, "not_found"),
        Mine => refused(404, "application_not_found"),
    }
}

/// What everybody is answered who names himself, somebody else, or nobody.
fn named(path: &str, object: Object) -> Option<(u16, Option<&'static str>)> {
    let (himself, nobody) = match path {
        "/api/gifts/send" => ((400, Some("self_gift")), (404, Some("receiver_not_found"))),
        "/api/chat/send" => ((400, Some("message_to_oneself")), (404, Some("recipient_not_found"))),
        "/api/chat/block" => ((400, Some("self_block")), (404, Some("user_not_found"))),
        // Whom he does not block, he need not unblock.
        "/api/chat/unblock" => ((200, None), (200, None)),
        // Nobody is live in another's name, whether there is one of that name or not.
        "/api/live-session/start" if object == Object::Own => return Some((200, None)),
        "/api/live-session/start" => return Some((403, Some("not_the_host"))),
        _ => return None,
    };
    Some(match object {
        Object::Own => himself,
        Object::Foreign => (200, None),
        Object::Missing => nobody,
    })
}
