-- name: publish :exec
INSERT INTO platform.messages (lane, kind, key, body, due_at, published_at)
SELECT lane, kind, key, body, due_at, $6
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) WITH ORDINALITY
     AS new (lane, kind, key, body, due_at, place)
ORDER BY place;

-- name: claim :many
-- Near: what is due and free, from the front; not all of it, so that a long run of one key does not make every claim
-- slow. Heads: of each key only its first message. Followers: what comes after a head in its key without a gap, to
-- fill the batch; nobody else can take them, since their head is locked by us.
WITH near AS MATERIALIZED (
  SELECT message_id, key
  FROM platform.messages
  WHERE lane = $1 AND due_at <= $2 AND (leased_until IS NULL OR leased_until < now())
  ORDER BY due_at, message_id
  LIMIT 5 * $3::integer
), head AS MATERIALIZED (
  SELECT locked.message_id, front.key
  FROM (SELECT message_id, key FROM near WHERE key = ''
        UNION ALL
        SELECT min(message_id), key FROM near WHERE key <> '' GROUP BY key
        ORDER BY message_id) AS front
  CROSS JOIN LATERAL (
        SELECT m.message_id
        FROM platform.messages AS m
        WHERE m.message_id = front.message_id AND m.due_at <= $2
          AND (m.leased_until IS NULL OR m.leased_until < now())
        FOR UPDATE SKIP LOCKED) AS locked
  WHERE front.key = '' OR NOT EXISTS (
        SELECT FROM platform.messages AS earlier
        WHERE earlier.lane = $1 AND earlier.key = front.key AND earlier.key <> ''
          AND earlier.message_id < front.message_id)
  LIMIT $3::integer
), follower AS MATERIALIZED (
  SELECT next.message_id
  FROM head
  CROSS JOIN LATERAL (
        SELECT message_id
        FROM (SELECT message_id,
                     bool_and(due_at <= $2 AND (leased_until IS NULL OR leased_until < now()))
                       OVER (ORDER BY message_id) AS free
              FROM (SELECT m.message_id, m.due_at, m.leased_until
                    FROM platform.messages AS m
                    WHERE m.lane = $1 AND m.key = head.key AND m.key <> '' AND m.message_id > head.message_id
                    ORDER BY m.message_id
                    LIMIT $3::integer / (SELECT nullif(count(*), 0) FROM head)) AS run) AS judged
        WHERE free) AS next
  WHERE head.key <> ''
  LIMIT (SELECT greatest($3::integer - count(*), 0) FROM head)
)
UPDATE platform.messages
SET lease = $4, leased_until = now() + $5::interval, claims = claims + 1, carried_as = NULL
WHERE message_id = ANY (ARRAY(SELECT message_id FROM head UNION ALL SELECT message_id FROM follower))
RETURNING message_id, kind, key, body, failures, claims, published_at;

-- name: done :exec
DELETE FROM platform.messages WHERE message_id = ANY ($1::bigint[]) AND lease = $2;

-- name: later :exec
UPDATE platform.messages
SET due_at = $3, lease = NULL, leased_until = NULL, carried_as = NULL, claims = claims - 1
WHERE message_id = $1 AND lease = $2;

-- name: give_back :exec
UPDATE platform.messages
SET lease = NULL, leased_until = NULL, carried_as = NULL, claims = claims - 1
WHERE message_id = ANY ($1::bigint[]) AND lease = $2;

-- name: failed :exec
UPDATE platform.messages
SET due_at = $3, lease = NULL, leased_until = NULL, carried_as = NULL, failures = failures + 1
WHERE message_id = $1 AND lease = $2;

-- name: extend :exec
UPDATE platform.messages SET leased_until = now() + $3::interval WHERE message_id = $1 AND lease = $2;

-- name: bury :exec
WITH gone AS (
  DELETE FROM platform.messages WHERE message_id = $1 AND lease = $2 RETURNING *
)
INSERT INTO platform.dead_letters (message_id, lane, kind, key, body, published_at, failures, error, died_at)
SELECT message_id, lane, kind, key, body, published_at, failures + 1, $3, $4 FROM gone;

-- name: release_all :exec
UPDATE platform.messages SET lease = NULL, leased_until = NULL, carried_as = NULL WHERE leased_until IS NOT NULL;

-- name: lanes :many
-- What a broker carries and nobody has taken is free.
SELECT lane, coalesce(waiting, 0), coalesce(delayed, 0), coalesce(claimed, 0), coalesce(dead, 0), oldest
FROM (SELECT lane,
             count(*) FILTER (WHERE free AND due_at <= $1) AS waiting,
             count(*) FILTER (WHERE free AND due_at > $1) AS delayed,
             count(*) FILTER (WHERE NOT free) AS claimed,
             min(published_at) FILTER (WHERE free AND due_at <= $1) AS oldest
      FROM (SELECT *, lease IS NULL OR leased_until < now() AS free FROM platform.messages) AS m
      GROUP BY lane) AS alive
FULL JOIN (SELECT lane, count(*) AS dead FROM platform.dead_letters GROUP BY lane) AS buried USING (lane)
ORDER BY lane;

-- name: dead :many
SELECT message_id, kind, key, body, failures, published_at, error, died_at
FROM platform.dead_letters
WHERE lane = $1
ORDER BY message_id
LIMIT $2;

-- name: replay :exec
WITH back AS (
  DELETE FROM platform.dead_letters
  WHERE lane = $1 AND ($2::bigint[] = '{}' OR message_id = ANY ($2))
  RETURNING *
)
INSERT INTO platform.messages (lane, kind, key, body, published_at, due_at)
SELECT lane, kind, key, body, published_at, $3 FROM back ORDER BY message_id;

-- name: hint :one
SELECT pg_notify('tandem_queue', $1) IS NULL;
