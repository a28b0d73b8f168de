-- name: judged :exec
-- Both rows in the order of their ids. excluded.received_count tells the candidate's row from the viewer's; what was
-- known before keeps $5 of its weight and fades with a half-life of $6 seconds. $7: the showing is kept as evidence,
-- as it was known before.
WITH moved AS (
  INSERT INTO dating.ratings AS r (user_id, received_good, received_count, received_at, given_good, given_count,
                                   given_at, rated_at, dirty)
  SELECT who, CASE WHEN shown THEN $3::boolean::integer ELSE 0 END, shown::integer, CASE WHEN shown THEN $4::timestamptz END,
         CASE WHEN shown THEN 0 ELSE $3::boolean::integer END, (NOT shown)::integer,
         CASE WHEN NOT shown THEN $4::timestamptz END, $4::timestamptz, true
  FROM (VALUES ($1::bigint, false), ($2::bigint, true)) AS both_of (who, shown)
  ORDER BY who
  ON CONFLICT (user_id) DO UPDATE SET
    received_good = CASE WHEN excluded.received_count = 0 THEN r.received_good
      ELSE r.received_good * $5::float8 * dating.kept(r.received_at, $4, $6) + excluded.received_good END,
    received_count = CASE WHEN excluded.received_count = 0 THEN r.received_count
      ELSE r.received_count * $5 * dating.kept(r.received_at, $4, $6) + 1 END,
    matched = CASE WHEN excluded.received_count = 0 THEN r.matched
      ELSE r.matched * $5 * dating.kept(r.received_at, $4, $6) END,
    talked = CASE WHEN excluded.received_count = 0 THEN r.talked
      ELSE r.talked * $5 * dating.kept(r.received_at, $4, $6) END,
    received_at = greatest(r.received_at, excluded.received_at),
    given_good = CASE WHEN excluded.given_count = 0 THEN r.given_good
      ELSE r.given_good * $5 * dating.kept(r.given_at, $4, $6) + excluded.given_good END,
    given_count = CASE WHEN excluded.given_count = 0 THEN r.given_count
      ELSE r.given_count * $5 * dating.kept(r.given_at, $4, $6) + 1 END,
    given_at = greatest(r.given_at, excluded.given_at),
    dirty = true
  RETURNING r.user_id, r.received_good, r.received_count
)
INSERT INTO dating.rating_evidence AS e (viewer_id, candidate_id, at, good, count, liked)
SELECT $1, $2, $4, greatest(0, m.received_good - $3::integer) / $5, greatest(0, m.received_count - 1) / $5, $3
FROM moved m WHERE m.user_id = $2 AND $7::boolean
ON CONFLICT (viewer_id, candidate_id) DO UPDATE SET
  at = excluded.at, good = excluded.good, count = excluded.count, liked = excluded.liked;

-- name: unjudged :exec
-- The other way round: exact as long as nobody else has judged the candidate meanwhile.
WITH locked AS (
  SELECT user_id FROM dating.ratings WHERE user_id IN ($1, $2) ORDER BY user_id FOR NO KEY UPDATE
), forgotten AS (
  DELETE FROM dating.rating_evidence WHERE viewer_id = $1 AND candidate_id = $2
)
UPDATE dating.ratings r SET
  received_good = CASE WHEN r.user_id = $1 THEN r.received_good ELSE greatest(0, r.received_good - $3::boolean::integer) / $4 END,
  received_count = CASE WHEN r.user_id = $1 THEN r.received_count ELSE greatest(0, r.received_count - 1) / $4 END,
  matched = greatest(0, r.matched - $5::boolean::integer) / CASE WHEN r.user_id = $1 THEN 1 ELSE $4::float8 END,
  talked = r.talked / CASE WHEN r.user_id = $1 THEN 1 ELSE $4 END,
  given_good = CASE WHEN r.user_id = $1 THEN greatest(0, r.given_good - $3::boolean::integer) / $4 ELSE r.given_good END,
  given_count = CASE WHEN r.user_id = $1 THEN greatest(0, r.given_count - 1) / $4 ELSE r.given_count END,
  dirty = true
FROM locked WHERE r.user_id = locked.user_id;

-- name: outcome :exec
WITH locked AS (
  SELECT user_id FROM dating.ratings WHERE user_id IN ($1, $2) ORDER BY user_id FOR NO KEY UPDATE
)
UPDATE dating.ratings r SET matched = r.matched + $3, talked = r.talked + $4, dirty = true
FROM locked WHERE r.user_id = locked.user_id;

-- name: changed :exec
INSERT INTO dating.ratings AS r (user_id, rated_at, dirty) VALUES ($1, $2, true)
ON CONFLICT (user_id) DO UPDATE SET dirty = true WHERE NOT r.dirty;

-- name: sides :many
SELECT p.user_id, coalesce(p.sex, ''), p.born_on - date '1970-01-01', p.interests,
       (SELECT count(*) FROM dating.photos f WHERE f.user_id = p.user_id AND f.state = 'shown'), char_length(p.about),
       coalesce(r.received_good, 0), coalesce(r.received_count, 0), date_part('epoch', r.received_at)::bigint,
       coalesce(r.given_good, 0), coalesce(r.given_count, 0), date_part('epoch', r.given_at)::bigint,
       coalesce(r.matched, 0), coalesce(r.talked, 0), j.liked
FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (user_id, place)
JOIN dating.profiles p ON p.user_id = asked.user_id
LEFT JOIN dating.ratings r ON r.user_id = asked.user_id
LEFT JOIN dating.judgements j ON j.viewer_id = asked.user_id AND j.candidate_id = $2
ORDER BY asked.place;

-- name: find :optional
SELECT user_id, received_good, received_count, date_part('epoch', received_at)::bigint, given_good, given_count,
       date_part('epoch', given_at)::bigint, matched, talked, level1, level2, level3, version, rated_at
FROM dating.ratings WHERE user_id = $1;

-- name: history :many
SELECT at, level1, level2, level3, version FROM dating.rating_history WHERE user_id = $1 ORDER BY at DESC LIMIT $2;

-- name: bounds :one
SELECT coalesce(min(user_id), 1), coalesce(max(user_id), 0) FROM dating.ratings;

-- name: next_one :optional
SELECT user_id FROM dating.ratings WHERE user_id > $1 ORDER BY user_id LIMIT 1;

-- name: batch :many
-- xmin names the version of the row: what has changed meanwhile is not written over.
SELECT user_id, xmin, received_good, received_count, date_part('epoch', received_at)::bigint,
       given_good, given_count, date_part('epoch', given_at)::bigint, matched, talked, level1, level2, level3, dirty, past[1]
FROM dating.ratings WHERE user_id BETWEEN $1 AND $2 ORDER BY user_id;

-- name: dirty_batch :many
SELECT user_id, xmin, received_good, received_count, date_part('epoch', received_at)::bigint,
       given_good, given_count, date_part('epoch', given_at)::bigint, matched, talked, level1, level2, level3, dirty, past[1]
FROM dating.ratings WHERE dirty ORDER BY user_id LIMIT $1;

-- name: profiles_of :many
SELECT p.user_id, coalesce(p.sex, ''), p.born_on - date '1970-01-01', p.interests,
       (SELECT count(*) FROM dating.photos f WHERE f.user_id = p.user_id AND f.state = 'shown'), char_length(p.about)
FROM dating.profiles p WHERE p.user_id = ANY ($1::bigint[])
ORDER BY p.user_id;

-- name: profiles_between :many
SELECT p.user_id, coalesce(p.sex, ''), p.born_on - date '1970-01-01', p.interests, coalesce(f.photos, 0),
       char_length(p.about)
FROM dating.profiles p
LEFT JOIN (SELECT user_id, count(*) AS photos FROM dating.photos
           WHERE user_id BETWEEN $1 AND $2 AND state = 'shown' GROUP BY user_id) f ON f.user_id = p.user_id
WHERE p.user_id BETWEEN $1 AND $2
ORDER BY p.user_id;

-- name: write :one
-- Levels in millionths; a level 2 of -1: it has not moved, and is looked through. $6 to $9: the version, now, today and
-- the oldest day of the history, counted from 2020. Nobody waits for the disk: what a crash takes back is rated again,
-- from the same tallies.
WITH done AS (
  UPDATE dating.ratings r SET dirty = false,
    level1 = CASE WHEN n.level2 < 0 THEN r.level1 ELSE n.level1 * 1e-6::float8 END,
    level2 = CASE WHEN n.level2 < 0 THEN r.level2 ELSE n.level2 * 1e-6::float8 END,
    level3 = CASE WHEN n.level2 < 0 THEN r.level3 ELSE n.level3 * 1e-6::float8 END,
    version = CASE WHEN n.level2 < 0 THEN r.version ELSE $6::integer END,
    rated_at = CASE WHEN n.level2 < 0 THEN r.rated_at ELSE $7::timestamptz END,
    past = CASE WHEN n.level2 >= 0 THEN dating.remember(r.past, $8::integer, $9::integer, n.level1, n.level2, n.level3, $6)
                WHEN r.past[1] < $9 THEN dating.without_old(r.past, $9) ELSE r.past END
  FROM unnest($1::bigint[], $2::xid[], $3::integer[], $4::integer[], $5::integer[])
    AS n (user_id, version_of_row, level1, level2, level3)
  WHERE r.user_id = n.user_id AND r.xmin = n.version_of_row
  RETURNING n.level2
)
SELECT count(*) FILTER (WHERE level2 >= 0), count(*), set_config('synchronous_commit', 'off', true) FROM done;

-- name: write_between :one
-- The same for a range of ids in which nearly everybody has moved: what is written lies at the places of the ids, $1
-- before the first, $10 the last, so that nothing is joined: half the work. Who is not written has the version 0 there,
-- as no row has.
WITH done AS (
  UPDATE dating.ratings r SET dirty = false,
    level1 = ($3::integer[])[(r.user_id - $1::bigint)::integer] * 1e-6::float8,
    level2 = ($4::integer[])[(r.user_id - $1)::integer] * 1e-6::float8,
    level3 = ($5::integer[])[(r.user_id - $1)::integer] * 1e-6::float8,
    version = $6::integer, rated_at = $7::timestamptz,
    past = dating.remember(r.past, $8::integer, $9::integer, ($3)[(r.user_id - $1)::integer],
                           ($4)[(r.user_id - $1)::integer], ($5)[(r.user_id - $1)::integer], $6)
  WHERE r.user_id > $1 AND r.user_id <= $10::bigint AND r.xmin = ($2::xid[])[(r.user_id - $1)::integer]
  RETURNING 1
)
SELECT count(*), count(*), set_config('synchronous_commit', 'off', true) FROM done;

-- name: forget_evidence :exec
-- The latest $1 of them are kept.
DELETE FROM dating.rating_evidence WHERE (viewer_id, candidate_id) IN (
  SELECT viewer_id, candidate_id FROM dating.rating_evidence
  WHERE at < (SELECT at FROM dating.rating_evidence ORDER BY at DESC OFFSET $1 LIMIT 1) ORDER BY at LIMIT $2);
