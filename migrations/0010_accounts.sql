-- Whose bot it was that somebody did something in: who leaves one product takes its lines along. '': before there were two.
ALTER TABLE accounts.journal ADD COLUMN product text NOT NULL DEFAULT '';
-- Where a question stands, in the person's chat: a reply to another message is no answer to it. NULL: not known yet.
ALTER TABLE accounts.dialogs ADD COLUMN message_id bigint;
