-- Hunt: the language model, what is read out of a post, and the local judge that learns.

-- What a vacancy says, in a form that can be compared. Nothing is guessed: null or '' is "it does not say".
ALTER TABLE hunt.vacancies
  ADD budget_min      bigint,                        -- minor units: kopecks, cents
  ADD budget_max      bigint,                        -- equal to budget_min when one sum is named
  ADD budget_currency text NOT NULL DEFAULT '',      -- ISO 4217; '' with a sum: no currency was written
  ADD budget_per      text NOT NULL DEFAULT '' CHECK (budget_per IN ('', 'project', 'hour', 'day', 'week', 'month', 'year', 'piece')),
  ADD deadline        text NOT NULL DEFAULT '',      -- as it was written, shortened
  ADD remote          boolean,
  ADD city            text NOT NULL DEFAULT '',
  ADD employment      text NOT NULL DEFAULT ''
    CHECK (employment IN ('', 'full', 'part', 'project', 'contract', 'internship', 'volunteer')),
  ADD engine          text NOT NULL DEFAULT '';      -- who judged last: "local 3f9a21", "model NAME p3"

-- What a verdict of the language model took. The same revision may be judged by several engines.
ALTER TABLE hunt.verdicts
  ADD tokens_in   integer NOT NULL DEFAULT 0,
  ADD tokens_out  integer NOT NULL DEFAULT 0,
  ADD cost_micros bigint  NOT NULL DEFAULT 0;        -- millionths of the currency that the prices are set in

-- Who says what a post is, and how much that counts when the local judge learns.
ALTER TABLE hunt.labels DROP CONSTRAINT labels_labelled_by_check;
ALTER TABLE hunt.labels ADD CONSTRAINT labels_labelled_by_check
  CHECK (labelled_by IN ('operator', 'reader', 'model'));

-- What the language model is asked: the whole file as it was added, see docs/operator.md.
CREATE TABLE hunt.prompts (
  version      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  body         text NOT NULL,
  state        text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'live', 'retired')),
  shipped      boolean NOT NULL DEFAULT false,       -- came with the program; replaced when the program's changes
  added_at     timestamptz NOT NULL,
  published_at timestamptz
);
CREATE UNIQUE INDEX prompts_live ON hunt.prompts ((true)) WHERE state = 'live';

-- What a prompt said of posts whose label is known: two prompts are compared over the posts that both were tried on.
CREATE TABLE hunt.prompt_trials (
  version     integer NOT NULL REFERENCES hunt.prompts (version) ON DELETE CASCADE,
  post_id     bigint NOT NULL REFERENCES hunt.posts (post_id) ON DELETE CASCADE,
  model       text NOT NULL,
  kind_right  boolean NOT NULL,
  right_whole boolean NOT NULL,                      -- kind and first category
  cost_micros bigint NOT NULL,
  tried_at    timestamptz NOT NULL,
  PRIMARY KEY (version, post_id, model)
);

-- What the model cost, by the operator's day. Money is set aside before a request and settled after it, so a
-- request that was cut off by a crash stays counted at its highest price.
CREATE TABLE hunt.model_spend (
  day         date PRIMARY KEY,
  requests    bigint NOT NULL DEFAULT 0,
  tokens_in   bigint NOT NULL DEFAULT 0,
  tokens_out  bigint NOT NULL DEFAULT 0,
  cost_micros bigint NOT NULL DEFAULT 0
);

-- One row: how the connection to the model stands, for doctor and the operator's chat.
CREATE TABLE hunt.model_state (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  state    text NOT NULL,                            -- works, slow, down, no_money, bad_key, cap
  since    timestamptz NOT NULL,
  detail   text NOT NULL DEFAULT '',
  told     text NOT NULL DEFAULT ''                  -- the state that the operator was told of
);

-- The local judge's own models: folders under the data folder. No live one: the judge that was shipped.
CREATE TABLE hunt.models (
  version          text PRIMARY KEY,                 -- the folder's name
  state            text NOT NULL CHECK (state IN ('candidate', 'live', 'retired', 'refused')),
  trained_at       timestamptz NOT NULL,
  learned_from     integer NOT NULL,                 -- labels of this installation
  evaluated_on     integer NOT NULL,                 -- posts kept out of training
  accuracy         float8 NOT NULL,
  accuracy_before  float8 NOT NULL,                  -- of the one that was live, on the same posts
  detail           text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX models_live ON hunt.models ((true)) WHERE state = 'live';
