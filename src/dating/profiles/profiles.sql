-- name: find :many
SELECT user_id, state, step, consent_version, name, born_on - date '1970-01-01', sex, seeks, latitude::float8,
       longitude::float8, place_id, about, interests, age_from, age_to, radius_km, own_city, trust, shadow, ban_reason,
       created_at, active_at, has_photo
FROM dating.profiles WHERE user_id = ANY ($1);

-- name: visit :optional
-- The row as it was; writing it costs something once an hour only.
WITH here AS (
  UPDATE dating.profiles SET active_at = $2, asked_stale_at = NULL
  WHERE user_id = $1 AND (active_at < $2 OR asked_stale_at IS NOT NULL)
)
SELECT user_id, state, step, consent_version, name, born_on - date '1970-01-01', sex, seeks, latitude::float8,
       longitude::float8, place_id, about, interests, age_from, age_to, radius_km, own_city, trust, shadow, ban_reason,
       created_at, greatest(active_at, $2), has_photo
FROM dating.profiles WHERE user_id = $1;

-- name: underage_until :optional
SELECT until - date '1970-01-01' FROM dating.underage WHERE person = $1 AND until > $2::timestamptz::date;

-- name: is_barred :one
SELECT EXISTS (SELECT FROM dating.barred WHERE person = $1);

-- name: begin :exec
INSERT INTO dating.profiles (user_id, step, consent_version, consented_at, created_at, active_at)
VALUES ($1, 'name', $2, $3, $3, $4)
ON CONFLICT (user_id) DO UPDATE SET consent_version = excluded.consent_version, consented_at = excluded.consented_at
WHERE profiles.consent_version < excluded.consent_version;

-- name: remember_underage :exec
INSERT INTO dating.underage (person, until) VALUES ($1, date '1970-01-01' + $2::int)
ON CONFLICT (person) DO UPDATE SET until = greatest(underage.until, excluded.until);

-- name: remove :exec
DELETE FROM dating.profiles WHERE user_id = $1;

-- name: abandon :exec
DELETE FROM dating.profiles WHERE user_id = $1 AND state = 'draft';

-- name: ask :exec
UPDATE dating.profiles SET step = $2 WHERE user_id = $1;

-- name: publish :exec
UPDATE dating.profiles SET state = CASE WHEN ban_reason = '' THEN 'active' ELSE 'hidden' END, step = ''
WHERE user_id = $1 AND state = 'draft' AND name <> '' AND born_on IS NOT NULL AND sex IS NOT NULL AND seeks IS NOT NULL
  AND latitude IS NOT NULL;

-- name: set_name :exec
UPDATE dating.profiles SET name = $2 WHERE user_id = $1;

-- name: set_born_on :exec
UPDATE dating.profiles SET born_on = date '1970-01-01' + $2::int WHERE user_id = $1;

-- name: set_sex :exec
UPDATE dating.profiles SET sex = $2 WHERE user_id = $1;

-- name: set_seeks :exec
UPDATE dating.profiles SET seeks = $2 WHERE user_id = $1;

-- name: set_place :exec
UPDATE dating.profiles SET latitude = $2::float8, longitude = $3::float8, place_id = $4 WHERE user_id = $1;

-- name: set_about :exec
UPDATE dating.profiles SET about = $2 WHERE user_id = $1;

-- name: add_interest :optional
UPDATE dating.profiles SET interests =
  CASE WHEN $2 = ANY (interests) OR cardinality(interests) >= $3 THEN interests ELSE array_append(interests, $2) END
WHERE user_id = $1 RETURNING $2 = ANY (interests);

-- name: remove_interest :exec
UPDATE dating.profiles SET interests = array_remove(interests, $2) WHERE user_id = $1;

-- name: set_wanted_ages :exec
UPDATE dating.profiles SET age_from = $2, age_to = $3 WHERE user_id = $1;

-- name: set_reach :exec
UPDATE dating.profiles SET radius_km = coalesce($2, radius_km), own_city = $3 WHERE user_id = $1;

-- name: hide :exec
UPDATE dating.profiles SET state = 'hidden' WHERE user_id = $1 AND state = 'active';

-- name: show :exec
UPDATE dating.profiles SET state = 'active', asked_stale_at = NULL
WHERE user_id = $1 AND state IN ('hidden', 'stale') AND ban_reason = '';

-- name: put_away :exec
UPDATE dating.profiles SET state = 'stale' WHERE user_id = $1 AND state = 'active';

-- name: ban :exec
UPDATE dating.profiles SET state = 'banned', ban_reason = $2,
  rested_as = CASE WHEN ban_reason <> '' THEN rested_as WHEN state IN ('hidden', 'stale') THEN state ELSE '' END
WHERE user_id = $1;

-- name: hold :exec
UPDATE dating.profiles SET state = CASE WHEN state = 'active' THEN 'hidden' ELSE state END, ban_reason = $2,
  rested_as = CASE WHEN ban_reason <> '' THEN rested_as WHEN state IN ('hidden', 'stale') THEN state ELSE '' END
WHERE user_id = $1 AND state <> 'banned';

-- name: release :exec
-- A registration that was not finished goes on where it was; who was hidden stays so.
UPDATE dating.profiles SET ban_reason = '', rested_as = '',
  state = CASE WHEN step <> '' THEN 'draft' WHEN rested_as <> '' THEN rested_as ELSE 'active' END
WHERE user_id = $1 AND ban_reason <> '';

-- name: set_shadow :exec
UPDATE dating.profiles SET shadow = $2 WHERE user_id = $1 AND shadow <> $2;

-- name: set_first_trust :exec
UPDATE dating.profiles SET trust = CASE WHEN $2 THEN 1 ELSE 0 END
WHERE user_id = $1 AND trust = CASE WHEN $2 THEN 0 ELSE 1 END;

-- name: trust_long_standing :exec
UPDATE dating.profiles p SET trust = 2
WHERE p.trust = 1 AND p.state = 'active' AND NOT p.shadow AND p.created_at < $1
  AND NOT EXISTS (SELECT FROM dating.complaints c WHERE c.about_id = p.user_id AND c.state IN ('open', 'upheld'));

-- name: ask_silent :many
UPDATE dating.profiles SET asked_stale_at = $2 WHERE user_id IN (
  SELECT user_id FROM dating.profiles WHERE state = 'active' AND active_at < $1 AND asked_stale_at IS NULL
  ORDER BY active_at LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING user_id;

-- name: put_away_silent :many
UPDATE dating.profiles SET state = 'stale' WHERE user_id IN (
  SELECT user_id FROM dating.profiles WHERE state = 'active' AND asked_stale_at < $1 AND active_at < asked_stale_at
  ORDER BY active_at LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING user_id;

-- name: call_back :many
UPDATE dating.profiles SET won_back_at = $2 WHERE user_id IN (
  SELECT user_id FROM dating.profiles WHERE state = 'stale' AND active_at < $1 AND won_back_at IS NULL AND NOT shadow
  ORDER BY active_at LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING user_id;

-- name: forget_drafts :exec
DELETE FROM dating.profiles WHERE user_id IN (
  SELECT user_id FROM dating.profiles WHERE state = 'draft' AND active_at < $1 LIMIT $2);

-- name: forget_grown_up :exec
DELETE FROM dating.underage WHERE person IN (
  SELECT person FROM dating.underage WHERE until <= $1::timestamptz::date LIMIT $2);

-- name: forget_barred :exec
DELETE FROM dating.barred WHERE person IN (SELECT person FROM dating.barred WHERE barred_at < $1 LIMIT $2);

-- name: bar :exec
INSERT INTO dating.barred (person, barred_at) VALUES ($1, $2) ON CONFLICT (person) DO UPDATE SET barred_at = excluded.barred_at;

-- name: export_data :one
-- What others have said of the person is theirs; how much there is of it, is not.
SELECT jsonb_build_object(
  'profile', (SELECT to_jsonb(p) - '{user_id,shadow}'::text[] FROM dating.profiles p WHERE p.user_id = $1),
  'underage_until', (SELECT u.until FROM dating.underage u WHERE u.person = $2),
  'photos', (SELECT coalesce(jsonb_agg(jsonb_build_object('position', f.position, 'state', f.state, 'sent_at', f.sent_at,
               'decided_at', f.decided_at, 'width', f.width, 'height', f.height, 'shape', f.shape::text)
               ORDER BY f.position), '[]') FROM dating.photos f WHERE f.user_id = $1),
  'judgements', (SELECT coalesce(jsonb_agg(jsonb_build_object('about', j.candidate_id, 'liked', j.liked,
                   'with_letter', j.letter IS NOT NULL, 'at', j.judged_at) ORDER BY j.judged_at), '[]')
                 FROM dating.judgements j WHERE j.viewer_id = $1),
  'matches', (SELECT coalesce(jsonb_agg(jsonb_build_object('with', CASE m.low_id WHEN $1 THEN m.high_id ELSE m.low_id END,
                'state', m.state, 'matched_at', m.matched_at, 'last_at', m.last_at,
                'contact_shared', CASE m.low_id WHEN $1 THEN m.low_contact ELSE m.high_contact END) ORDER BY m.matched_at),
                '[]') FROM dating.matches m WHERE $1 IN (m.low_id, m.high_id)),
  'days', (SELECT coalesce(jsonb_agg(to_jsonb(d) - 'user_id' ORDER BY d.day), '[]') FROM dating.days d
           WHERE d.user_id = $1),
  'blocked', (SELECT coalesce(jsonb_agg(jsonb_build_object('about', b.about_id, 'at', b.at) ORDER BY b.at), '[]')
              FROM dating.blocks b WHERE b.by_id = $1),
  'complaints', (SELECT coalesce(jsonb_agg(jsonb_build_object('about', c.about_id, 'reason', c.reason, 'state', c.state,
                   'at', c.made_at) ORDER BY c.made_at), '[]') FROM dating.complaints c WHERE c.by_id = $1),
  'warnings', (SELECT coalesce(jsonb_agg(jsonb_build_object('action', a.action, 'subject', a.subject, 'at', a.at,
                 'undone_at', a.undone_at)
                 ORDER BY a.at), '[]') FROM dating.actions a
               WHERE a.user_id = $1 AND a.action IN ('warn', 'hide_photo', 'ban', 'hide')),
  'rating', (SELECT to_jsonb(r) - '{user_id,dirty}'::text[] FROM dating.ratings r WHERE r.user_id = $1),
  'rating_history', (SELECT coalesce(jsonb_agg(to_jsonb(h) - 'user_id' ORDER BY h.at), '[]') FROM dating.rating_history h
                     WHERE h.user_id = $1),
  'entitlements', (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', e.kind, 'source', e.source,
                     'granted_at', e.granted_at, 'until', e.until) ORDER BY e.granted_at), '[]')
                   FROM dating.entitlements e WHERE e.user_id = $1),
  'invite_code', (SELECT i.code FROM dating.invites i WHERE i.user_id = $1),
  'invited', (SELECT count(*) FROM dating.invited i WHERE i.by_id = $1));

-- name: count_all :optional
-- What goes with the person, by table: what they did, not what others did with them. The day until which somebody who is
-- held named themselves too young; whether anybody banned, or held for another's word, stays out.
SELECT jsonb_build_object(
  'photos', (SELECT count(*) FROM dating.photos f WHERE f.user_id = $1),
  'judgements', (SELECT count(*) FROM dating.judgements j WHERE j.viewer_id = $1),
  'matches', (SELECT count(*) FROM dating.matches m WHERE $1 IN (m.low_id, m.high_id)),
  'messages', (SELECT count(*) FROM dating.messages s JOIN dating.matches m USING (match_id)
               WHERE $1 IN (m.low_id, m.high_id)),
  'decks', (SELECT count(*) FROM dating.decks d WHERE d.viewer_id = $1),
  'notices', (SELECT count(*) FROM dating.notices n WHERE n.user_id = $1),
  'ratings', (SELECT count(*) FROM dating.rating_history h WHERE h.user_id = $1)),
  young.until - date '1970-01-01',
  p.state = 'banned' OR p.shadow OR (p.ban_reason <> '' AND coalesce(young.by_others, true))
FROM dating.profiles p
CROSS JOIN LATERAL (SELECT (max(a.subject) FILTER (WHERE a.subject <> 'minor'))::date AS until,
                           bool_or(a.subject = 'minor') AS by_others
                    FROM dating.actions a
                    WHERE a.user_id = p.user_id AND a.action = 'hide' AND a.undone_at IS NULL) young
WHERE p.user_id = $1 FOR UPDATE OF p;

-- name: note_erasure :exec
INSERT INTO dating.erasures (proof, erased_at, counts) VALUES ($1, $2, $3::jsonb);

-- name: proven :optional
SELECT erased_at FROM dating.erasures WHERE proof = $1;
