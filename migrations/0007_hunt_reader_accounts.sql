-- Hunt: chats that only a member reads, through accounts of our own.

ALTER TABLE hunt.sources DROP CONSTRAINT sources_kind_check;
ALTER TABLE hunt.sources ADD CONSTRAINT sources_kind_check
  CHECK (kind IN ('preview', 'export', 'bot', 'operator', 'feed', 'account'));

-- Telegram accounts of the operator that read for us. Their sessions lie in the data folder.
CREATE TABLE hunt.reader_accounts (
  account_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name             text NOT NULL UNIQUE,            -- the operator's word for it
  state            text NOT NULL CHECK (state IN ('login', 'active', 'paused', 'limited', 'leaving', 'logged_out', 'banned')),
  sealed_key       bytea NOT NULL,                  -- encrypts the session's files
  user_id          bigint NOT NULL DEFAULT 0,       -- in Telegram
  shown            text NOT NULL DEFAULT '',        -- as Telegram shows it
  limited_until    timestamptz,
  joins_held_until timestamptz,                     -- asked to join nothing until then
  last_error       text NOT NULL DEFAULT '',
  added_at         timestamptz NOT NULL
);

-- What a source of the kind 'account' has beside the others.
CREATE TABLE hunt.account_sources (
  source_id   bigint PRIMARY KEY REFERENCES hunt.sources (source_id) ON DELETE CASCADE,
  sealed_link bytea,                                -- of a private chat: whoever has the link can join
  account_id  bigint REFERENCES hunt.reader_accounts (account_id)  -- reads it now
);

-- What an account is to a chat.
CREATE TABLE hunt.memberships (
  account_id bigint NOT NULL REFERENCES hunt.reader_accounts (account_id) ON DELETE CASCADE,
  source_id  bigint NOT NULL REFERENCES hunt.account_sources (source_id) ON DELETE CASCADE,
  chat_id    bigint NOT NULL DEFAULT 0,             -- found once, kept for ever: looking a name up is rationed
  state      text NOT NULL CHECK (state IN ('known', 'pending', 'joined', 'refused')),
  detail     text NOT NULL DEFAULT '',              -- of refused: why
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, source_id)
);

-- Every try to join, so that an account joins slowly, whatever is restarted.
CREATE TABLE hunt.join_tries (
  account_id bigint NOT NULL REFERENCES hunt.reader_accounts (account_id) ON DELETE CASCADE,
  tried_at   timestamptz NOT NULL
);
CREATE INDEX join_tries_of_account ON hunt.join_tries (account_id, tried_at);
