DROP TABLE user_blocks;
ALTER TABLE conversation_members DROP CONSTRAINT conversation_members_last_message_id_fkey;
DROP TABLE private_messages;
DROP TABLE conversation_members;
DROP TABLE conversations;
