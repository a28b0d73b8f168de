-- Hunt: reading as each person wants it. Filters, quiet hours and lists, replies, cards that follow their vacancy.

-- Category 0: every category that has no row of its own. A row of a category replaces the one of 0 as a whole.
CREATE TABLE hunt.reader_filters (
  user_id         bigint NOT NULL REFERENCES hunt.readers (user_id) ON DELETE CASCADE,
  category_id     smallint NOT NULL,
  words           text[] NOT NULL DEFAULT '{}',     -- one of these has to be there; as typed
  minus_words     text[] NOT NULL DEFAULT '{}',     -- none of these may
  budget_from     bigint,                           -- minor units
  budget_currency text NOT NULL DEFAULT '',         -- ISO 4217
  without_budget  boolean NOT NULL DEFAULT true,    -- what names no sum, or none that can be compared, passes too
  quiet_from      smallint CHECK (quiet_from BETWEEN 0 AND 1439),  -- minute of the day in the person's zone
  quiet_to        smallint CHECK (quiet_to BETWEEN 0 AND 1439),
  quiet_as_list   boolean NOT NULL DEFAULT false,   -- what waited comes as one list instead of cards
  digest_at       smallint CHECK (digest_at BETWEEN 0 AND 1439),   -- once a day instead of at once
  PRIMARY KEY (user_id, category_id),
  CHECK ((quiet_from IS NULL) = (quiet_to IS NULL) AND quiet_from IS DISTINCT FROM coalesce(quiet_to, -1))
);
CREATE INDEX reader_filters_timed ON hunt.reader_filters (user_id) WHERE quiet_from IS NOT NULL OR digest_at IS NOT NULL;

-- The words of the filters by the one word that each has to be looked at for: a post is compared with those whose key it
-- has, however many readers there are.
CREATE TABLE hunt.filter_terms (
  user_id     bigint NOT NULL,
  category_id smallint NOT NULL,
  minus       boolean NOT NULL,
  place       smallint NOT NULL,
  key         text NOT NULL,
  alone       boolean NOT NULL,                     -- the key says it all
  term        text NOT NULL,
  PRIMARY KEY (user_id, category_id, minus, place),
  FOREIGN KEY (user_id, category_id) REFERENCES hunt.reader_filters ON DELETE CASCADE
);
CREATE INDEX filter_terms_by_key ON hunt.filter_terms (key);

-- What the respond button writes for a person; category 0: for all that have no text of their own.
CREATE TABLE hunt.reply_templates (
  user_id     bigint NOT NULL REFERENCES hunt.readers (user_id) ON DELETE CASCADE,
  category_id smallint NOT NULL,
  template    text NOT NULL,
  PRIMARY KEY (user_id, category_id)
);

CREATE TABLE hunt.replies (
  user_id    bigint NOT NULL REFERENCES hunt.readers (user_id) ON DELETE CASCADE,
  vacancy_id bigint NOT NULL REFERENCES hunt.vacancies (vacancy_id) ON DELETE CASCADE,
  replied_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, vacancy_id)
);

ALTER TABLE hunt.hidden_authors ADD hidden_id bigint GENERATED ALWAYS AS IDENTITY UNIQUE;
CREATE INDEX posts_by_author ON hunt.posts (author_key) WHERE author_key <> '';

-- One message with the titles of several vacancies.
CREATE TABLE hunt.lists (
  list_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id    bigint NOT NULL REFERENCES hunt.readers (user_id) ON DELETE CASCADE,
  bot_id     bigint NOT NULL,
  chat_id    bigint NOT NULL,
  state      text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'sent', 'refused')),
  attempts   smallint NOT NULL DEFAULT 0,
  made_at    timestamptz NOT NULL,
  due_at     timestamptz NOT NULL,
  message_id bigint,
  sent_at    timestamptz
);
CREATE INDEX lists_due ON hunt.lists (due_at) WHERE state = 'due';
CREATE INDEX lists_of_user ON hunt.lists (user_id);

-- gathered: waits for a list; listed: came in one
ALTER TABLE hunt.deliveries DROP CONSTRAINT deliveries_state_check;
ALTER TABLE hunt.deliveries ADD CONSTRAINT deliveries_state_check
  CHECK (state IN ('due', 'gathered', 'sent', 'listed', 'refused', 'withdrawn'));
ALTER TABLE hunt.deliveries
  ADD deferred        boolean NOT NULL DEFAULT false,  -- by the reader's own wish, or old: no measure of our speed
  ADD list_id         bigint REFERENCES hunt.lists (list_id) ON DELETE SET NULL,
  ADD shown           bigint,                          -- digest of what the message shows
  ADD passed_word     text,                            -- what of the reader's own filter let it pass
  ADD passed_budget   bigint,
  ADD passed_currency text;
CREATE INDEX deliveries_gathered ON hunt.deliveries (due_at) WHERE state = 'gathered';
CREATE INDEX deliveries_of_list ON hunt.deliveries (list_id) WHERE list_id IS NOT NULL;

ALTER TABLE hunt.vacancies
  ADD revision       integer NOT NULL DEFAULT 1,     -- +1 whenever its card may have changed
  ADD closed         boolean NOT NULL DEFAULT false, -- withdrawn because its author says that it is taken
  ADD withdrawn_with bigint;                         -- by the decision about this vacancy: what undoing it brings back

-- Vacancies whose sent cards have to be compared with what they are now.
CREATE TABLE hunt.card_updates (
  vacancy_id bigint PRIMARY KEY REFERENCES hunt.vacancies (vacancy_id) ON DELETE CASCADE,
  asked      bigint NOT NULL DEFAULT 1,              -- +1 with each change
  next_at    timestamptz NOT NULL DEFAULT '-infinity',
  since      timestamptz                             -- when this change was first looked at
);

-- Whoever changes a vacancy, its cards follow: edits of the post, another verdict, the operator.
CREATE FUNCTION hunt.vacancy_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.revision := OLD.revision + 1;
  INSERT INTO hunt.card_updates AS u (vacancy_id) VALUES (NEW.vacancy_id)
  ON CONFLICT (vacancy_id) DO UPDATE SET asked = u.asked + 1, next_at = '-infinity', since = NULL;
  RETURN NEW;
END $$;
CREATE TRIGGER vacancy_changed BEFORE UPDATE OF title, essence, budget, state, closed ON hunt.vacancies
  FOR EACH ROW EXECUTE FUNCTION hunt.vacancy_changed();

-- Until when a reader's filter holds a vacancy back at this moment: once a day at digest_at, else to the end of the quiet
-- hours; NULL: not at all. `minute`: of the day in the reader's zone.
CREATE FUNCTION hunt.held_until(at timestamptz, minute integer, quiet_from smallint, quiet_to smallint, digest_at smallint)
RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN digest_at IS NOT NULL
      THEN at + ((digest_at - minute + 1439) % 1440 + 1) * interval '1 minute'
             - extract(second FROM at AT TIME ZONE 'UTC') * interval '1 second'
    WHEN quiet_from < quiet_to AND minute >= quiet_from AND minute < quiet_to
      OR quiet_from > quiet_to AND (minute >= quiet_from OR minute < quiet_to)
      THEN at + ((quiet_to - minute + 1440) % 1440) * interval '1 minute'
             - extract(second FROM at AT TIME ZONE 'UTC') * interval '1 second'
  END
$$;
