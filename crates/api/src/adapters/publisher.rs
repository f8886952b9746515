//! Events, handed to whoever tells connected users.

use std::sync::{Arc, OnceLock};

use domain::event::{EventPublisher, LiveEvent};

/// A publisher that forwards to what is plugged into it. Before that nobody is connected, and events reach nobody.
#[derive(Default)]
pub(crate) struct LivePublisher(OnceLock<Arc<dyn EventPublisher>>);

impl LivePublisher {
    /// Plugs in who tells connected users, once and for all.
    #[cfg_attr(not(test), expect(dead_code, reason = "nobody is connected to this server yet"))]
    pub(crate) fn plug(&self, publisher: Arc<dyn EventPublisher>) {
        if self.0.set(publisher).is_err() {
            tracing::error!("events have a listener already");
        }
    }
}

impl EventPublisher for LivePublisher {
    fn publish(&self, event: LiveEvent) {
        if let Some(publisher) = self.0.get() {
            publisher.publish(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use chrono::DateTime;
    use domain::{
        chat::MessageText,
        id::{ConversationId, MessageId, UserId},
    };

    use super::*;

    #[derive(Default)]
    struct Listener(Mutex<Vec<LiveEvent>>);

    impl EventPublisher for Listener {
        fn publish(&self, event: LiveEvent) {
            self.0.lock().unwrap().push(event);
        }
    }

    fn event(id: i64) -> LiveEvent {
        LiveEvent::ChatReceived {
            to: UserId::new(1),
            from: UserId::new(2),
            sender_name: "Budi".to_owned(),
            text: MessageText::parse("hai").unwrap(),
            message_id: MessageId::new(id),
            conversation_id: ConversationId::new(1),
            at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn events_go_to_the_one_that_was_plugged_in_first() {
        let (publisher, listener, other) = (LivePublisher::default(), Arc::new(Listener::default()), Arc::default());
        publisher.publish(event(1));
        publisher.plug(listener.clone());
        publisher.plug(Arc::<Listener>::clone(&other));
        publisher.publish(event(2));
        assert_eq!(*listener.0.lock().unwrap(), [event(2)]);
        assert_eq!(*other.0.lock().unwrap(), []);
    }
}
