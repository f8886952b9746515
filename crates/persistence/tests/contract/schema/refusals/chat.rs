//! What is refused of conversations.

use super::{ALLOWED, Books, Table, check};

/// Conversation 1, of users 10000001 and 10000002.
const CONVERSATION: &str = "INSERT INTO conversations (user_low, user_high, created_at)
               VALUES (10000001, 10000002, '2026-11-23T10:00:00Z');
             INSERT INTO conversation_members (conversation_id, user_id) VALUES (1, 10000001), (1, 10000002)";

pub(super) fn tables() -> Vec<Table> {
    vec![conversations()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_is_of_two_and_only_they_write_in_it() {
    check(conversations()).await;
}

fn conversations() -> Table {
    let conversation = |pair: &str| {
        format!("INSERT INTO conversations (user_low, user_high, created_at) VALUES ({pair}, '2026-11-23T10:00:00Z')")
    };
    let message = |sender: i64, content: &str| {
        format!(
            "INSERT INTO private_messages (conversation_id, sender_id, content, is_hidden_from_recipient, created_at)
             VALUES (1, {sender}, {content}, false, '2026-11-23T10:00:00Z')"
        )
    };
    let member = |pair: &str| format!("INSERT INTO conversation_members (conversation_id, user_id) VALUES ({pair})");
    let block = |pair: &str| format!("INSERT INTO user_blocks VALUES ({pair}, '2026-11-23T10:00:00Z')");
    let rows = [
        (conversation("10000001, 10000002"), "conversations_pair_key"),
        (conversation("10000003, 10000001"), "conversations_pair_in_order"),
        (conversation("10000003, 10000003"), "conversations_pair_in_order"),
        (conversation("1, 10000003"), "conversations_user_low_fkey"),
        (conversation("10000003, 10000009"), "conversations_user_high_fkey"),
        (
            "INSERT INTO conversations OVERRIDING SYSTEM VALUE VALUES (1, 10000001, 10000003, 'epoch')".to_owned(),
            "conversations_pkey",
        ),
        (member("1, 10000001"), "conversation_members_pkey"),
        (member("2, 10000001"), "conversation_members_conversation_id_fkey"),
        (member("1, 1"), "conversation_members_user_id_fkey"),
        (message(10_000_003, "'hai'"), "private_messages_sender_id_fkey"),
        (message(10_000_001, "''"), "private_messages_content_within_range"),
        (message(10_000_001, "repeat('é', 501)"), "private_messages_content_within_range"),
        (message(10_000_001, "repeat('é', 500)"), ALLOWED),
        (
            "INSERT INTO private_messages OVERRIDING SYSTEM VALUE SELECT * FROM private_messages".to_owned(),
            "private_messages_pkey",
        ),
        (
            "UPDATE conversation_members SET last_read_id = 1".to_owned(),
            "conversation_members_last_read_id_within_range",
        ),
        (
            "UPDATE conversation_members SET last_message_id = 77".to_owned(),
            "conversation_members_last_message_id_fkey",
        ),
        (block("10000001, 10000001"), "user_blocks_no_self_block"),
        (block("10000001, 10000002"), ALLOWED),
        (block("10000001, 10000002"), "user_blocks_pkey"),
        (block("1, 10000001"), "user_blocks_blocker_id_fkey"),
        (block("10000001, 1"), "user_blocks_blocked_id_fkey"),
    ];
    Table::new(Books::SentAnd(&[CONVERSATION]), rows)
}
