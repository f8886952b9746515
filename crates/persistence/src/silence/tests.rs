use super::*;

/// What is seen when it is looked so often, but that all is well.
fn looks(asked: &mut Asked, count: u32) -> Vec<Look> {
    (0..count).map(|_| asked.look()).filter(|look| *look != Look::Well).collect()
}

#[test]
fn only_a_statement_without_an_answer_is_silence() {
    let mut asked = Asked::default();
    assert_eq!(looks(&mut asked, 10 * LOOKS_MAX), [], "nobody asked");
    for _ in 0..10 {
        asked.begin();
        assert_eq!(looks(&mut asked, LOOKS_SUSPICIOUS - 1), []);
        asked.finish();
    }
    asked.begin();
    assert_eq!(looks(&mut asked, LOOKS_MAX), [Look::Suspicious], "once");
    assert_eq!(asked.look(), Look::Silent);
}

#[test]
fn of_several_statements_at_once_each_is_waited_for() {
    let mut asked = Asked::default();
    asked.begin();
    asked.begin();
    assert_eq!(looks(&mut asked, LOOKS_SUSPICIOUS - 1), []);
    asked.finish();
    assert!(!asked.is_answered());
    assert_eq!(looks(&mut asked, LOOKS_MAX + 1), [Look::Suspicious, Look::Silent]);
}

#[test]
fn a_transaction_that_does_not_even_begin_is_given_up_early() {
    let mut asked = Asked { is_beginning: true, ..Asked::default() };
    asked.begin();
    assert_eq!(looks(&mut asked, LOOKS_SUSPICIOUS), [Look::Suspicious]);
    assert_eq!(asked.look(), Look::Silent);
    asked.finish();
    asked.begin();
    assert_eq!(looks(&mut asked, LOOKS_MAX), [Look::Suspicious], "only the BEGIN itself");
}

#[test]
fn what_is_not_trusted_is_closed_when_nobody_uses_it() {
    let mut asked = Asked { is_stale: true, ..Asked::default() };
    asked.begin();
    assert_eq!(looks(&mut asked, 2 * LOOKS_UNUSED), []);
    asked.finish();
    assert_eq!(looks(&mut asked, LOOKS_UNUSED), [], "its user may ask on");
    asked.begin();
    asked.finish();
    assert_eq!(looks(&mut asked, LOOKS_UNUSED + 1), [Look::Stale]);
}

#[test]
fn patience_ends_with_its_transaction() {
    let mut asked = Asked { is_patient: true, ..Asked::default() };
    asked.begin();
    assert_eq!(looks(&mut asked, 10 * LOOKS_MAX), []);
    asked.finish();
    assert!(!asked.is_idle());
    // The commit of what took long may take long too.
    asked.is_ending = true;
    asked.begin();
    assert_eq!(looks(&mut asked, 10 * LOOKS_MAX), []);
    asked.finish();
    assert!(asked.is_idle());
    asked.begin();
    assert_eq!(looks(&mut asked, LOOKS_MAX + 1), [Look::Suspicious, Look::Silent]);
}

#[test]
fn a_transaction_that_begins_with_statements_behind_it_is_given_up_as_early() {
    let mut asked = Asked { is_beginning: true, is_open: true, ..Asked::default() };
    for _ in 0..3 {
        asked.begin();
    }
    assert_eq!(looks(&mut asked, LOOKS_SUSPICIOUS), [Look::Suspicious]);
    assert_eq!(asked.look(), Look::Silent);
    asked.finish();
    assert_eq!(looks(&mut asked, LOOKS_MAX), [Look::Suspicious], "those behind it may wait for a row");
}

#[test]
fn a_connection_is_free_when_all_is_answered_and_no_transaction_is_open() {
    let mut asked = Asked { is_beginning: true, is_open: true, ..Asked::default() };
    asked.begin();
    assert!(!asked.is_free() && !asked.is_idle());
    asked.finish();
    assert!(!asked.is_free() && !asked.is_idle(), "in the transaction");
    asked.is_open = false;
    assert!(asked.is_free() && asked.is_idle());
}
