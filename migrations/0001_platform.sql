-- What the platform keeps: no product word in it.
CREATE SCHEMA IF NOT EXISTS platform;

-- One row: what this installation is. A sandbox never becomes real, nor the other way round.
CREATE TABLE platform.installation (
  only_one        boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  mode            text NOT NULL CHECK (mode IN ('sandbox', 'real')),
  created_at      timestamptz NOT NULL DEFAULT now(),
  key_fingerprint text NOT NULL  -- of the master key that sealed the secrets in here
);

-- The Telegram bots that this installation serves; added and removed while it runs.
CREATE TABLE platform.bots (
  bot_id        bigint PRIMARY KEY,     -- Telegram's id of the bot
  role          text NOT NULL,          -- what it is for, 'hunt.main' say
  token_sealed  bytea NOT NULL,
  username      text NOT NULL DEFAULT '',
  title         text NOT NULL DEFAULT '',
  active        boolean NOT NULL DEFAULT true,
  added_at      timestamptz NOT NULL DEFAULT now(),
  update_offset bigint NOT NULL DEFAULT 0,  -- the next update to ask for: all before it have taken effect
  updates_seen  bigint[] NOT NULL DEFAULT '{}',  -- the last ones handled, newest last: a duplicate is skipped
  last_update_at bigint NOT NULL DEFAULT 0,      -- Unix seconds; Telegram may restart the numbers after a quiet week
  last_error    text
);
CREATE INDEX bots_by_role ON platform.bots (role);

-- The queue. A row lives from the publication to the acknowledgement, so the table stays small and turns over fast:
-- room on the pages for the claim's update (no index knows the lease), and a vacuum that does not wait for a share
-- of the table.
CREATE TABLE platform.messages (
  message_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lane         text NOT NULL,
  kind         text NOT NULL,
  key          text NOT NULL,           -- '': no order asked
  body         text NOT NULL,
  published_at timestamptz NOT NULL,
  due_at       timestamptz NOT NULL,    -- by the product's clock
  failures     integer NOT NULL DEFAULT 0,
  claims       integer NOT NULL DEFAULT 0,
  lease        bigint,                  -- the claim that holds it
  leased_until timestamptz              -- by the database's clock
) WITH (fillfactor = 70, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_scale_factor = 0,
        autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 5000,
        autovacuum_analyze_scale_factor = 0, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX messages_due ON platform.messages (lane, due_at, message_id);
CREATE INDEX messages_of_key ON platform.messages (lane, key, message_id) WHERE key <> '';

CREATE TABLE platform.dead_letters (
  message_id   bigint PRIMARY KEY,
  lane         text NOT NULL,
  kind         text NOT NULL,
  key          text NOT NULL,
  body         text NOT NULL,
  published_at timestamptz NOT NULL,
  failures     integer NOT NULL,
  error        text NOT NULL,
  died_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dead_letters_by_lane ON platform.dead_letters (lane, message_id);

-- Who leads. The epoch grows with every change of the holder; a leader's write checks its own.
CREATE TABLE platform.leases (
  name       text PRIMARY KEY,
  holder     text NOT NULL,
  epoch      bigint NOT NULL,
  held_until timestamptz NOT NULL       -- by the database's clock
);

-- Keys of caches that changed. Whoever has a cache reads what was written by transactions that its last look could
-- not see; rows older than an hour are removed.
CREATE TABLE platform.cache_invalidations (
  invalidation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key             text NOT NULL,
  written_by      xid8 NOT NULL DEFAULT pg_current_xact_id(),
  written_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX cache_invalidations_by_writer ON platform.cache_invalidations (written_by);

-- Periodic and background jobs: when each is due, and what became of its runs.
CREATE TABLE platform.jobs (
  name        text PRIMARY KEY,
  paused      boolean NOT NULL DEFAULT false,
  asked       boolean NOT NULL DEFAULT false,  -- run it as soon as possible, also when it is paused
  next_run_at timestamptz               -- null: runs only when asked to
);

CREATE TABLE platform.job_runs (
  run_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL,
  by_hand    boolean NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at   timestamptz,
  outcome    text NOT NULL DEFAULT 'running' CHECK (outcome IN ('running', 'succeeded', 'failed', 'lost')),
  error      text,
  log        text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX job_runs_by_name ON platform.job_runs (name, run_id DESC);

-- Errors of all rooms, grouped: one row per fingerprint.
CREATE TABLE platform.errors (
  fingerprint text PRIMARY KEY,
  room        text NOT NULL,
  message     text NOT NULL,
  context     text NOT NULL DEFAULT '',  -- of the last one
  count       bigint NOT NULL DEFAULT 1,
  first_at    timestamptz NOT NULL,
  last_at     timestamptz NOT NULL
);
CREATE INDEX errors_by_last ON platform.errors (last_at DESC);
