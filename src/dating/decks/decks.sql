-- The first of the deck who still fits, and how many there are behind (at most $5). $2 the day, $3 the stage that the
-- viewer agreed to, $4 the cap of showings, $6 the bot.
-- name: next :optional
WITH ready AS MATERIALIZED (
  SELECT d.place, d.candidate_id
  FROM dating.profiles v
  JOIN dating.decks d ON d.viewer_id = v.user_id AND d.stage <= $3
  JOIN dating.profiles c ON c.user_id = d.candidate_id
  WHERE v.user_id = $1 AND v.state = 'active'
    AND dating.fits(v, c, date '1970-01-01' + $2::integer, $3)
    AND NOT EXISTS (SELECT FROM dating.judgements j WHERE j.viewer_id = v.user_id AND j.candidate_id = c.user_id)
    AND NOT EXISTS (SELECT FROM dating.blocks b WHERE b.by_id = v.user_id AND b.about_id = c.user_id)
    AND NOT EXISTS (SELECT FROM dating.blocks b WHERE b.by_id = c.user_id AND b.about_id = v.user_id)
    AND NOT EXISTS (SELECT FROM dating.days n WHERE n.user_id = c.user_id AND n.day = date '1970-01-01' + $2::integer
                    AND n.shown >= $4)
  ORDER BY d.place LIMIT $5)
SELECT c.user_id, c.name, c.about,
       extract(year FROM age(date '1970-01-01' + $2::integer, c.born_on))::integer,
       dating.km(v.latitude, v.longitude, c.latitude, c.longitude), c.place_id, v.place_id <> 0 AND c.place_id = v.place_id, c.active_at,
       c.interests, ARRAY(SELECT i FROM unnest(c.interests) i WHERE i = ANY (v.interests)),
       ph.ids, ph.files,
       EXISTS (SELECT FROM dating.judgements j
               WHERE j.viewer_id = c.user_id AND j.candidate_id = v.user_id AND j.liked AND j.letter IS NOT NULL),
       c.sex = 'male', (SELECT count(*) FROM ready)
FROM (SELECT candidate_id FROM ready ORDER BY place LIMIT 1) r
JOIN dating.profiles v ON v.user_id = $1
JOIN dating.profiles c ON c.user_id = r.candidate_id
CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(p.photo_id ORDER BY p.position), '{}') AS ids,
         coalesce(array_agg(coalesce(f.file_id, '') ORDER BY p.position), '{}') AS files
  FROM dating.photos p LEFT JOIN dating.photo_files f ON f.photo_id = p.photo_id AND f.bot_id = $6
  WHERE p.user_id = c.user_id AND p.state = 'shown') ph;

-- The same columns for one person. $2 the day, $3 the candidate, $4 the bot.
-- name: card :optional
SELECT c.user_id, c.name, c.about,
       extract(year FROM age(date '1970-01-01' + $2::integer, c.born_on))::integer,
       dating.km(v.latitude, v.longitude, c.latitude, c.longitude), c.place_id, v.place_id <> 0 AND c.place_id = v.place_id, c.active_at,
       c.interests, ARRAY(SELECT i FROM unnest(c.interests) i WHERE i = ANY (v.interests)),
       ph.ids, ph.files,
       EXISTS (SELECT FROM dating.judgements j
               WHERE j.viewer_id = c.user_id AND j.candidate_id = v.user_id AND j.liked AND j.letter IS NOT NULL),
       c.sex = 'male'
FROM dating.profiles v
JOIN dating.profiles c ON c.user_id = $3 AND c.user_id <> v.user_id AND c.state = 'active' AND NOT c.shadow
CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(p.photo_id ORDER BY p.position), '{}') AS ids,
         coalesce(array_agg(coalesce(f.file_id, '') ORDER BY p.position), '{}') AS files
  FROM dating.photos p LEFT JOIN dating.photo_files f ON f.photo_id = p.photo_id AND f.bot_id = $4
  WHERE p.user_id = c.user_id AND p.state = 'shown') ph
WHERE v.user_id = $1 AND v.state = 'active'
  AND NOT EXISTS (SELECT FROM dating.blocks b WHERE b.by_id = v.user_id AND b.about_id = c.user_id)
  AND NOT EXISTS (SELECT FROM dating.blocks b WHERE b.by_id = c.user_id AND b.about_id = v.user_id);

-- What a viewer asks for, and the right to fill their deck until the transaction ends: one at a time.
-- name: to_fill :optional
SELECT state = 'active', seeks, latitude, longitude, place_id, radius_km, own_city, age_from, age_to,
       EXISTS (SELECT FROM dating.judgements j WHERE j.viewer_id = v.user_id),
       pg_advisory_xact_lock(hashtextextended('dating deck', v.user_id))
FROM dating.profiles v WHERE v.user_id = $1;

-- Whom the viewer may be shown, anywhere in the own town with $6, and elsewhere within a box (two, where it crosses the
-- date line): at most $5 of each, of those the best-rated $4. $2 the day, $3 the stage, $7 the sexes, $8 to $13 latitudes
-- and longitudes, $14 the way's end in km, $15 the cap.
-- name: shortlist :many
WITH found AS MATERIALIZED (
  (SELECT c.user_id
   FROM dating.profiles v
   JOIN dating.profiles c ON c.place_id = v.place_id AND c.sex = ANY ($7) AND c.state = 'active' AND NOT c.shadow
   WHERE $6 AND v.user_id = $1 AND v.place_id <> 0
     AND dating.fits(v, c, date '1970-01-01' + $2::integer, $3)
     AND NOT EXISTS (SELECT FROM dating.judgements j WHERE j.viewer_id = v.user_id AND j.candidate_id = c.user_id)
     AND NOT EXISTS (SELECT FROM dating.blocks b WHERE b.by_id = v.user_id AND b.about_id = c.user_id)
     AND NOT EXISTS (SELECT FROM dating.blocks b WHERE b.by_id = c.user_id AND b.about_id = v.user_id)
     AND NOT EXISTS (SELECT FROM dating.days n WHERE n.user_id = c.user_id AND n.day = date '1970-01-01' + $2::integer
                     AND n.shown >= $15)
   LIMIT $5)
  UNION ALL
  (SELECT c.user_id
   FROM dating.profiles v
   JOIN dating.profiles c ON c.sex = ANY ($7) AND c.latitude BETWEEN $8 AND $9
     AND (c.longitude BETWEEN $10 AND $11 OR c.longitude BETWEEN $12 AND $13) AND c.state = 'active' AND NOT c.shadow
   WHERE v.user_id = $1 AND NOT (v.place_id <> 0 AND c.place_id = v.place_id)
     AND dating.fits(v, c, date '1970-01-01' + $2::integer, $3)
     AND dating.km(v.latitude, v.longitude, c.latitude, c.longitude) <= $14
     AND NOT EXISTS (SELECT FROM dating.judgements j WHERE j.viewer_id = v.user_id AND j.candidate_id = c.user_id)
     AND NOT EXISTS (SELECT FROM dating.blocks b WHERE b.by_id = v.user_id AND b.about_id = c.user_id)
     AND NOT EXISTS (SELECT FROM dating.blocks b WHERE b.by_id = c.user_id AND b.about_id = v.user_id)
     AND NOT EXISTS (SELECT FROM dating.days n WHERE n.user_id = c.user_id AND n.day = date '1970-01-01' + $2::integer
                     AND n.shown >= $15)
   LIMIT $5))
SELECT f.user_id
FROM found f LEFT JOIN dating.ratings r USING (user_id)
ORDER BY coalesce(r.level3, 0.285) DESC, f.user_id
LIMIT $4;

-- What the order of a deck needs of a shortlist ($5), of those who like the viewer ($6 at most) and of what lies ready;
-- who does not fit is left out. $2 the day, $3 the stage, $4 the cap, $7 now.
-- name: facts :many
WITH listed AS (
  SELECT i AS user_id FROM unnest($5::bigint[]) i
  UNION SELECT d.candidate_id FROM dating.decks d WHERE d.viewer_id = $1 AND d.stage <= $3
  UNION (SELECT j.viewer_id FROM dating.judgements j
         WHERE j.candidate_id = $1 AND j.liked
           AND NOT EXISTS (SELECT FROM dating.judgements mine WHERE mine.viewer_id = $1 AND mine.candidate_id = j.viewer_id)
         ORDER BY j.judged_at DESC LIMIT $6))
SELECT c.user_id, dating.km(v.latitude, v.longitude, c.latitude, c.longitude),
       v.place_id <> 0 AND c.place_id = v.place_id,
       EXISTS (SELECT FROM dating.judgements j WHERE j.viewer_id = c.user_id AND j.candidate_id = v.user_id AND j.liked),
       EXISTS (SELECT FROM dating.entitlements e WHERE e.user_id = c.user_id AND e.kind = 'boost' AND e.until > $7),
       coalesce(r.received_count, 0),
       (SELECT min(d.place) FROM dating.decks d
        WHERE d.viewer_id = v.user_id AND d.candidate_id = c.user_id AND d.stage <= $3)
FROM dating.profiles v
JOIN listed l ON true
JOIN dating.profiles c ON c.user_id = l.user_id
LEFT JOIN dating.ratings r ON r.user_id = c.user_id
WHERE v.user_id = $1 AND dating.fits(v, c, date '1970-01-01' + $2::integer, $3)
  AND NOT EXISTS (SELECT FROM dating.judgements j WHERE j.viewer_id = v.user_id AND j.candidate_id = c.user_id)
  AND NOT EXISTS (SELECT FROM dating.blocks b WHERE b.by_id = v.user_id AND b.about_id = c.user_id)
  AND NOT EXISTS (SELECT FROM dating.blocks b WHERE b.by_id = c.user_id AND b.about_id = v.user_id)
  AND NOT EXISTS (SELECT FROM dating.days n WHERE n.user_id = c.user_id AND n.day = date '1970-01-01' + $2::integer
                  AND n.shown >= $4);

-- In the order given; what lay there goes.
-- name: write :exec
WITH gone AS (
  DELETE FROM dating.decks WHERE viewer_id = $1 AND (place < 0 OR place >= cardinality($2::bigint[])))
INSERT INTO dating.decks (viewer_id, place, candidate_id, km, stage, made_at)
SELECT $1, u.place - 1, u.candidate_id, u.km, $4, $5
FROM unnest($2::bigint[], $3::float8[]) WITH ORDINALITY AS u (candidate_id, km, place)
ON CONFLICT (viewer_id, place) DO UPDATE
SET candidate_id = excluded.candidate_id, km = excluded.km, stage = excluded.stage, made_at = excluded.made_at;

-- name: throw_away :exec
DELETE FROM dating.decks WHERE viewer_id = $1;

-- Of the oldest $2.
-- name: forget_changes :exec
DELETE FROM dating.changes WHERE change_id IN (
  SELECT change_id FROM (SELECT change_id, at FROM dating.changes ORDER BY change_id LIMIT $2) oldest WHERE at < $1);
