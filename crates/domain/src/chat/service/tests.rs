use mockall::predicate::eq;

use super::*;
use crate::{
    chat::{MockChatStore, Profile, StoredMessage},
    page::Limit,
    rate::Quota,
    testing::{FixedClock, RecordingPublisher},
};

const SITI: UserId = UserId::new(1);
const BUDI: UserId = UserId::new(2);
const CONVERSATION: ConversationId = ConversationId::new(7);
const PAGE: PageRequest = PageRequest { limit: Limit::MAX, after: None };
const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn text() -> MessageText {
    MessageText::parse("hai").unwrap()
}

fn service(store: MockChatStore) -> (ChatService, Arc<RecordingPublisher>) {
    let publisher = Arc::new(RecordingPublisher::default());
    let service = ChatService {
        store: Arc::new(store),
        publisher: publisher.clone(),
        clock: Arc::new(FixedClock::new(NOW)),
        rates: Quotas::new(Quota::per_second(1, 2)),
    };
    (service, publisher)
}

/// A store that takes a message of Siti to Budi, hidden or not.
fn delivering(is_hidden: bool) -> MockChatStore {
    let mut store = MockChatStore::new();
    let expected = NewMessage { sender: SITI, recipient: BUDI, text: text(), at: NOW };
    store.expect_deliver().with(eq(expected)).returning(move |_| {
        let sender_name = "Siti".to_owned();
        Ok(Some(StoredMessage { id: MessageId::new(9), conversation_id: CONVERSATION, sender_name, is_hidden }))
    });
    store
}

fn sent() -> SentMessage {
    let (id, conversation_id) = (MessageId::new(9), CONVERSATION);
    SentMessage { id, conversation_id, sender: SITI, text: text(), created_at: NOW }
}

#[tokio::test]
async fn the_recipient_is_told_once_of_a_message_that_is_stored() {
    let (service, publisher) = service(delivering(false));
    assert_eq!(service.send(SITI, BUDI, text()).await.unwrap(), sent());
    let told = LiveEvent::ChatReceived {
        to: BUDI,
        from: SITI,
        sender_name: "Siti".to_owned(),
        text: text(),
        message_id: MessageId::new(9),
        conversation_id: CONVERSATION,
        at: NOW,
    };
    assert_eq!(publisher.take(), [told]);
}

#[tokio::test]
async fn a_blocked_sender_is_answered_as_if_sent_and_nobody_is_told() {
    let (service, publisher) = service(delivering(true));
    assert_eq!(service.send(SITI, BUDI, text()).await.unwrap(), sent());
    assert_eq!(publisher.take(), []);
}

#[tokio::test]
async fn nobody_writes_to_himself_to_nobody_or_into_a_store_that_is_away() {
    let (service_of_none, publisher) = service(MockChatStore::new());
    assert!(matches!(service_of_none.send(SITI, SITI, text()).await, Err(SendMessageError::ToOneself)));
    assert_eq!(publisher.take(), []);

    let mut store = MockChatStore::new();
    store.expect_deliver().once().returning(|_| Ok(None));
    store.expect_deliver().once().returning(|_| Err(StoreError::Unavailable("away".into())));
    let (service, publisher) = service(store);
    assert!(matches!(service.send(SITI, BUDI, text()).await, Err(SendMessageError::UnknownRecipient)));
    assert!(matches!(service.send(SITI, BUDI, text()).await, Err(SendMessageError::Store(_))));
    assert_eq!(publisher.take(), []);
}

#[tokio::test]
async fn who_is_too_fast_does_not_reach_the_store() {
    let (service, publisher) = service(delivering(false));
    for _ in 0..2 {
        assert!(service.send(SITI, BUDI, text()).await.is_ok());
    }
    assert!(
        matches!(service.send(SITI, BUDI, text()).await, Err(SendMessageError::TooMany(wait)) if wait.seconds() == 1)
    );
    assert_eq!(publisher.take().len(), 2);
}

fn message(id: i64) -> Message {
    let sender = Profile { id: BUDI, name: "Budi".to_owned(), avatar: None, level: 1 };
    Message { id: MessageId::new(id), sender, text: "hai".to_owned(), created_at: NOW }
}

#[tokio::test]
async fn what_is_shown_is_read_up_to_the_newest() {
    let mut store = MockChatStore::new();
    store
        .expect_messages()
        .with(eq(CONVERSATION), eq(SITI), eq(PAGE))
        .returning(|_, _, _| Ok(Some(Page { items: vec![message(9), message(8)], next: None })));
    store.expect_mark_read().once().with(eq(CONVERSATION), eq(SITI), eq(MessageId::new(9))).returning(|_, _, _| Ok(()));
    let page = service(store).0.messages(CONVERSATION, SITI, PAGE).await.unwrap();
    assert_eq!(page.items, [message(9), message(8)]);
}

#[tokio::test]
async fn an_empty_page_and_a_strangers_conversation_mark_nothing() {
    let mut store = MockChatStore::new();
    store.expect_messages().once().returning(|_, _, _| Ok(Some(Page { items: vec![], next: None })));
    store.expect_messages().once().returning(|_, _, _| Ok(None));
    let (service, _) = service(store);
    assert_eq!(service.messages(CONVERSATION, SITI, PAGE).await.unwrap().items, []);
    assert!(matches!(service.messages(CONVERSATION, SITI, PAGE).await, Err(ChatError::NotAMember)));
}

#[tokio::test]
async fn one_blocks_others_who_exist() {
    let mut store = MockChatStore::new();
    store.expect_block().once().with(eq(SITI), eq(BUDI), eq(NOW)).returning(|_, _, _| Ok(true));
    store.expect_block().once().returning(|_, _, _| Ok(false));
    let (service, _) = service(store);
    assert!(service.block(SITI, BUDI).await.is_ok());
    assert!(matches!(service.block(SITI, UserId::new(3)).await, Err(BlockError::UnknownUser)));
    assert!(matches!(service.block(SITI, SITI).await, Err(BlockError::Oneself)));
}
