//! Who is blocked writes into the void, and does not notice.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_blocked_sender_writes_is_hidden_for_ever_and_he_does_not_see_it() {
    let chats = Chats::new().await;
    let (siti, budi) = (chats.fixture.user().await, chats.fixture.user().await);
    let conversation = chats.send(budi, siti, "before", 0).await.conversation_id;
    assert!(chats.store.block(siti, budi, at(1)).await.unwrap());
    assert!(chats.store.block(siti, budi, at(2)).await.unwrap(), "a second time");
    assert!(chats.send(budi, siti, "hidden", 3).await.is_hidden);
    let texts = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());

    assert_eq!(chats.texts(conversation, siti).await, texts(&["before"]));
    assert_eq!(chats.overview(siti).await, [(budi, "before".to_owned(), 1)]);
    assert_eq!(chats.texts(conversation, budi).await, texts(&["hidden", "before"]));
    assert_eq!(chats.overview(budi).await, [(siti, "hidden".to_owned(), 0)]);
    // The one who blocks may write all the same.
    assert!(!chats.send(siti, budi, "from siti", 4).await.is_hidden);
    assert_eq!(chats.overview(budi).await, [(siti, "from siti".to_owned(), 1)]);

    chats.store.unblock(siti, budi).await.unwrap();
    chats.store.unblock(siti, budi).await.unwrap();
    assert_eq!(chats.overview(siti).await, [(budi, "from siti".to_owned(), 1)]);
    assert!(!chats.send(budi, siti, "after", 5).await.is_hidden);
    assert_eq!(chats.texts(conversation, siti).await, texts(&["after", "from siti", "before"]));
    assert_eq!(chats.texts(conversation, budi).await, texts(&["after", "from siti", "hidden", "before"]));
    assert_eq!(chats.overview(siti).await, [(budi, "after".to_owned(), 2)]);
    let page = chats.page(conversation, siti, pages(2)).await.unwrap();
    let older = PageRequest { after: page.next, ..pages(2) };
    let older = chats.page(conversation, siti, older).await.unwrap();
    assert_eq!((older.items.len(), older.items[0].text.as_str(), older.next), (1, "before", None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_of_hidden_messages_alone_does_not_exist_for_its_recipient() {
    let chats = Chats::new().await;
    let (siti, budi) = (chats.fixture.user().await, chats.fixture.user().await);
    assert!(chats.store.block(siti, budi, at(0)).await.unwrap());
    assert_eq!((chats.overview(siti).await, chats.overview(budi).await), (vec![], vec![]));
    let conversation = chats.send(budi, siti, "hidden", 1).await.conversation_id;
    assert_eq!((chats.texts(conversation, siti).await, chats.overview(siti).await), (None, vec![]));
    assert_eq!(chats.texts(conversation, budi).await.unwrap(), ["hidden"]);
    // Only one direction is blocked.
    assert!(!chats.send(siti, budi, "hai", 2).await.is_hidden);
    assert_eq!(chats.texts(conversation, siti).await.unwrap(), ["hai"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_no_one_to_block() {
    let chats = Chats::new().await;
    let siti = chats.fixture.user().await;
    assert!(!chats.store.block(siti, UserId::new(1), at(0)).await.unwrap());
    assert_eq!((chats.fixture.count("user_blocks").await, chats.fixture.count("conversations").await), (0, 0));
    chats.store.unblock(siti, UserId::new(1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_message_passes_a_block_that_is_being_made() {
    let chats = Chats::new().await;
    let (siti, budi) = (chats.fixture.user().await, chats.fixture.user().await);
    let store = || PgChatStore::new(chats.fixture.database.clone());
    // The first message and the block race for a conversation that is not there yet.
    let holder = chats.fixture.client().await;
    let make = format!(
        "BEGIN; INSERT INTO conversations (user_low, user_high, created_at) VALUES ({siti}, {budi}, '2026-11-23T10:00:00Z')"
    );
    holder.batch_execute(&make).await.unwrap();
    let blocking = tokio::spawn({
        let store = store();
        async move { store.block(siti, budi, at(0)).await.unwrap() }
    });
    chats.fixture.until_waiting(1).await;
    let sending = tokio::spawn({
        let (store, message) = (store(), message(budi, siti, "hai", 1));
        async move { store.deliver(&message).await.unwrap().unwrap() }
    });
    chats.fixture.until_waiting(2).await;
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert!(blocking.await.unwrap());
    let first = sending.await.unwrap();
    // Whichever was first, what the recipient sees is what was stored before the block.
    assert_eq!(chats.overview(siti).await.is_empty(), first.is_hidden);
    assert!(chats.send(budi, siti, "hai", 2).await.is_hidden);
    // A block waits for a message that is being stored, and the next message for the block.
    chats.store.unblock(siti, budi).await.unwrap();
    let hold = format!("BEGIN; SELECT FROM conversations WHERE id = {} FOR NO KEY UPDATE", first.conversation_id);
    holder.batch_execute(&hold).await.unwrap();
    let blocking = tokio::spawn({
        let store = store();
        async move { store.block(siti, budi, at(3)).await.unwrap() }
    });
    chats.fixture.until_waiting(1).await;
    assert_eq!(chats.fixture.count("user_blocks").await, 0);
    holder.batch_execute("COMMIT").await.unwrap();
    assert!(blocking.await.unwrap());
}
