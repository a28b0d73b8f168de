-- People, where the bots can reach them, what they did. No product word in here.
CREATE SCHEMA accounts;

CREATE TABLE accounts.users (
  user_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  telegram_id     bigint NOT NULL UNIQUE,
  first_name      text NOT NULL DEFAULT '',
  username        text,
  language        text NOT NULL DEFAULT 'ru' CHECK (language IN ('ru', 'en')),
  language_chosen boolean NOT NULL DEFAULT false,  -- chosen by hand: Telegram's language_code no longer counts
  time_zone       text NOT NULL DEFAULT 'Europe/Moscow',  -- an IANA name, or a fixed offset such as GMT+05:30
  created_at      timestamptz NOT NULL,
  last_seen_at    timestamptz NOT NULL
);

-- A person and a bot that they have started: the only chats that a bot may write to.
CREATE TABLE accounts.bot_chats (
  user_id    bigint NOT NULL REFERENCES accounts.users (user_id) ON DELETE CASCADE,
  bot_id     bigint NOT NULL,
  started_at timestamptz NOT NULL,
  blocked_at timestamptz,
  PRIMARY KEY (user_id, bot_id)
);
CREATE INDEX bot_chats_by_bot ON accounts.bot_chats (bot_id) WHERE blocked_at IS NULL;

-- Who did what, when, from which screen. Never a text that a person wrote.
CREATE TABLE accounts.journal (
  entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id  bigint NOT NULL REFERENCES accounts.users (user_id) ON DELETE CASCADE,
  at       timestamptz NOT NULL,
  action   text NOT NULL,
  screen   text NOT NULL DEFAULT '',
  subject  text NOT NULL DEFAULT ''  -- an id or a slug
);
CREATE INDEX journal_of_user ON accounts.journal (user_id, at DESC);
CREATE INDEX journal_by_time ON accounts.journal USING brin (at);

-- What a bot has asked a person and waits to be typed: survives restarts.
CREATE TABLE accounts.dialogs (
  user_id bigint NOT NULL REFERENCES accounts.users (user_id) ON DELETE CASCADE,
  bot_id  bigint NOT NULL,
  state   text NOT NULL,
  at      timestamptz NOT NULL,
  PRIMARY KEY (user_id, bot_id)
);

-- That a deletion happened, and nothing about whom.
CREATE TABLE accounts.deletions (
  deletion_id uuid PRIMARY KEY,
  at          timestamptz NOT NULL
);

-- One-time codes of `tandem admin create`; the code itself is not kept.
CREATE TABLE accounts.operator_codes (
  code_hash  bytea PRIMARY KEY,
  expires_at timestamptz NOT NULL,
  used_at    timestamptz
);
-- Chats that a code has made the operator's: reports and alerts go there, through this bot.
CREATE TABLE accounts.operator_chats (
  bot_id     bigint NOT NULL,
  chat_id    bigint NOT NULL,
  user_id    bigint NOT NULL REFERENCES accounts.users (user_id) ON DELETE CASCADE,
  claimed_at timestamptz NOT NULL,
  PRIMARY KEY (bot_id, chat_id)
);
