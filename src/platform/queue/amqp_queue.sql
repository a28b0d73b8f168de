-- name: lanes_with_messages :many
-- The lanes that have a row, by skipping from one to the next in the index.
WITH RECURSIVE found AS (
  (SELECT lane FROM platform.messages ORDER BY lane LIMIT 1)
  UNION ALL
  SELECT (SELECT m.lane FROM platform.messages AS m WHERE m.lane > found.lane ORDER BY m.lane LIMIT 1)
  FROM found
  WHERE found.lane IS NOT NULL
)
SELECT lane FROM found WHERE lane IS NOT NULL;

-- name: carry :many
-- Marks what is due for the way through the broker, under the number $4, for $5; after that it is carried again.
-- A message with a key goes when all earlier ones of its key are on their way too or go with it: the broker and the
-- consumers keep the order in which it was given. Barrier: of each key the first that stays.
WITH near AS MATERIALIZED (
  SELECT message_id
  FROM platform.messages
  WHERE lane = $1 AND due_at <= $2 AND (leased_until IS NULL OR leased_until < now())
  ORDER BY due_at, message_id
  LIMIT $3::integer
), mine AS MATERIALIZED (
  SELECT m.message_id, m.key
  FROM platform.messages AS m
  WHERE m.message_id = ANY (ARRAY(SELECT message_id FROM near))
    AND m.due_at <= $2 AND (m.leased_until IS NULL OR m.leased_until < now())
  FOR UPDATE SKIP LOCKED
), barrier AS MATERIALIZED (
  SELECT keys.key, first.message_id
  FROM (SELECT DISTINCT key FROM mine WHERE key <> '') AS keys
  CROSS JOIN LATERAL (
        SELECT e.message_id
        FROM platform.messages AS e
        WHERE e.lane = $1 AND e.key = keys.key AND e.key <> ''
          AND (e.leased_until IS NULL OR e.leased_until < now() OR e.carried_as IS NULL)
          AND e.message_id NOT IN (SELECT message_id FROM mine)
        ORDER BY e.message_id
        LIMIT 1) AS first
)
UPDATE platform.messages AS m
SET carried_as = $4, lease = NULL, leased_until = now() + $5::interval
FROM mine LEFT JOIN barrier ON barrier.key = mine.key
WHERE m.message_id = mine.message_id AND (barrier.message_id IS NULL OR mine.message_id < barrier.message_id)
RETURNING m.message_id, m.kind, m.key, m.body, m.failures, m.published_at;

-- name: uncarry :exec
-- These did not get into the broker: free again after $3.
UPDATE platform.messages
SET carried_as = NULL, leased_until = now() + $3::interval
WHERE message_id = ANY ($1::bigint[]) AND carried_as = $2 AND lease IS NULL;

-- name: uncarry_all :exec
-- A relay that begins does not know what the one before it, or the broker, has lost: what nobody has taken is free.
UPDATE platform.messages SET carried_as = NULL, leased_until = NULL WHERE carried_as IS NOT NULL AND lease IS NULL;

-- name: take :many
-- The inbox. Of the copies that the broker has delivered (message $1 under the number $2) those are handed out whose
-- row is still there and still on its way under that number, for $6 under the lease $5; every other copy has been
-- dealt with. One that is delivered again ($3 is 1) is taken from whoever had it: that process has lost its connection
-- to the broker, and what it still commits under its lease is refused. A message whose key has an earlier one that is
-- not handed out here is set free, and carried again a moment later.
WITH asked AS (
  SELECT message_id, number, again
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS copies (message_id, number, again)
), mine AS MATERIALIZED (
  SELECT m.message_id, m.key, m.carried_as AS number
  FROM platform.messages AS m
  JOIN asked ON asked.message_id = m.message_id AND asked.number = m.carried_as
  WHERE m.lease IS NULL OR asked.again = 1
  FOR UPDATE OF m
), barrier AS MATERIALIZED (
  SELECT keys.key, first.message_id
  FROM (SELECT DISTINCT key FROM mine WHERE key <> '') AS keys
  CROSS JOIN LATERAL (
        SELECT e.message_id
        FROM platform.messages AS e
        WHERE e.lane = $4 AND e.key = keys.key AND e.key <> ''
          AND e.message_id NOT IN (SELECT message_id FROM mine)
        ORDER BY e.message_id
        LIMIT 1) AS first
), judged AS (
  SELECT mine.message_id, mine.number, barrier.message_id IS NULL OR mine.message_id < barrier.message_id AS handed
  FROM mine LEFT JOIN barrier ON barrier.key = mine.key
)
UPDATE platform.messages AS m
SET lease = CASE WHEN handed THEN $5::bigint END,
    leased_until = now() + CASE WHEN handed THEN $6::interval ELSE '200 ms'::interval END,
    carried_as = CASE WHEN handed THEN m.carried_as END,
    claims = m.claims + handed::integer
FROM judged
WHERE m.message_id = judged.message_id
RETURNING m.message_id, judged.number, judged.handed, m.failures, m.claims;

-- name: carried :one
-- What is on its way through the broker, and since when the oldest of it has been published.
SELECT count(*), min(published_at) FROM platform.messages WHERE carried_as IS NOT NULL AND lease IS NULL;
