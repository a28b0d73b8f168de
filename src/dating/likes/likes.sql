-- Before a like: the two wait for each other. A statement of its own: what comes behind it sees what the other did.
-- name: wait_for_each_other :one
SELECT pg_advisory_xact_lock(hashtextextended('dating pair ' || least($1::bigint, $2::bigint), greatest($1::bigint, $2::bigint)));

-- Everything of one judgement. $3 liked, $4 the letter or NULL, $5 now, $6 the day, $7 and $8 how many likes and letters
-- there are on it, 0: no limit. Offered is who was in the viewer's deck or likes the viewer, and can still be reached.
-- name: judge :one
WITH used AS MATERIALIZED (
  SELECT $3::boolean AND $7::integer > 0 AND coalesce(max(likes), 0) >= $7 AS likes,
         $4::bytea IS NOT NULL AND $8::integer > 0 AND coalesce(max(letters), 0) >= $8 AS letters
  FROM dating.days WHERE user_id = $1 AND day = date '1970-01-01' + $6::integer),
offered AS MATERIALIZED (
  SELECT c.user_id, v.shadow
  FROM dating.profiles v JOIN dating.profiles c ON c.user_id = $2
  WHERE v.user_id = $1 AND c.user_id <> v.user_id AND v.state = 'active' AND c.state = 'active' AND NOT c.shadow
    AND (EXISTS (SELECT FROM dating.decks d WHERE d.viewer_id = $1 AND d.candidate_id = $2)
         OR EXISTS (SELECT FROM dating.judgements j WHERE j.viewer_id = $2 AND j.candidate_id = $1 AND j.liked))
    AND NOT EXISTS (SELECT FROM dating.blocks b WHERE b.by_id = $1 AND b.about_id = $2)
    AND NOT EXISTS (SELECT FROM dating.blocks b WHERE b.by_id = $2 AND b.about_id = $1)),
made AS (
  INSERT INTO dating.judgements (viewer_id, candidate_id, liked, letter, judged_at)
  SELECT $1, user_id, $3, $4, $5::timestamptz FROM offered, used WHERE NOT used.likes AND NOT used.letters
  ON CONFLICT DO NOTHING
  RETURNING liked),
matched AS (
  INSERT INTO dating.matches (low_id, high_id, matched_at, last_at)
  SELECT least($1, $2), greatest($1, $2), $5, $5
  FROM made JOIN offered ON NOT offered.shadow
  WHERE made.liked AND EXISTS (SELECT FROM dating.judgements j WHERE j.viewer_id = $2 AND j.candidate_id = $1 AND j.liked)
  ON CONFLICT DO NOTHING
  RETURNING match_id),
counted AS (
  INSERT INTO dating.days AS d (user_id, day, likes, letters, shown, liked_by, matched)
  SELECT u.user_id, date '1970-01-01' + $6, u.likes, u.letters, u.shown, u.liked_by,
         (SELECT count(*) FROM matched)
  FROM made CROSS JOIN LATERAL (VALUES
    ($1::bigint, made.liked::integer, ($4 IS NOT NULL)::integer, 0, 0),
    ($2::bigint, 0, 0, 1, made.liked::integer)) AS u (user_id, likes, letters, shown, liked_by)
  WHERE u.shown > 0 OR made.liked
  ORDER BY u.user_id
  ON CONFLICT (user_id, day) DO UPDATE
  SET likes = d.likes + excluded.likes, letters = d.letters + excluded.letters, shown = d.shown + excluded.shown,
      liked_by = d.liked_by + excluded.liked_by, matched = d.matched + excluded.matched
  RETURNING d.user_id, d.liked_by)
SELECT EXISTS (SELECT FROM made),
       EXISTS (SELECT FROM offered),
       EXISTS (SELECT FROM dating.judgements WHERE viewer_id = $1 AND candidate_id = $2),
       coalesce((SELECT match_id FROM matched),
                (SELECT m.match_id FROM dating.matches m
                 WHERE m.low_id = least($1, $2) AND m.high_id = greatest($1, $2) AND m.state <> 'closed')),
       EXISTS (SELECT FROM counted c, offered o WHERE c.user_id = $2 AND c.liked_by = 1 AND NOT o.shadow) AND $3
         AND NOT EXISTS (SELECT FROM matched),
       used.likes, used.letters
FROM used;

-- name: last_judgement :optional
SELECT candidate_id, liked, letter IS NOT NULL, judged_at FROM dating.judgements
WHERE viewer_id = $1 AND judged_at > $2 ORDER BY judged_at DESC LIMIT 1;

-- name: undos :one
SELECT coalesce((SELECT undos FROM dating.days WHERE user_id = $1 AND day = date '1970-01-01' + $2::integer), 0);

-- The lock of `before`; what the two have become meanwhile.
-- name: before_undo :one
SELECT pg_advisory_xact_lock(hashtextextended('dating pair ' || least($1::bigint, $2::bigint), greatest($1::bigint, $2::bigint)));

-- Takes one judgement back, unless the match of it was written in or ended. $3 the day of the judgement, $4 today, $5 now.
-- name: undo :one
WITH pair AS MATERIALIZED (
  SELECT match_id, opened_at IS NOT NULL OR state NOT IN ('new', 'silent') AS stays
  FROM dating.matches WHERE low_id = least($1::bigint, $2::bigint) AND high_id = greatest($1::bigint, $2::bigint)),
gone AS (
  DELETE FROM dating.judgements j
  WHERE j.viewer_id = $1 AND j.candidate_id = $2 AND NOT EXISTS (SELECT FROM pair WHERE stays)
  RETURNING j.liked::integer AS liked, (j.letter IS NOT NULL)::integer AS letter),
parted AS (
  DELETE FROM dating.matches m USING pair, gone WHERE m.match_id = pair.match_id RETURNING m.match_id),
counted AS (
  INSERT INTO dating.days AS d (user_id, day, likes, letters, undos, shown, liked_by, matched)
  SELECT u.user_id, date '1970-01-01' + u.day, sum(u.likes), sum(u.letters), sum(u.undos), sum(u.shown), sum(u.liked_by),
         sum(u.matched)
  FROM gone CROSS JOIN (SELECT count(*)::integer AS matches FROM parted) p CROSS JOIN LATERAL (VALUES
    ($1::bigint, $3::integer, -gone.liked, -gone.letter, 0, 0, 0, -p.matches),
    ($1::bigint, $4::integer, 0, 0, 1, 0, 0, 0),
    ($2::bigint, $3::integer, 0, 0, 0, -1, -gone.liked, -p.matches))
    AS u (user_id, day, likes, letters, undos, shown, liked_by, matched)
  GROUP BY u.user_id, u.day
  ORDER BY u.user_id, u.day
  ON CONFLICT (user_id, day) DO UPDATE
  SET likes = d.likes + excluded.likes, letters = d.letters + excluded.letters, undos = d.undos + excluded.undos,
      shown = d.shown + excluded.shown, liked_by = d.liked_by + excluded.liked_by, matched = d.matched + excluded.matched),
again AS (
  INSERT INTO dating.decks (viewer_id, place, candidate_id, km, stage, made_at)
  SELECT $1, coalesce((SELECT min(place) FROM dating.decks WHERE viewer_id = $1), 0) - 1, $2, 0, 0, $5 FROM gone)
SELECT (SELECT liked FROM gone) = 1, (SELECT match_id FROM parted);

-- name: likers_count :one
SELECT count(*) FROM dating.judgements j JOIN dating.profiles p ON p.user_id = j.viewer_id
WHERE j.candidate_id = $1 AND j.liked AND p.state = 'active' AND NOT p.shadow
  AND NOT EXISTS (SELECT FROM dating.judgements mine WHERE mine.viewer_id = $1 AND mine.candidate_id = j.viewer_id)
  AND NOT EXISTS (SELECT FROM dating.blocks b WHERE b.by_id = $1 AND b.about_id = j.viewer_id)
  AND NOT EXISTS (SELECT FROM dating.blocks b WHERE b.by_id = j.viewer_id AND b.about_id = $1);

-- name: likers :many
SELECT j.viewer_id, j.judged_at, j.letter IS NOT NULL, count(*) OVER ()
FROM dating.judgements j JOIN dating.profiles p ON p.user_id = j.viewer_id
WHERE j.candidate_id = $1 AND j.liked AND p.state = 'active' AND NOT p.shadow
  AND NOT EXISTS (SELECT FROM dating.judgements mine WHERE mine.viewer_id = $1 AND mine.candidate_id = j.viewer_id)
  AND NOT EXISTS (SELECT FROM dating.blocks b WHERE b.by_id = $1 AND b.about_id = j.viewer_id)
  AND NOT EXISTS (SELECT FROM dating.blocks b WHERE b.by_id = j.viewer_id AND b.about_id = $1)
ORDER BY j.judged_at DESC, j.viewer_id OFFSET $2 LIMIT $3;

-- name: letter :optional
SELECT letter FROM dating.judgements
WHERE viewer_id = $1 AND candidate_id = $2 AND liked AND letter IS NOT NULL AND judged_at > $3;

-- name: matches :many
SELECT m.match_id, other.user_id, other.name, CASE WHEN other.state = 'banned' THEN 'closed' ELSE m.state END AS state,
       m.matched_at, m.last_at,
       EXISTS (SELECT FROM dating.judgements j
               WHERE j.viewer_id = $1 AND j.candidate_id = other.user_id AND j.judged_at = m.matched_at), count(*) OVER ()
FROM dating.matches m
JOIN dating.profiles other ON other.user_id = CASE WHEN m.low_id = $1 THEN m.high_id ELSE m.low_id END
WHERE m.low_id = $1 OR m.high_id = $1
ORDER BY m.state = 'closed' OR other.state = 'banned', m.last_at DESC, m.match_id OFFSET $2 LIMIT $3;

-- name: matches_count :one
SELECT count(*) FROM dating.matches WHERE low_id = $1 OR high_id = $1;

-- name: find_match :optional
SELECT m.match_id, other.user_id, other.name, CASE WHEN other.state = 'banned' THEN 'closed' ELSE m.state END AS state,
       m.matched_at, m.last_at,
       EXISTS (SELECT FROM dating.judgements j
               WHERE j.viewer_id = $1 AND j.candidate_id = other.user_id AND j.judged_at = m.matched_at)
FROM dating.matches m
JOIN dating.profiles other ON other.user_id = CASE WHEN m.low_id = $1 THEN m.high_id ELSE m.low_id END
WHERE m.match_id = $2 AND (m.low_id = $1 OR m.high_id = $1);

-- name: forget_letters :exec
UPDATE dating.judgements SET letter = NULL WHERE (viewer_id, candidate_id) IN (
  SELECT viewer_id, candidate_id FROM dating.judgements WHERE letter IS NOT NULL AND judged_at < $1
  ORDER BY judged_at LIMIT $2);
