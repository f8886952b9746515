//! What is refused of agencies, applications, memberships and the log.

use super::{ALLOWED, Books, Table, check};

/// Agency 7 of user 10000001, approved, and 8 of user 10000002, pending with card 1.
const AGENCIES: &str = "
INSERT INTO agencies (id, owner_id, family_name, status, decided_at, created_at)
  VALUES (7, 10000001, 'a', 'approved', '2026-11-23T10:00Z', '2026-11-23T10:00Z');
INSERT INTO agencies (id, owner_id, family_name, status, card_key, card_sealed, card_hash, card_masked, created_at)
  VALUES (8, 10000002, 'b', 'pending', '1', '', sha256('1'), '1234********5678', '2026-11-23T10:00Z');";

const ACCEPTED: &str = "
INSERT INTO host_applications (host_id, agency_id, status, closed_at, created_at)
  VALUES (10000003, 7, 'approved', '2026-11-23T10:00Z', '2026-11-23T10:00Z');";

pub(super) fn tables() -> Vec<Table> {
    vec![agencies(), applications(), cards(), memberships(), log()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agency_is_decided_whole_and_one_for_each_owner_and_card() {
    check(agencies()).await;
}

fn agencies() -> Table {
    let agency = |values: &str| {
        format!(
            "INSERT INTO agencies (id, owner_id, family_name, status, decided_at, created_at)
             VALUES ({values}, '2026-11-23T10:00Z')"
        )
    };
    let set = |what: &str| format!("UPDATE agencies SET {what} WHERE id = 8");
    let rows = [
        (agency("7, 10000003, 'c', 'pending', NULL"), "agencies_pkey"),
        (agency("0, 10000003, 'c', 'pending', NULL"), "agencies_id_within_range"),
        (agency("9, 1, 'c', 'pending', NULL"), "agencies_owner_id_fkey"),
        (agency("9, 10000001, 'c', 'pending', NULL"), "agencies_one_per_owner"),
        (agency("9, 10000003, 'c', 'closed', 'epoch'"), "agencies_status_known"),
        (agency("9, 10000003, 'c', 'approved', NULL"), "agencies_decided_at_when_decided"),
        (agency("9, 10000003, 'c', 'pending', 'epoch'"), "agencies_decided_at_when_decided"),
        (agency("9, 10000003, repeat('é', 51), 'pending', NULL"), "too long"),
        (set("decided_by = 10000003"), "agencies_decided_by_when_decided"),
        (set("reason = 'why'"), "agencies_reason_when_rejected"),
        (set("card_key = NULL"), "agencies_card_whole"),
        (set("card_hash = ''"), "agencies_card_hash_is_sha256"),
        (set("card_masked = '1234567890123456'"), "agencies_card_masked_is_masked"),
        ("UPDATE agencies SET card_key = '1' WHERE id = 7".to_owned(), "agencies_card_whole"),
        (set("status = 'approved', decided_at = 'epoch', decided_by = 1"), "agencies_decided_by_fkey"),
        (agency("9, 10000001, 'c', 'rejected', 'epoch'"), ALLOWED),
        (set("owner_id = 10000001"), "agencies_one_per_owner"),
        (
            "UPDATE agencies SET card_key = '2', card_sealed = '', card_hash = sha256('1'),
               card_masked = '1234********5678' WHERE id = 7"
                .to_owned(),
            "agencies_one_per_card",
        ),
    ];
    Table::new(Books::SentAnd(&[AGENCIES]), rows)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_stands_where_its_kind_can_stand() {
    check(applications()).await;
}

fn applications() -> Table {
    let application = |values: &str| {
        format!(
            "INSERT INTO host_applications (host_id, agency_id, invited_by, status, withdrawal, closed_at, created_at)
             VALUES ({values}, '2026-11-23T10:00Z')"
        )
    };
    let set = |what: &str| format!("UPDATE host_applications SET {what} WHERE status = 'pending'");
    let rows = [
        (application("1, 7, NULL, 'pending', NULL, NULL"), "host_applications_host_id_fkey"),
        (application("10000003, 9, NULL, 'pending', NULL, NULL"), "host_applications_agency_id_fkey"),
        (application("10000003, 7, 1, 'invited', NULL, NULL"), "host_applications_invited_by_fkey"),
        (application("10000003, 7, NULL, 'maybe', NULL, 'epoch'"), "host_applications_status_known"),
        (application("10000003, 7, NULL, 'invited', NULL, NULL"), "host_applications_invited_by_when_invited"),
        (application("10000003, 7, NULL, 'declined', NULL, 'epoch'"), "host_applications_invited_by_when_invited"),
        (
            application("10000003, 7, NULL, 'withdrawn', 'by_owner', 'epoch'"),
            "host_applications_invited_by_when_invited",
        ),
        (application("10000003, 7, NULL, 'withdrawn', 'lost', 'epoch'"), "host_applications_withdrawal_known"),
        (application("10000003, 7, NULL, 'withdrawn', NULL, 'epoch'"), "host_applications_withdrawal_when_withdrawn"),
        (application("10000003, 7, NULL, 'pending', 'by_host', NULL"), "host_applications_withdrawal_when_withdrawn"),
        (application("10000003, 7, NULL, 'approved', NULL, NULL"), "host_applications_closed_at_when_closed"),
        (application("10000003, 7, NULL, 'pending', NULL, 'epoch'"), "host_applications_closed_at_when_closed"),
        (application("10000003, 7, NULL, 'pending', NULL, NULL"), ALLOWED),
        (application("10000003, 8, NULL, 'pending', NULL, NULL"), "host_applications_one_pending_per_host"),
        (application("10000003, 7, 10000001, 'invited', NULL, NULL"), "host_applications_one_open_per_agency"),
        (application("10000003, 8, 10000002, 'invited', NULL, NULL"), ALLOWED),
        (
            "INSERT INTO host_applications (id, host_id, agency_id, status, closed_at, created_at) OVERRIDING SYSTEM VALUE
             SELECT id, host_id, agency_id, 'rejected', 'epoch', 'epoch' FROM host_applications LIMIT 1"
                .to_owned(),
            "host_applications_pkey",
        ),
        (set("decided_by = 10000001"), "host_applications_decided_by_when_decided"),
        (set("reason = 'why'"), "host_applications_reason_when_rejected"),
        (set("card_key = '1'"), "host_applications_card_whole"),
        (
            set("card_key = '1', card_sealed = '', card_masked = '1234********5678', card_hash = ''"),
            "host_applications_card_hash_is_sha256",
        ),
        (
            set("card_key = '1', card_sealed = '', card_masked = '1', card_hash = sha256('1')"),
            "host_applications_card_masked_is_masked",
        ),
        (set("status = 'approved', closed_at = 'epoch', decided_by = 1"), "host_applications_decided_by_fkey"),
    ];
    Table::new(Books::SentAnd(&[AGENCIES]), rows)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_is_one_hosts_while_an_application_with_it_stands() {
    check(cards()).await;
}

fn cards() -> Table {
    let application = |host: u32, status: &str, card: &str| {
        let (withdrawal, closed) = match status {
            "withdrawn" => ("'by_host'", "'epoch'"),
            "pending" => ("NULL", "NULL"),
            _ => ("NULL", "'epoch'"),
        };
        format!(
            "INSERT INTO host_applications
               (host_id, agency_id, status, withdrawal, closed_at, created_at, card_key, card_sealed, card_masked, card_hash)
             VALUES ({host}, 7, '{status}', {withdrawal}, {closed}, '2026-11-23T10:00Z', '1', '', '1234********5678',
               sha256('{card}'))"
        )
    };
    let (first, second, third) = (10_000_001, 10_000_002, 10_000_003);
    let one_host = "host_applications_one_host_per_card";
    let rows = [
        (application(first, "rejected", "1"), ALLOWED),
        (application(second, "withdrawn", "1"), ALLOWED),
        (application(second, "pending", "1"), ALLOWED),
        (application(first, "pending", "1"), one_host),
        (application(third, "approved", "1"), one_host),
        ("UPDATE host_applications SET status = 'approved' WHERE host_id = 10000001".to_owned(), one_host),
        ("UPDATE host_applications SET host_id = 10000003 WHERE status = 'withdrawn'".to_owned(), ALLOWED),
        (application(first, "pending", "2"), ALLOWED),
        // He may use it again.
        (application(second, "approved", "1"), ALLOWED),
        ("UPDATE host_applications SET host_id = 10000003 WHERE status = 'approved'".to_owned(), one_host),
        ("UPDATE host_applications SET card_hash = sha256('1') WHERE status = 'pending'".to_owned(), one_host),
    ];
    Table::new(Books::SentAnd(&[AGENCIES]), rows)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memberships_follow_each_other_and_totals_are_theirs() {
    check(memberships()).await;
}

fn memberships() -> Table {
    let membership = |values: &str| {
        format!("INSERT INTO memberships (host_id, agency_id, application_id, starts_at, ends_at) VALUES ({values})")
    };
    let totals = |values: &str| {
        format!(
            "INSERT INTO membership_totals (membership_id, host_id, agency_id, period, starts_at, income) VALUES ({values})"
        )
    };
    let again = |host: &str| {
        format!(
            "INSERT INTO memberships (id, host_id, agency_id, starts_at, ends_at) OVERRIDING SYSTEM VALUE
             SELECT MIN(id), {host}, 7, '2026-10-01', '2026-10-02' FROM memberships"
        )
    };
    let first = "(SELECT MIN(id) FROM memberships)";
    let rows = [
        (membership("1, 7, NULL, '2026-11-01', NULL"), "memberships_host_id_fkey"),
        (membership("10000003, 9, NULL, '2026-11-01', NULL"), "memberships_agency_id_fkey"),
        (membership("10000003, 7, 77, '2026-11-01', NULL"), "memberships_application_id_fkey"),
        (membership("10000003, 7, NULL, '2026-11-02', '2026-11-01'"), "memberships_ends_at_after_start"),
        (membership("10000003, 7, 1, '2026-11-01', '2026-11-03'"), ALLOWED),
        (membership("10000003, 7, 1, '2026-11-05', '2026-11-06'"), "memberships_application_id_key"),
        (membership("10000003, 8, NULL, '2026-11-02', '2026-11-04'"), "memberships_no_overlap"),
        (membership("10000003, 8, NULL, '2026-11-02', NULL"), "memberships_no_overlap"),
        (membership("10000002, 7, NULL, '2026-11-02', NULL"), ALLOWED),
        (membership("10000003, 8, NULL, '2026-11-03', '2026-11-03'"), ALLOWED),
        (membership("10000003, 8, NULL, '2026-11-03', NULL"), ALLOWED),
        // Two that are open overlap, too.
        (membership("10000003, 7, NULL, '2026-11-09', NULL"), "memberships_no_overlap"),
        (again("10000001"), "memberships_pkey"),
        (again("10000003"), "memberships_pkey"),
        (totals(&format!("{first}, 10000003, 7, 'hourly', 'epoch', 1")), "membership_totals_period_known"),
        (totals(&format!("{first}, 10000003, 8, 'daily', 'epoch', 1")), "membership_totals_membership_id_fkey"),
        (totals(&format!("{first}, 10000002, 7, 'daily', 'epoch', 1")), "membership_totals_membership_id_fkey"),
        (totals(&format!("{first}, 10000003, 7, 'daily', 'epoch', -1")), "membership_totals_income_within_range"),
        (totals(&format!("{first}, 10000003, 7, 'daily', 'epoch', 1")), ALLOWED),
        (totals(&format!("{first}, 10000003, 7, 'daily', 'epoch', 1")), "membership_totals_pkey"),
        ("UPDATE membership_totals SET lives = -1".to_owned(), "membership_totals_lives_within_range"),
        ("UPDATE membership_totals SET viewers = -1".to_owned(), "membership_totals_viewers_within_range"),
        ("UPDATE membership_totals SET live_seconds = -1".to_owned(), "membership_totals_live_seconds_within_range"),
        ("UPDATE membership_totals SET valid_micros = -1".to_owned(), "membership_totals_valid_micros_within_range"),
        ("UPDATE membership_totals SET valid_micros = 9".to_owned(), ALLOWED),
        (
            "UPDATE membership_totals SET period = 'weekly' WHERE valid_micros = 9".to_owned(),
            "membership_totals_valid_micros_of_days",
        ),
    ];
    Table::new(Books::SentAnd(&[AGENCIES, ACCEPTED]), rows)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_never_changed() {
    check(log()).await;
}

fn log() -> Table {
    let line = |values: &str| {
        format!(
            "INSERT INTO audit_log (actor_id, action, subject_kind, subject_key, before, after, created_at)
             VALUES ({values}, 'epoch')"
        )
    };
    let rows = [
        (line("1, 'a', 'user', '1', '[]', '[]'"), "audit_log_actor_id_fkey"),
        (line("NULL, 'a', 'user', '1', '{}', '[]'"), "audit_log_before_is_a_list"),
        (line("NULL, 'a', 'user', '1', '[]', '{}'"), "audit_log_after_is_a_list"),
        (line("NULL, 'a', 'user', '1', '[]', '[]'"), ALLOWED),
        ("INSERT INTO audit_log OVERRIDING SYSTEM VALUE SELECT * FROM audit_log LIMIT 1".to_owned(), "audit_log_pkey"),
        ("UPDATE audit_log SET action = 'b' WHERE false".to_owned(), "audit_log_append_only"),
        ("DELETE FROM audit_log WHERE false".to_owned(), "audit_log_append_only"),
        ("TRUNCATE audit_log".to_owned(), "audit_log_append_only"),
    ];
    Table::new(Books::Sent, rows)
}
