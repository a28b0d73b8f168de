-- name: nudge :many
-- Who is to write: nobody has, so both; else who has got the last message.
WITH due AS (
  SELECT match_id FROM dating.matches
  WHERE state IN ('new', 'opened', 'answered') AND last_at < $2 AND nudged_at IS NULL
  ORDER BY last_at LIMIT $3 FOR UPDATE SKIP LOCKED
), nudged AS (
  UPDATE dating.matches m SET nudged_at = $1 FROM due WHERE m.match_id = due.match_id
  RETURNING m.match_id, m.low_id, m.high_id
), spoken AS (
  SELECT n.*, (SELECT s.from_id FROM dating.messages s
               WHERE s.match_id = n.match_id AND s.state IN ('due', 'sent') ORDER BY s.sent_at DESC LIMIT 1) AS last_by
  FROM nudged n
)
SELECT match_id, CASE WHEN last_by IS DISTINCT FROM low_id THEN low_id END,
       CASE WHEN last_by IS DISTINCT FROM high_id THEN high_id END
FROM spoken ORDER BY match_id;

-- name: give_up :exec
UPDATE dating.matches SET state = 'silent' WHERE match_id IN (
  SELECT match_id FROM dating.matches
  WHERE state IN ('new', 'opened', 'answered') AND nudged_at < $1 AND last_at < $1
  ORDER BY last_at LIMIT $2 FOR UPDATE SKIP LOCKED);

-- name: forget_days :exec
DELETE FROM dating.days WHERE (user_id, day) IN (SELECT user_id, day FROM dating.days WHERE day < $1::date LIMIT $2);

-- name: forget_decks :one
-- The decks of the next $3 viewers, as far as nobody has come for them since $2. The last viewer looked at, and how
-- many rows went; no viewer: the end.
WITH RECURSIVE viewers (viewer_id, number) AS (
  (SELECT viewer_id, 1 FROM dating.decks WHERE viewer_id > $1 ORDER BY viewer_id LIMIT 1)
  UNION ALL
  SELECT (SELECT d.viewer_id FROM dating.decks d WHERE d.viewer_id > v.viewer_id ORDER BY d.viewer_id LIMIT 1), v.number + 1
  FROM viewers v WHERE v.viewer_id IS NOT NULL AND v.number < $3::integer
), gone AS (
  DELETE FROM dating.decks d USING viewers v WHERE d.viewer_id = v.viewer_id AND d.made_at < $2 RETURNING 1
)
SELECT (SELECT max(viewer_id) FROM viewers), (SELECT count(*) FROM gone);
