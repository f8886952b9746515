-- What two users write each other. A conversation is one row whoever wrote first.
CREATE TABLE conversations (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT conversations_pkey PRIMARY KEY,
  user_low bigint NOT NULL CONSTRAINT conversations_user_low_fkey REFERENCES users (id),
  user_high bigint NOT NULL CONSTRAINT conversations_user_high_fkey REFERENCES users (id),
  created_at timestamptz NOT NULL,
  CONSTRAINT conversations_pair_key UNIQUE (user_low, user_high),
  CONSTRAINT conversations_pair_in_order CHECK (user_low < user_high)
);
CREATE INDEX conversations_user_high_idx ON conversations (user_high);

-- How a conversation looks to one of its two. `last_message_id` NULL: he sees nothing of it. `last_read_id` is how far he
-- read.
CREATE TABLE conversation_members (
  conversation_id bigint NOT NULL
    CONSTRAINT conversation_members_conversation_id_fkey REFERENCES conversations (id),
  user_id bigint NOT NULL CONSTRAINT conversation_members_user_id_fkey REFERENCES users (id),
  last_message_id bigint,
  last_read_id bigint NOT NULL DEFAULT 0,
  CONSTRAINT conversation_members_pkey PRIMARY KEY (conversation_id, user_id),
  CONSTRAINT conversation_members_last_read_id_within_range CHECK (last_read_id BETWEEN 0 AND COALESCE(last_message_id, 0))
);
CREATE INDEX conversation_members_user_id_idx ON conversation_members (user_id, last_message_id);

-- A message that was hidden when it was sent stays hidden: its recipient had blocked its sender.
CREATE TABLE private_messages (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT private_messages_pkey PRIMARY KEY,
  conversation_id bigint NOT NULL,
  sender_id bigint NOT NULL,
  content text NOT NULL,
  is_hidden_from_recipient boolean NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT private_messages_sender_id_fkey FOREIGN KEY (conversation_id, sender_id)
    REFERENCES conversation_members (conversation_id, user_id),
  CONSTRAINT private_messages_content_within_range CHECK (char_length(content) BETWEEN 1 AND 500)
);
-- What somebody wrote, for himself and, without what is hidden, for the other.
CREATE INDEX private_messages_sender_id_idx ON private_messages (conversation_id, sender_id, id);
CREATE INDEX private_messages_shown_idx ON private_messages (conversation_id, sender_id, id)
  WHERE NOT is_hidden_from_recipient;

ALTER TABLE conversation_members
  ADD CONSTRAINT conversation_members_last_message_id_fkey FOREIGN KEY (last_message_id) REFERENCES private_messages (id);
CREATE INDEX conversation_members_last_message_id_idx ON conversation_members (last_message_id);

CREATE TABLE user_blocks (
  blocker_id bigint NOT NULL CONSTRAINT user_blocks_blocker_id_fkey REFERENCES users (id),
  blocked_id bigint NOT NULL CONSTRAINT user_blocks_blocked_id_fkey REFERENCES users (id),
  created_at timestamptz NOT NULL,
  CONSTRAINT user_blocks_pkey PRIMARY KEY (blocker_id, blocked_id),
  CONSTRAINT user_blocks_no_self_block CHECK (blocker_id <> blocked_id)
);
CREATE INDEX user_blocks_blocked_id_idx ON user_blocks (blocked_id);
