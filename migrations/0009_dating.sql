-- Dating: people, photos, ratings, decks, likes, matches, talks, safety.
CREATE SCHEMA dating;

-- One row per person from the moment of consent on; nothing of Dating is kept of anybody before.
CREATE TABLE dating.profiles (
  user_id         bigint PRIMARY KEY REFERENCES accounts.users (user_id) ON DELETE CASCADE,
  -- draft: registration under way; hidden: by the person; stale: by the clean-up of those who were silent
  state           text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'active', 'hidden', 'stale', 'banned')),
  step            text NOT NULL DEFAULT '',            -- what registration asks next; '' once it is complete
  consent_version integer NOT NULL,
  consented_at    timestamptz NOT NULL,
  name            text NOT NULL DEFAULT '',
  born_on         date,
  sex             text CHECK (sex IN ('female', 'male')),
  seeks           text CHECK (seeks IN ('female', 'male', 'anyone')),
  latitude        real,                                -- rounded to 0.01 degrees before it is stored
  longitude       real,
  place_id        bigint NOT NULL DEFAULT 0,           -- of the gazetteer; the nearest town of a shared location
  about           text NOT NULL DEFAULT '',
  interests       text[] NOT NULL DEFAULT '{}',        -- slugs of the list; own words as '+words'
  age_from        smallint NOT NULL DEFAULT 18,
  age_to          smallint NOT NULL DEFAULT 99,
  radius_km       smallint NOT NULL DEFAULT 50,
  own_city        boolean NOT NULL DEFAULT false,      -- the own town only, however near others are
  trust           smallint NOT NULL DEFAULT 0,         -- 0 new, 1 photos once approved, 2 long here without a word against them
  shadow          boolean NOT NULL DEFAULT false,      -- a shadow ban: shown to nobody, told of nothing
  ban_reason      text NOT NULL DEFAULT '',
  rested_as       text NOT NULL DEFAULT '',            -- hidden or stale, if that was the state before the ban or the hold
  created_at      timestamptz NOT NULL,
  active_at       timestamptz NOT NULL,                -- the last press or message, to the hour
  asked_stale_at  timestamptz,
  won_back_at     timestamptz,                         -- the one win-back notice
  has_photo       boolean NOT NULL DEFAULT false,      -- at least one that others may see; kept by a trigger
  CHECK ((latitude IS NULL) = (longitude IS NULL)),
  CHECK (age_from BETWEEN 18 AND 99 AND age_to BETWEEN age_from AND 99 AND radius_km BETWEEN 1 AND 500)
);
-- Whom a deck may show.
CREATE INDEX profiles_shown ON dating.profiles (sex, latitude, longitude)
  WHERE state = 'active' AND NOT shadow;
CREATE INDEX profiles_by_town ON dating.profiles (place_id, sex) WHERE state = 'active' AND NOT shadow;
CREATE INDEX profiles_by_activity ON dating.profiles (active_at) WHERE state = 'active';

-- Younger than 18: asked again on the day that the person named at the earliest. No name, no date of birth; a keyed hash
-- of their Telegram id, so that the day outlives the account.
CREATE TABLE dating.underage (
  person text PRIMARY KEY,
  until  date NOT NULL
);

CREATE TABLE dating.photos (
  photo_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id    bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  position   smallint NOT NULL,                        -- 1..6, the order of showing
  state      text NOT NULL CHECK (state IN ('waiting', 'shown', 'refused', 'hidden')),
  blob_id    text NOT NULL,
  thumb_id   text NOT NULL,
  shape      bigint NOT NULL,                          -- perceptual hash, 64 bits
  width      smallint NOT NULL,
  height     smallint NOT NULL,
  unique_id  text NOT NULL DEFAULT '',                 -- Telegram's file_unique_id: the same photo twice is one
  suspicious boolean NOT NULL DEFAULT false,           -- looks like a photo of somebody banned
  sent_at    timestamptz NOT NULL,
  decided_at timestamptz,
  decided_by bigint,                                   -- operator's user id; NULL: by trust or by a setting
  reason     text NOT NULL DEFAULT '',                 -- of a refused one
  UNIQUE (user_id, position) DEFERRABLE INITIALLY IMMEDIATE
);
CREATE INDEX photos_waiting ON dating.photos (sent_at) WHERE state = 'waiting';
CREATE INDEX photos_by_blob ON dating.photos (blob_id);
CREATE INDEX photos_by_thumb ON dating.photos (thumb_id);

CREATE TABLE dating.photo_files (                      -- file_id is another one for every bot
  photo_id bigint NOT NULL REFERENCES dating.photos (photo_id) ON DELETE CASCADE,
  bot_id   bigint NOT NULL,
  file_id  text NOT NULL,
  PRIMARY KEY (photo_id, bot_id)
);
CREATE TABLE dating.pair_files (                       -- the picture of a match: two first photos side by side
  left_id  bigint NOT NULL REFERENCES dating.photos (photo_id) ON DELETE CASCADE,
  right_id bigint NOT NULL REFERENCES dating.photos (photo_id) ON DELETE CASCADE,
  bot_id   bigint NOT NULL,
  file_id  text NOT NULL,
  PRIMARY KEY (left_id, right_id, bot_id)
);
CREATE INDEX pair_files_of_right ON dating.pair_files (right_id);
-- Received by a bot, and not yet fetched and prepared.
CREATE TABLE dating.photo_inbox (
  inbox_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id   bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  bot_id    bigint NOT NULL,
  chat_id   bigint NOT NULL,
  file_id   text NOT NULL,
  unique_id text NOT NULL,
  tries     smallint NOT NULL DEFAULT 0,               -- that Telegram, or a kill, has made fail
  waits     smallint NOT NULL DEFAULT 0,               -- tries that we ourselves have made fail
  next_at   timestamptz NOT NULL,
  blob_id   text,                                      -- what is being stored for it: named before it is put
  thumb_id  text,
  UNIQUE (user_id, unique_id)
);
CREATE INDEX photo_inbox_due ON dating.photo_inbox (next_at);
-- The card of the moderation queue in each of the operator's chats.
CREATE TABLE dating.photo_desks (
  bot_id     bigint NOT NULL,
  chat_id    bigint NOT NULL,
  message_id bigint NOT NULL,
  photo_id   bigint NOT NULL,                          -- 0: the queue was empty
  last_decided bigint NOT NULL DEFAULT 0,              -- what its undo button takes back
  digest     text NOT NULL,
  PRIMARY KEY (bot_id, chat_id)
);
CREATE TABLE dating.banned_shapes (shape bigint PRIMARY KEY, banned_at timestamptz NOT NULL);
-- Photos that were refused or hidden, and removed by the person: sent again, they go to the operator again.
CREATE TABLE dating.refused_shapes (
  user_id bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  shape   bigint NOT NULL,
  PRIMARY KEY (user_id, shape)
);

-- However a photo's row goes, its files follow.
CREATE TABLE dating.dead_blobs (
  blob_id        text PRIMARY KEY,
  removing_until timestamptz                           -- somebody is removing it: until then nobody names it
);
CREATE FUNCTION dating.bury_blobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO dating.dead_blobs (blob_id) VALUES (OLD.blob_id), (OLD.thumb_id) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER bury_blobs AFTER DELETE ON dating.photos FOR EACH ROW EXECUTE FUNCTION dating.bury_blobs();
-- And what was stored for a photo that has come to nothing.
CREATE FUNCTION dating.bury_received() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO dating.dead_blobs (blob_id)
  SELECT id FROM unnest(ARRAY[OLD.blob_id, OLD.thumb_id]) AS id
  WHERE NOT EXISTS (SELECT FROM dating.photos WHERE blob_id = id)
    AND NOT EXISTS (SELECT FROM dating.photos WHERE thumb_id = id)
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER bury_received AFTER DELETE ON dating.photo_inbox
  FOR EACH ROW WHEN (OLD.blob_id IS NOT NULL) EXECUTE FUNCTION dating.bury_received();
CREATE FUNCTION dating.blob_in_use(id text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM dating.photos WHERE blob_id = id) OR EXISTS (SELECT FROM dating.photos WHERE thumb_id = id)
      OR EXISTS (SELECT FROM dating.photo_inbox WHERE id IN (blob_id, thumb_id))
$$;

CREATE FUNCTION dating.know_photos() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE who bigint := coalesce(NEW.user_id, OLD.user_id);
BEGIN
  UPDATE dating.profiles p SET has_photo = have.some
    FROM (SELECT EXISTS (SELECT 1 FROM dating.photos WHERE user_id = who AND state = 'shown') AS some) have
    WHERE p.user_id = who AND p.has_photo <> have.some;
  RETURN NULL;
END $$;
CREATE TRIGGER know_photos AFTER INSERT OR DELETE OR UPDATE OF state ON dating.photos
  FOR EACH ROW EXECUTE FUNCTION dating.know_photos();

-- What one said of another. An undo deletes the row.
CREATE TABLE dating.judgements (
  viewer_id    bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  candidate_id bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  liked        boolean NOT NULL,
  letter       bytea,                                  -- of a like with a message, sealed; erased after 7 days
  judged_at    timestamptz NOT NULL,
  PRIMARY KEY (viewer_id, candidate_id)
);
CREATE INDEX judgements_liked ON dating.judgements (candidate_id, liked, judged_at) INCLUDE (viewer_id);
CREATE INDEX judgements_letters ON dating.judgements (judged_at) WHERE letter IS NOT NULL;
CREATE INDEX judgements_latest ON dating.judgements (viewer_id, judged_at DESC);

-- What was used up on a day (UTC); what is limited by the operator, and the cap of showings.
CREATE TABLE dating.days (
  user_id  bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  day      date NOT NULL,
  likes    integer NOT NULL DEFAULT 0,
  letters  integer NOT NULL DEFAULT 0,
  undos    integer NOT NULL DEFAULT 0,
  messages integer NOT NULL DEFAULT 0,
  shown    integer NOT NULL DEFAULT 0,                 -- to others
  liked_by integer NOT NULL DEFAULT 0,
  matched  integer NOT NULL DEFAULT 0,
  PRIMARY KEY (user_id, day)
);
CREATE INDEX days_by_day ON dating.days (day);

CREATE TABLE dating.matches (
  match_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  low_id     bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  high_id    bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  -- opened: one has written; answered: the other, too; silent: nobody for days, nudged once
  state      text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'opened', 'answered', 'silent', 'closed')),
  matched_at timestamptz NOT NULL,
  opened_by  bigint,
  opened_at  timestamptz,
  answered_at timestamptz,
  last_at    timestamptz NOT NULL,                     -- matched, or the last message
  nudged_at  timestamptz,
  closed_by  bigint,
  closed_at  timestamptz,
  low_contact  boolean NOT NULL DEFAULT false,         -- has agreed to share the contact
  high_contact boolean NOT NULL DEFAULT false,
  UNIQUE (low_id, high_id),
  CHECK (low_id < high_id)
);
CREATE INDEX matches_of_high ON dating.matches (high_id, last_at);
CREATE INDEX matches_of_low ON dating.matches (low_id, last_at);
CREATE INDEX matches_to_nudge ON dating.matches (last_at) WHERE state IN ('new', 'opened', 'answered');

-- A match from each of its two sides.
CREATE VIEW dating.sides AS
  SELECT match_id, low_id AS user_id, high_id AS other_id, state, opened_by, opened_at, last_at, closed_by,
         low_contact AS mine, high_contact AS theirs FROM dating.matches
  UNION ALL
  SELECT match_id, high_id, low_id, state, opened_by, opened_at, last_at, closed_by, high_contact, low_contact
  FROM dating.matches;

-- What a person is to be told: written in the transaction that makes it true, sent by the bots' process, marked then.
CREATE TABLE dating.notices (
  notice_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id    bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  kind       text NOT NULL,                            -- match, liked, photo_shown, photo_refused, warned, nudge, stale …
  about_id   bigint NOT NULL DEFAULT 0,                -- a person, match or photo, as the kind says
  made_at    timestamptz NOT NULL,
  tries      smallint NOT NULL DEFAULT 0,
  next_at    timestamptz NOT NULL
);
CREATE INDEX notices_due ON dating.notices (next_at);
CREATE INDEX notices_of ON dating.notices (user_id, kind);

-- Whom the person writes to at this moment; pinned: the message that says so.
CREATE TABLE dating.talks (
  user_id  bigint PRIMARY KEY REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  match_id bigint NOT NULL REFERENCES dating.matches (match_id) ON DELETE CASCADE,
  bot_id   bigint NOT NULL,
  pinned   bigint,                                     -- NULL: its line is to be sent
  tries    smallint NOT NULL DEFAULT 0,
  next_at  timestamptz NOT NULL DEFAULT '-infinity'    -- of the line, when it was refused
);
CREATE INDEX talks_to_pin ON dating.talks (user_id) WHERE pinned IS NULL;
CREATE TABLE dating.messages (
  bot_id       bigint NOT NULL,
  from_id      bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  from_message bigint NOT NULL,                        -- in the sender's chat with the bot
  match_id     bigint NOT NULL REFERENCES dating.matches (match_id) ON DELETE CASCADE,
  to_message   bigint,                                 -- in the other's chat; NULL: on its way
  reply_to     bigint,                                 -- what it replies to, in the sender's chat
  -- held: a location that the sender has not confirmed yet
  state        text NOT NULL DEFAULT 'due' CHECK (state IN ('held', 'due', 'sent', 'refused', 'deleted')),
  edit_due     boolean NOT NULL DEFAULT false,         -- the other's copy shows an older text
  tries        smallint NOT NULL DEFAULT 0,
  next_at      timestamptz NOT NULL,                   -- of what is due
  content      bytea,                                  -- sealed; erased after 7 days
  sent_at      timestamptz NOT NULL,
  PRIMARY KEY (bot_id, from_id, from_message)
);
CREATE INDEX messages_of_match ON dating.messages (match_id, sent_at);
CREATE INDEX messages_due ON dating.messages (next_at) WHERE state = 'due' OR edit_due;
CREATE INDEX messages_of_lane ON dating.messages (match_id, from_id, from_message) WHERE state = 'due' OR edit_due;
CREATE INDEX messages_by_copy ON dating.messages (bot_id, to_message) WHERE to_message IS NOT NULL;
CREATE INDEX messages_with_content ON dating.messages (sent_at) WHERE content IS NOT NULL;
-- Messages of the bots that are to go away: deleted for both, of somebody erased, lines that are pinned no more. No
-- reference to a person: it outlives them.
CREATE TABLE dating.removals (
  bot_id     bigint NOT NULL,
  chat_id    bigint NOT NULL,
  message_id bigint NOT NULL,
  kind       text NOT NULL DEFAULT '',                 -- what it is, where its content has to become unreadable
  language   text NOT NULL DEFAULT 'ru',
  tries      smallint NOT NULL DEFAULT 0,
  next_at    timestamptz NOT NULL,
  PRIMARY KEY (bot_id, chat_id, message_id)
);
CREATE INDEX removals_due ON dating.removals (next_at);
-- Messages of the bots that show somebody, and stay: news of a match, what lies in the operator's chats. They go when that
-- person goes.
CREATE TABLE dating.appearances (
  chat_id    bigint NOT NULL,
  message_id bigint NOT NULL,
  bot_id     bigint NOT NULL,
  about_id   bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  language   text NOT NULL,                            -- of who reads it
  sent_at    timestamptz NOT NULL,
  PRIMARY KEY (chat_id, message_id, bot_id)
);
CREATE INDEX appearances_of ON dating.appearances (about_id);

-- Safety.
CREATE TABLE dating.blocks (
  by_id    bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  about_id bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  at       timestamptz NOT NULL,
  PRIMARY KEY (by_id, about_id)
);
CREATE INDEX blocks_of ON dating.blocks (about_id);
CREATE TABLE dating.complaints (
  complaint_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  by_id      bigint REFERENCES dating.profiles (user_id) ON DELETE SET NULL,
  about_id   bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  match_id   bigint REFERENCES dating.matches (match_id) ON DELETE SET NULL,  -- made in a talk: by_id opens its content
  reason     text NOT NULL CHECK (reason IN ('minor', 'scam', 'spam', 'insult', 'nudity', 'fake', 'other', 'rule')),
  rule       text NOT NULL DEFAULT '',                 -- the sign that a rule has found, of reason 'rule'
  weight     real NOT NULL,                            -- of the reporter, 0..1
  priority   real NOT NULL,
  state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'upheld', 'dismissed')),
  made_at    timestamptz NOT NULL,
  decided_at timestamptz,
  decided_by bigint
);
CREATE INDEX complaints_open ON dating.complaints (priority DESC, made_at) WHERE state = 'open';
CREATE INDEX complaints_about ON dating.complaints (about_id, made_at);
CREATE INDEX complaints_by ON dating.complaints (by_id);
CREATE UNIQUE INDEX complaints_once ON dating.complaints (by_id, about_id) WHERE state = 'open';
-- Every action of an operator or a rule against a person, with its undoing.
CREATE TABLE dating.actions (
  action_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id      bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  action       text NOT NULL CHECK (action IN ('warn', 'hide_photo', 'shadow', 'ban', 'hide', 'dismiss', 'read_talk')),
  by_id        bigint,                                 -- NULL: a rule
  complaint_id bigint REFERENCES dating.complaints (complaint_id) ON DELETE SET NULL,
  subject      text NOT NULL DEFAULT '',               -- photo id, rule's name; of hide: the day of their 18th birthday,
                                                       -- if a member named it
  at           timestamptz NOT NULL,
  undone_at    timestamptz,
  undone_by    bigint
);
CREATE INDEX actions_of ON dating.actions (user_id, at);
-- Messages that show what is complained about in the operator's chats.
CREATE TABLE dating.complaint_cards (
  bot_id     bigint NOT NULL,
  chat_id    bigint NOT NULL,
  about_id   bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  message_id bigint NOT NULL,
  shown      text NOT NULL,                            -- digest of what it shows
  PRIMARY KEY (bot_id, chat_id, about_id)
);
-- Identical openers: a keyed hash of the folded text.
CREATE TABLE dating.openers (
  from_id  bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  hash     bigint NOT NULL,
  match_id bigint NOT NULL,
  at       timestamptz NOT NULL,
  PRIMARY KEY (from_id, hash, match_id)
);
CREATE INDEX openers_by_age ON dating.openers (at);

-- Ratings: the parts and the result, and what they were (90 days).
CREATE TABLE dating.ratings (
  user_id        bigint PRIMARY KEY REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  received_good  real NOT NULL DEFAULT 0,              -- tallies of docs/rating.md
  received_count real NOT NULL DEFAULT 0,
  received_at    timestamptz,
  given_good     real NOT NULL DEFAULT 0,
  given_count    real NOT NULL DEFAULT 0,
  given_at       timestamptz,
  matched        real NOT NULL DEFAULT 0,
  talked         real NOT NULL DEFAULT 0,              -- matches in which somebody wrote
  level1         real NOT NULL DEFAULT 0,              -- log-odds
  level2         real NOT NULL DEFAULT 0.42,           -- likes per showing, smoothed
  level3         real NOT NULL DEFAULT 0.285,          -- what the deck's shortlist is ordered by: both rates, outcomes,
                                                       -- and the benefit of the doubt, so by it alone
  version        integer NOT NULL DEFAULT 0,           -- of the coefficients
  rated_at       timestamptz NOT NULL,
  dirty          boolean NOT NULL DEFAULT false,       -- something has changed since rated_at
  past           smallint[] NOT NULL DEFAULT '{}'      -- rating_history
) WITH (fillfactor = 50);                              -- re-rating everybody finds room beside each row
CREATE INDEX ratings_dirty ON dating.ratings (user_id) WHERE dirty;
-- What the rating was, day by day. Five numbers a day in the row itself: a table of its own would be a hundred times as
-- large, and cost more to write than the ratings.
CREATE VIEW dating.rating_history AS
  SELECT r.user_id, (date '2020-01-01' + r.past[i]::integer)::timestamp AT TIME ZONE 'UTC' AS at,
         r.past[i + 1] / 1000.0 AS level1, r.past[i + 2] / 10000.0 AS level2, r.past[i + 3] / 10000.0 AS level3,
         r.past[i + 4] AS version
  FROM dating.ratings r, generate_series(1, cardinality(r.past), 5) AS i;
CREATE FUNCTION dating.without_old(past smallint[], oldest integer) RETURNS smallint[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT past[5 * (SELECT count(*) FROM generate_series(1, cardinality(past), 5) AS i WHERE past[i] < oldest)::integer + 1:] $$;
-- The last value of a day stays. Days count from 2020; the levels are in millionths.
CREATE FUNCTION dating.remember(past smallint[], today integer, oldest integer, level1 integer, level2 integer,
                                level3 integer, version integer)
  RETURNS smallint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN past[cardinality(past) - 4] = today THEN past[:cardinality(past) - 5]
              WHEN past[1] < oldest THEN dating.without_old(past, oldest) ELSE past END
         || ARRAY[today, level1 / 1000, level2 / 100, least(level3 / 100, 32000), version]::smallint[] $$;
-- A sample of showings as they were known at their moment: what the coefficients are fitted to.
CREATE TABLE dating.rating_evidence (
  viewer_id    bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  candidate_id bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  at           timestamptz NOT NULL,
  good         real NOT NULL,                          -- the candidate's received tally before it
  count        real NOT NULL,
  liked        boolean NOT NULL,
  PRIMARY KEY (viewer_id, candidate_id)
);
CREATE INDEX rating_evidence_of ON dating.rating_evidence (candidate_id);
CREATE INDEX rating_evidence_age ON dating.rating_evidence (at);
CREATE TABLE dating.coefficients (
  version integer PRIMARY KEY CHECK (version > 0),     -- 0 are the defaults of the program
  made_at timestamptz NOT NULL,
  body    jsonb NOT NULL,                              -- coefficients and the weights of level 1
  why     text NOT NULL DEFAULT '',
  in_use  boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX coefficients_in_use ON dating.coefficients (in_use) WHERE in_use;
CREATE TABLE dating.rating_state (
  one     boolean PRIMARY KEY DEFAULT true CHECK (one),
  held    boolean NOT NULL DEFAULT false,              -- a version chosen by hand: the nightly refit leaves it
  applied integer NOT NULL DEFAULT 0                   -- the version with which everybody was rated last
);
INSERT INTO dating.rating_state DEFAULT VALUES;
-- What is left of the weight of something since then.
CREATE FUNCTION dating.kept(since timestamptz, until timestamptz, half_life_s double precision)
  RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(power(0.5, greatest(0, date_part('epoch', until - since)) / half_life_s), 1) $$;

-- Great-circle distance in kilometres, as places::kilometres() has it.
CREATE FUNCTION dating.km(latitude_a double precision, longitude_a double precision,
                          latitude_b double precision, longitude_b double precision)
  RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT 2 * 6371 * asin(least(1, sqrt(
    power(sin(radians(latitude_b - latitude_a) / 2), 2) +
    cos(radians(latitude_a)) * cos(radians(latitude_b)) * power(sin(radians(longitude_b - longitude_a) / 2), 2)))) $$;
-- A radius at a stage of widening, and by how many years the viewer's ages are widened: dating::widened().
CREATE FUNCTION dating.radius_at(asked integer, stage integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN stage >= 4 THEN 500 ELSE least(500, asked << greatest(stage, 0)) END $$;
CREATE FUNCTION dating.years_at(stage integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN stage >= 6 THEN 5 WHEN stage = 5 THEN 2 ELSE 0 END $$;
-- Whether `born` is between two ages on a day, both included.
CREATE FUNCTION dating.of_age(born date, youngest integer, oldest integer, today date)
  RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT born <= today - make_interval(years => youngest) AND born > today - make_interval(years => oldest + 1) $$;
-- May `c` be shown to `v`: the hard filters of both sides but for blocks and judgements. A shadow ban of the viewer
-- changes nothing here.
CREATE FUNCTION dating.fits(v dating.profiles, c dating.profiles, today date, stage integer)
  RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT c.state = 'active' AND NOT c.shadow AND c.user_id <> v.user_id
    AND v.seeks IN (c.sex, 'anyone') AND c.seeks IN (v.sex, 'anyone')
    AND dating.of_age(c.born_on, greatest(18, v.age_from - dating.years_at(stage)), v.age_to + dating.years_at(stage), today)
    AND dating.of_age(v.born_on, c.age_from, c.age_to, today)
    AND ((v.place_id <> 0 AND c.place_id = v.place_id)
         OR (NOT c.own_city AND NOT (v.own_city AND stage = 0)
             AND dating.km(v.latitude, v.longitude, c.latitude, c.longitude)
                 <= least(dating.radius_at(v.radius_km, CASE WHEN stage >= 4 THEN 4 ELSE stage - v.own_city::integer END),
                          dating.radius_at(c.radius_km, stage)))) $$;

-- Decks that are ready: written by the role matching, or by an indexed query where there is none.
CREATE TABLE dating.decks (
  viewer_id    bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  place        smallint NOT NULL,
  candidate_id bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  km           real NOT NULL,
  stage        smallint NOT NULL DEFAULT 0,            -- how often the search was widened for it
  made_at      timestamptz NOT NULL,
  PRIMARY KEY (viewer_id, place)
);
CREATE INDEX decks_of_candidate ON dating.decks (candidate_id);
-- What the matching engines of all processes have to learn, in the order of commits as far as they can see it.
CREATE TABLE dating.changes (
  change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid       xid8 NOT NULL DEFAULT pg_current_xact_id(),
  user_id   bigint NOT NULL,
  at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX changes_by_xid ON dating.changes (xid, change_id);
CREATE FUNCTION dating.note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO dating.changes (user_id) VALUES (coalesce(NEW.user_id, OLD.user_id));
  RETURN NULL;
END $$;
CREATE TRIGGER profile_changed AFTER INSERT OR DELETE OR UPDATE OF
    state, shadow, sex, seeks, born_on, latitude, longitude, place_id, age_from, age_to, radius_km, own_city, has_photo
  ON dating.profiles FOR EACH ROW EXECUTE FUNCTION dating.note_change();

-- Growth.
CREATE TABLE dating.invites (
  user_id bigint PRIMARY KEY REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  code    text NOT NULL UNIQUE
);
CREATE TABLE dating.invited (
  user_id     bigint PRIMARY KEY REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  by_id       bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  at          timestamptz NOT NULL,
  rewarded_at timestamptz
);
CREATE INDEX invited_due ON dating.invited (at) WHERE rewarded_at IS NULL;
CREATE INDEX invited_by ON dating.invited (by_id);
-- What a person may do beyond the free part. Who grants it (a payment, an invite, the operator) says so in `source`.
CREATE TABLE dating.entitlements (
  entitlement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id    bigint NOT NULL REFERENCES dating.profiles (user_id) ON DELETE CASCADE,
  kind       text NOT NULL CHECK (kind IN ('premium', 'boost')),
  source     text NOT NULL,
  granted_at timestamptz NOT NULL,
  until      timestamptz NOT NULL
);
CREATE INDEX entitlements_of ON dating.entitlements (user_id, kind, until);
CREATE TRIGGER boosted AFTER INSERT ON dating.entitlements FOR EACH ROW WHEN (NEW.kind = 'boost')
  EXECUTE FUNCTION dating.note_change();
CREATE UNIQUE INDEX entitlements_once ON dating.entitlements (user_id, kind, source) WHERE source <> '';

-- Somebody banned has erased themselves: a keyed hash of their Telegram id keeps them from coming back the next minute.
CREATE TABLE dating.barred (
  person    text PRIMARY KEY,
  barred_at timestamptz NOT NULL
);

-- That somebody was erased, and what: no reference to the person but a keyed hash that only they can name again.
CREATE TABLE dating.erasures (
  erasure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  proof      text NOT NULL UNIQUE,
  erased_at  timestamptz NOT NULL,
  counts     jsonb NOT NULL
);
