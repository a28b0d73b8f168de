-- Hunt: sources -> posts -> verdicts -> vacancies -> deliveries.
CREATE SCHEMA hunt;

CREATE TABLE hunt.categories (
  category_id smallint PRIMARY KEY,
  slug        text NOT NULL UNIQUE,   -- the title is in locales: category.<slug>
  emoji       text NOT NULL,
  position    smallint NOT NULL,
  active      boolean NOT NULL DEFAULT true
);
INSERT INTO hunt.categories (category_id, slug, emoji, position) VALUES
  (1, 'development', '💻', 1), (2, 'data', '📊', 2), (3, 'design', '🎨', 3), (4, 'illustration', '🖌', 4),
  (5, 'video', '🎬', 5), (6, 'copywriting', '✍️', 6), (7, 'translation', '🌍', 7), (8, 'smm', '📱', 8),
  (9, 'marketing', '📈', 9), (10, 'management', '🧭', 10), (11, 'assistant', '🗂', 11), (12, 'sales', '🤝', 12);

CREATE TABLE hunt.sources (
  source_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind            text NOT NULL CHECK (kind IN ('preview')),
  name            text NOT NULL,                    -- the channel's username
  title           text NOT NULL DEFAULT '',
  rules           text NOT NULL DEFAULT '',         -- src/hunt/rules
  state           text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'no_preview', 'failing')),
  last_message_id bigint NOT NULL DEFAULT 0,        -- everything up to here has been seen
  next_read_at    timestamptz NOT NULL,
  read_gap_ms     integer NOT NULL DEFAULT 1000,    -- adapts to how often the channel posts
  failures        integer NOT NULL DEFAULT 0,       -- in a row
  last_error      text NOT NULL DEFAULT '',
  last_read_at    timestamptz,
  last_post_at    timestamptz,
  added_at        timestamptz NOT NULL,
  changed_at      timestamptz NOT NULL DEFAULT now(),  -- by the operator: what a reader looks for
  UNIQUE (kind, name)
);
CREATE INDEX sources_changed ON hunt.sources (changed_at);

CREATE TABLE hunt.posts (
  post_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source_id    bigint NOT NULL REFERENCES hunt.sources (source_id),
  message_id   bigint NOT NULL,
  posted_at    timestamptz NOT NULL,
  seen_at      timestamptz NOT NULL,
  edited_at    timestamptz,                         -- when the edit was noticed
  revision     integer NOT NULL DEFAULT 1,          -- +1 with each noticed edit
  text         text NOT NULL,
  url          text NOT NULL,
  author_key   text NOT NULL DEFAULT '',            -- the same author over sources: contact, else signature
  contact_url  text NOT NULL DEFAULT '',            -- where to respond
  content_hash bytea NOT NULL,                      -- of the text as it stands: tells an edit
  fingerprint  bytea NOT NULL,                      -- of the normalised text: tells a repeat
  state        text NOT NULL CHECK (state IN ('dropped', 'repeat', 'waiting', 'judged')),
  reason       text NOT NULL DEFAULT '',            -- which rule passed or dropped it
  repeat_of    bigint REFERENCES hunt.posts (post_id),
  UNIQUE (source_id, message_id)
);
CREATE INDEX posts_by_fingerprint ON hunt.posts (fingerprint, posted_at);
CREATE INDEX posts_of_original ON hunt.posts (repeat_of) WHERE repeat_of IS NOT NULL;
CREATE INDEX posts_by_time ON hunt.posts USING brin (seen_at);

CREATE TABLE hunt.verdicts (
  post_id     bigint NOT NULL REFERENCES hunt.posts (post_id) ON DELETE CASCADE,
  revision    integer NOT NULL,
  at          timestamptz NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('vacancy', 'cv', 'none')),
  categories  text[] NOT NULL,                      -- slugs, the most confident first
  confidences float8[] NOT NULL,                    -- beside them, 0..1
  confidence  float8 NOT NULL,                      -- of the kind
  scam        boolean NOT NULL,
  engine      text NOT NULL,                        -- "local 3f9a21" or "operator"
  PRIMARY KEY (post_id, revision, engine)
);

CREATE TABLE hunt.vacancies (
  vacancy_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  post_id         bigint NOT NULL UNIQUE REFERENCES hunt.posts (post_id),
  title           text NOT NULL,
  essence         text NOT NULL,
  budget          text NOT NULL DEFAULT '',         -- as it was written, shortened
  state           text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'withdrawn')),
  withdrawn_by_edit boolean NOT NULL DEFAULT false, -- another edit may bring it back; what people withdrew stays so
  posted_at       timestamptz NOT NULL,             -- the stages of the way, see docs/operator.md
  seen_at         timestamptz NOT NULL,
  judged_at       timestamptz NOT NULL,
  handed_at       timestamptz,                      -- to the sender, the first of its readers
  first_reader_at timestamptz,
  last_reader_at  timestamptz
);
CREATE INDEX vacancies_by_time ON hunt.vacancies (judged_at);
CREATE INDEX vacancies_withdrawn ON hunt.vacancies (judged_at) WHERE state = 'withdrawn';

CREATE TABLE hunt.vacancy_categories (
  vacancy_id  bigint NOT NULL REFERENCES hunt.vacancies (vacancy_id) ON DELETE CASCADE,
  category_id smallint NOT NULL REFERENCES hunt.categories (category_id),
  confidence  float8 NOT NULL,
  PRIMARY KEY (vacancy_id, category_id)
);
CREATE INDEX vacancies_of_category ON hunt.vacancy_categories (category_id, vacancy_id);

-- The bots of a category; readers are shared out among the active ones. None: the main bot delivers.
CREATE TABLE hunt.category_bots (
  bot_id      bigint PRIMARY KEY,
  category_id smallint NOT NULL REFERENCES hunt.categories (category_id),
  active      boolean NOT NULL DEFAULT true,
  added_at    timestamptz NOT NULL,
  settled     boolean NOT NULL DEFAULT false        -- readers were shared out since it came or went
);

-- What delivery needs of a person, copied from accounts and billing and kept by their events.
CREATE TABLE hunt.readers (
  user_id          bigint PRIMARY KEY REFERENCES accounts.users (user_id) ON DELETE CASCADE,
  telegram_id      bigint NOT NULL,
  language         text NOT NULL,
  time_zone        text NOT NULL,
  paused           boolean NOT NULL DEFAULT false,
  trial_started_at timestamptz,
  right_until      timestamptz,                     -- rights are compared with this, never by a flag
  told_end         timestamptz,                     -- the right_until whose passing the person has been told
  turn             double precision NOT NULL DEFAULT random()  -- place in the rotating order of delivery
);

CREATE INDEX readers_by_end ON hunt.readers (right_until);

-- The bots that a reader has started: a copy of accounts.bot_chats, kept by its events.
CREATE TABLE hunt.reader_bots (
  user_id    bigint NOT NULL REFERENCES hunt.readers (user_id) ON DELETE CASCADE,
  bot_id     bigint NOT NULL,
  started_at timestamptz NOT NULL,
  blocked_at timestamptz,
  PRIMARY KEY (user_id, bot_id)
);

CREATE TABLE hunt.choices (
  user_id     bigint NOT NULL REFERENCES hunt.readers (user_id) ON DELETE CASCADE,
  category_id smallint NOT NULL REFERENCES hunt.categories (category_id),
  bot_id      bigint NOT NULL,                      -- who delivers: a category bot or the main bot
  moving_to   bigint,                               -- takes over once the person has started it
  chosen_at   timestamptz NOT NULL,
  reminded_at timestamptz,                          -- told once that the bot waits for its Start
  PRIMARY KEY (user_id, category_id)
);
CREATE INDEX choices_of_category ON hunt.choices (category_id, user_id);
CREATE INDEX choices_of_bot ON hunt.choices (bot_id);

-- One row per person and vacancy, whatever is killed (slot: 0, or the category where each category delivers).
CREATE TABLE hunt.deliveries (
  vacancy_id  bigint NOT NULL REFERENCES hunt.vacancies (vacancy_id) ON DELETE CASCADE,
  user_id     bigint NOT NULL REFERENCES hunt.readers (user_id) ON DELETE CASCADE,
  slot        smallint NOT NULL DEFAULT 0,
  category_id smallint NOT NULL,
  bot_id      bigint NOT NULL,
  chat_id     bigint NOT NULL,
  turn        double precision NOT NULL,
  state       text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'sent', 'refused', 'withdrawn')),
  attempts    smallint NOT NULL DEFAULT 0,
  due_at      timestamptz NOT NULL,
  message_id  bigint,
  sent_at     timestamptz,
  PRIMARY KEY (vacancy_id, user_id, slot)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.1);
CREATE INDEX deliveries_due ON hunt.deliveries (bot_id, due_at, turn) WHERE state = 'due';
CREATE INDEX deliveries_of_user ON hunt.deliveries (user_id, vacancy_id);

CREATE TABLE hunt.saved (
  user_id    bigint NOT NULL REFERENCES hunt.readers (user_id) ON DELETE CASCADE,
  vacancy_id bigint NOT NULL REFERENCES hunt.vacancies (vacancy_id) ON DELETE CASCADE,
  saved_at   timestamptz NOT NULL,
  PRIMARY KEY (user_id, vacancy_id)
);

CREATE TABLE hunt.hidden_authors (
  user_id    bigint NOT NULL REFERENCES hunt.readers (user_id) ON DELETE CASCADE,
  author_key text NOT NULL,
  hidden_at  timestamptz NOT NULL,
  PRIMARY KEY (user_id, author_key)
);

-- Banned by the operator: nothing of them is published.
CREATE TABLE hunt.banned_authors (
  author_key text PRIMARY KEY,
  banned_at  timestamptz NOT NULL
);

-- "Not relevant" and complaints; grouped per vacancy in the operator's chat.
CREATE TABLE hunt.reports (
  vacancy_id  bigint NOT NULL REFERENCES hunt.vacancies (vacancy_id) ON DELETE CASCADE,
  user_id     bigint NOT NULL REFERENCES hunt.readers (user_id) ON DELETE CASCADE,
  reason      text NOT NULL CHECK (reason IN ('not_vacancy', 'wrong_category', 'scam', 'closed')),
  category_id smallint NOT NULL,
  reported_at timestamptz NOT NULL,
  outcome     text CHECK (outcome IN ('right_category', 'not_vacancy', 'withdrawn', 'author_banned', 'recategorised')),
  resolved_at timestamptz,
  told_at     timestamptz,                          -- when the person was told the outcome
  PRIMARY KEY (vacancy_id, user_id)
);
CREATE INDEX reports_open ON hunt.reports (reported_at) WHERE resolved_at IS NULL;
CREATE INDEX reports_untold ON hunt.reports (resolved_at) WHERE told_at IS NULL;
-- The one message per vacancy in each operator's chat that is edited as reports come in.
CREATE TABLE hunt.report_cards (
  vacancy_id bigint NOT NULL REFERENCES hunt.vacancies (vacancy_id) ON DELETE CASCADE,
  bot_id     bigint NOT NULL,
  chat_id    bigint NOT NULL,
  message_id bigint NOT NULL,
  shown      text NOT NULL,                         -- which state of the reports it shows
  PRIMARY KEY (vacancy_id, bot_id, chat_id)
);

-- What people said a post is; the local model learns from these later.
CREATE TABLE hunt.labels (
  post_id    bigint NOT NULL REFERENCES hunt.posts (post_id) ON DELETE CASCADE,
  kind       text NOT NULL CHECK (kind IN ('vacancy', 'cv', 'none')),
  categories text[] NOT NULL,
  scam       boolean NOT NULL DEFAULT false,
  labelled_by text NOT NULL CHECK (labelled_by IN ('operator', 'reader')),
  labelled_at timestamptz NOT NULL,
  PRIMARY KEY (post_id, labelled_by)
);
