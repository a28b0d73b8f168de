-- name: add :optional
INSERT INTO hunt.sources (kind, name, rules, next_read_at, added_at) VALUES ('preview', $1, $2, $3, $3)
ON CONFLICT (kind, name) DO NOTHING RETURNING source_id;

-- name: all :many
SELECT source_id, name, title, rules, state, last_message_id, read_gap_ms, next_read_at, failures, last_error,
       last_read_at, last_post_at, added_at, changed_at
FROM hunt.sources WHERE kind = 'preview' ORDER BY name;

-- name: by_name :many
SELECT source_id, name, title, rules, state, last_message_id, read_gap_ms, next_read_at, failures, last_error,
       last_read_at, last_post_at, added_at, changed_at
FROM hunt.sources WHERE kind = 'preview' AND name = $1;

-- What changed since the newest change that a reader knows, and a little before it: a transaction that began earlier
-- may have committed later.
-- name: changed_since :many
SELECT source_id, name, title, rules, state, last_message_id, read_gap_ms, next_read_at, failures, last_error,
       last_read_at, last_post_at, added_at, changed_at
FROM hunt.sources WHERE kind = 'preview' AND changed_at > $1::timestamptz - interval '10 seconds';

-- name: set_paused :optional
UPDATE hunt.sources
SET state = CASE WHEN $2 THEN 'paused' WHEN state = 'paused' THEN 'active' ELSE state END, changed_at = now()
WHERE source_id = $1 RETURNING source_id;

-- name: set_rules :optional
UPDATE hunt.sources SET rules = $2, changed_at = now() WHERE source_id = $1 RETURNING source_id;

-- A coalesced hint to the readers of all processes.
-- name: announce :one
SELECT pg_notify('hunt_sources', '');

-- name: exists :one
SELECT EXISTS (SELECT FROM hunt.sources WHERE source_id = $1);

-- name: newest_posts :many
SELECT url, text FROM hunt.posts WHERE source_id = $1 ORDER BY message_id DESC LIMIT $2;

-- How reading goes, for many sources at once. A pause that the operator has set meanwhile stays.
-- name: note_reading :exec
UPDATE hunt.sources s
SET state = CASE s.state WHEN 'paused' THEN 'paused' ELSE u.state END, read_gap_ms = u.gap, next_read_at = u.due,
    failures = u.failures, last_error = u.error, last_read_at = coalesce(nullif(u.read_at, 'epoch'), s.last_read_at)
FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::timestamptz[], $5::bigint[], $6::text[], $7::timestamptz[])
  AS u (source_id, state, gap, due, failures, error, read_at)
WHERE s.source_id = u.source_id;
