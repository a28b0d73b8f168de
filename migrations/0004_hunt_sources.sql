-- Hunt: sources of every kind, near repeats, retention, take-down.

ALTER TABLE hunt.sources DROP CONSTRAINT sources_kind_check;
ALTER TABLE hunt.sources ADD CONSTRAINT sources_kind_check
  CHECK (kind IN ('preview', 'export', 'bot', 'operator', 'feed'));
ALTER TABLE hunt.sources DROP CONSTRAINT sources_state_check;
-- pending: a chat that a bot was added to and that the operator has not confirmed; taken_down: for ever
ALTER TABLE hunt.sources ADD CONSTRAINT sources_state_check
  CHECK (state IN ('active', 'paused', 'no_preview', 'failing', 'pending', 'taken_down'));
ALTER TABLE hunt.sources
  ADD address       text NOT NULL DEFAULT '',         -- of a feed
  ADD chat_id       bigint UNIQUE,                    -- of a chat that a bot of ours is a member of
  ADD etag          text NOT NULL DEFAULT '',         -- of a feed's last answer: asked for changes only
  ADD last_modified text NOT NULL DEFAULT '',
  ADD silent_since  timestamptz,                      -- the operator was told that it is silent
  ADD taken_down_at timestamptz;

ALTER TABLE hunt.posts
  ADD origin    text NOT NULL DEFAULT '',             -- of the operator's posts: the channel that it was forwarded from
  ADD bands     bigint[] NOT NULL DEFAULT '{}',       -- of the sketch that finds near repeats; only of posts that pass
  ADD erased_at timestamptz;                          -- the text was erased: hash, fingerprint and ids stay
-- Looked up with each insert: what waits in a pending list would be scanned every time.
CREATE INDEX posts_by_band ON hunt.posts USING gin (bands) WITH (fastupdate = off) WHERE bands <> '{}';
CREATE INDEX posts_not_erased ON hunt.posts (seen_at) WHERE erased_at IS NULL;

-- What a source brought on a day, by its posts' own time (UTC).
CREATE TABLE hunt.source_days (
  source_id bigint NOT NULL REFERENCES hunt.sources (source_id),
  day       date NOT NULL,
  posts     integer NOT NULL,
  passed    integer NOT NULL,                         -- went to the judge
  vacancies integer NOT NULL,
  PRIMARY KEY (source_id, day)
);

-- Posts that the operator pasted or forwarded: the answer that says what became of them.
CREATE TABLE hunt.operator_posts (
  post_id    bigint PRIMARY KEY REFERENCES hunt.posts (post_id) ON DELETE CASCADE,
  bot_id     bigint NOT NULL,
  chat_id    bigint NOT NULL,
  message_id bigint NOT NULL,                         -- of our answer; 0: not sent yet
  shown      text NOT NULL DEFAULT ''                 -- which state it shows
);
