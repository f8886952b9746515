//! `ChatStore`: messages between two users. What blocks do to them is in [`blocks`].

mod blocks;

use domain::{
    chat::{ChatStore as _, Conversation, Message, MessageText, NewMessage, StoredMessage, UNREAD_MAX},
    id::{ConversationId, MessageId, UserId},
    page::{Limit, Page, PageRequest},
    store::StoreError,
    user::UserRepository as _,
};
use persistence::{Database, PgChatStore, PoolSettings};
use testkit::{Cut, Proxy};

use crate::support::{Fixture, at, at_once};

const ALL: PageRequest = PageRequest { limit: Limit::MAX, after: None };

fn message(sender: UserId, recipient: UserId, text: &str, second: i64) -> NewMessage {
    NewMessage { sender, recipient, text: MessageText::parse(text).unwrap(), at: at(second) }
}

/// A fixture with its chats.
struct Chats {
    fixture: Fixture,
    store: PgChatStore,
}

impl Chats {
    async fn new() -> Self {
        let fixture = Fixture::new().await;
        Self { store: PgChatStore::new(fixture.database.clone()), fixture }
    }

    async fn send(&self, sender: UserId, recipient: UserId, text: &str, second: i64) -> StoredMessage {
        self.store.deliver(&message(sender, recipient, text, second)).await.unwrap().unwrap()
    }

    async fn conversations(&self, user: UserId) -> Vec<Conversation> {
        self.store.conversations(user, ALL).await.unwrap().items
    }

    /// Whom a user talks to, the last message of each, and what is unread.
    async fn overview(&self, user: UserId) -> Vec<(UserId, String, i64)> {
        let conversations = self.conversations(user).await.into_iter();
        conversations.map(|one| (one.peer.id, one.last_message, one.unread)).collect()
    }

    async fn page(&self, conversation: ConversationId, reader: UserId, page: PageRequest) -> Option<Page<Message>> {
        self.store.messages(conversation, reader, page).await.unwrap()
    }

    /// What a user reads in a conversation, newest first; `None` when he may not.
    async fn texts(&self, conversation: ConversationId, reader: UserId) -> Option<Vec<String>> {
        let page = self.page(conversation, reader, ALL).await?;
        Some(page.items.into_iter().map(|message| message.text).collect())
    }
}

fn pages(limit: u32) -> PageRequest {
    PageRequest { limit: Limit::parse(limit).unwrap(), after: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_read_what_was_written_newest_first() {
    let chats = Chats::new().await;
    let (siti, budi) = (chats.fixture.user().await, chats.fixture.user().await);
    let first = chats.send(siti, budi, "hai", 10).await;
    let second = chats.send(budi, siti, "hai\njuga", 20).await;
    assert_eq!((second.conversation_id, first.is_hidden), (first.conversation_id, false));
    assert_eq!(first.sender_name, format!("User-{:04}", siti.value() % 10_000));
    for reader in [siti, budi] {
        let page = chats.page(first.conversation_id, reader, ALL).await.unwrap();
        let seen: Vec<_> = page
            .items
            .iter()
            .map(|message| (message.id, message.sender.id, message.text.as_str(), message.created_at))
            .collect();
        assert_eq!(seen, [(second.id, budi, "hai\njuga", at(20)), (first.id, siti, "hai", at(10))]);
        assert_eq!(page.next, None);
    }
    chats.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn first_messages_at_once_make_one_conversation() {
    let chats = Chats::new().await;
    let (siti, budi) = (chats.fixture.user().await, chats.fixture.user().await);
    let tasks = (0..12).map(|number| {
        let (sender, recipient) = if number % 2 == 0 { (siti, budi) } else { (budi, siti) };
        let (store, database) = (message(sender, recipient, "hai", number), chats.fixture.database.clone());
        async move { PgChatStore::new(database).deliver(&store).await.unwrap().unwrap() }
    });
    let stored = at_once(tasks.collect()).await;
    assert!(stored.iter().all(|message| message.conversation_id == stored[0].conversation_id), "{stored:?}");
    assert_eq!((chats.fixture.count("conversations").await, chats.fixture.count("private_messages").await), (1, 12));
    assert_eq!(chats.texts(stored[0].conversation_id, siti).await.unwrap().len(), 12);
    chats.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_numbered_in_the_order_in_which_they_become_visible() {
    let chats = Chats::new().await;
    let (siti, budi) = (chats.fixture.user().await, chats.fixture.user().await);
    let conversation = chats.send(siti, budi, "hai", 0).await.conversation_id;
    let other = chats.fixture.client().await;
    let hold = format!("BEGIN; SELECT FROM conversations WHERE id = {conversation} FOR NO KEY UPDATE");
    other.batch_execute(&hold).await.unwrap();
    let sending = tokio::spawn({
        let (database, message) = (chats.fixture.database.clone(), message(budi, siti, "later", 1));
        async move { PgChatStore::new(database).deliver(&message).await.unwrap().unwrap() }
    });
    chats.fixture.until_waiting(1).await;
    let insert = format!(
        "INSERT INTO private_messages (conversation_id, sender_id, content, is_hidden_from_recipient, created_at)
         VALUES ({conversation}, {siti}, 'sooner', false, '2026-11-23T10:00:00Z'); COMMIT"
    );
    other.batch_execute(&insert).await.unwrap();
    sending.await.unwrap();
    assert_eq!(chats.texts(conversation, siti).await.unwrap(), ["later", "sooner", "hai"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_unknown_or_banned_is_written_to() {
    let chats = Chats::new().await;
    let (siti, budi) = (chats.fixture.user().await, chats.fixture.user().await);
    chats.fixture.users().set_ban(&domain::user::BanOrder::by_command_line(budi, true), at(0)).await.unwrap();
    for nobody in [UserId::new(1), budi] {
        assert_eq!(chats.store.deliver(&message(siti, nobody, "hai", 0)).await.unwrap(), None);
    }
    assert_eq!((chats.fixture.count("private_messages").await, chats.fixture.count("conversations").await), (0, 0));
    chats.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_and_unknown_conversations_have_nothing_to_read() {
    let chats = Chats::new().await;
    let (siti, budi, stranger) = (chats.fixture.user().await, chats.fixture.user().await, chats.fixture.user().await);
    let conversation = chats.send(siti, budi, "hai", 0).await.conversation_id;
    assert_eq!(chats.texts(conversation, stranger).await, None);
    assert_eq!(chats.texts(ConversationId::new(4_242), siti).await, None);
    assert_eq!(chats.overview(stranger).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conversations_are_listed_by_their_last_message_with_what_is_unread() {
    let chats = Chats::new().await;
    let (siti, budi, ani) = (chats.fixture.user().await, chats.fixture.user().await, chats.fixture.user().await);
    chats.send(budi, siti, "one", 10).await;
    chats.send(budi, siti, "two", 20).await;
    chats.send(ani, siti, "three", 30).await;
    let last = chats.send(siti, budi, "four", 40).await;
    assert_eq!(chats.overview(siti).await, [(budi, "four".to_owned(), 2), (ani, "three".to_owned(), 1)]);
    assert_eq!(chats.overview(budi).await, [(siti, "four".to_owned(), 1)]);
    let first = &chats.conversations(siti).await[0];
    assert_eq!((first.id, first.last_message_id, first.last_message_at), (last.conversation_id, last.id, at(40)));
    assert_eq!((first.peer.level, first.peer.avatar.as_ref()), (1, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_read_stays_read() {
    let chats = Chats::new().await;
    let (siti, budi) = (chats.fixture.user().await, chats.fixture.user().await);
    let mut stored = Vec::new();
    for second in 0..5 {
        stored.push(chats.send(budi, siti, "hai", second).await);
    }
    let conversation = stored[0].conversation_id;
    for (up_to, unread) in [(1, 3), (0, 3), (3, 1), (4, 0), (2, 0)] {
        chats.store.mark_read(conversation, siti, stored[up_to].id).await.unwrap();
        assert_eq!(chats.conversations(siti).await[0].unread, unread, "up to {up_to}");
    }
    chats.send(budi, siti, "hai", 5).await;
    assert_eq!(chats.conversations(siti).await[0].unread, 1);
    // What one of the two read, the other did not.
    chats.send(siti, budi, "hai", 6).await;
    assert_eq!((chats.conversations(siti).await[0].unread, chats.conversations(budi).await[0].unread), (1, 1));
    chats.store.mark_read(ConversationId::new(4_242), siti, MessageId::new(1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unread_messages_are_counted_up_to_a_limit() {
    let chats = Chats::new().await;
    let (siti, budi) = (chats.fixture.user().await, chats.fixture.user().await);
    let conversation = chats.send(budi, siti, "hai", 0).await.conversation_id;
    let many = format!(
        "INSERT INTO private_messages (conversation_id, sender_id, content, is_hidden_from_recipient, created_at)
         SELECT {conversation}, {budi}, 'hai', false, '2026-11-23T10:00:00Z' FROM generate_series(1, 1500)"
    );
    chats.fixture.execute(&many).await;
    assert_eq!(chats.conversations(siti).await[0].unread, UNREAD_MAX);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_messages_have_no_gaps_and_no_repeats() {
    let chats = Chats::new().await;
    let (siti, budi) = (chats.fixture.user().await, chats.fixture.user().await);
    let mut all = Vec::new();
    for number in 0..12_i64 {
        // Long runs of one side, at instants that repeat and go back.
        let (sender, recipient) = if number / 4 == 1 { (siti, budi) } else { (budi, siti) };
        all.insert(0, chats.send(sender, recipient, "hai", 5 - number % 3).await);
    }
    let (conversation, all) = (all[0].conversation_id, all.iter().map(|one| one.id).collect::<Vec<_>>());
    for limit in [1, 2, 5, 11, 12, 13] {
        let (mut seen, mut request) = (Vec::new(), pages(limit));
        loop {
            let page = chats.page(conversation, siti, request).await.unwrap();
            seen.extend(page.items.iter().map(|message| message.id));
            request.after = page.next;
            if request.after.is_none() {
                break;
            }
            assert_eq!(page.items.len(), usize::try_from(limit).unwrap());
        }
        assert_eq!(seen, all, "pages of {limit}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_conversations_have_no_gaps_and_no_repeats() {
    let chats = Chats::new().await;
    let siti = chats.fixture.user().await;
    let mut all = Vec::new();
    for number in 0..7 {
        let peer = chats.fixture.user().await;
        chats.send(peer, siti, "hai", 7 - number).await;
        all.insert(0, peer);
    }
    for limit in [1, 3, 6, 7, 8] {
        let (mut seen, mut request) = (Vec::new(), pages(limit));
        loop {
            let page = chats.store.conversations(siti, request).await.unwrap();
            seen.extend(page.items.iter().map(|one| one.peer.id));
            request.after = page.next;
            if request.after.is_none() {
                break;
            }
        }
        assert_eq!(seen, all, "pages of {limit}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_whose_commit_was_answered_to_nobody_is_not_repeated() {
    let fixture = Fixture::new().await;
    for (cut, stored) in [(Cut::BeforeCommit, 0), (Cut::AfterCommit, 1)] {
        let (siti, budi) = (fixture.user().await, fixture.user().await);
        let proxy = Proxy::cutting(fixture.url(), cut, 1).await;
        let database = Database::connect(proxy.url(), PoolSettings { connections_max: 4 }).await.unwrap();
        let result = PgChatStore::new(database).deliver(&message(siti, budi, "hai", 0)).await;
        assert!(proxy.is_done());
        assert!(matches!(result, Err(StoreError::OutcomeUnknown(_))), "{cut:?}: {result:?}");
        let count = format!("SELECT COUNT(*) FROM private_messages WHERE sender_id = {siti}");
        assert_eq!(fixture.number(&count).await, stored, "{cut:?}");
    }
}
