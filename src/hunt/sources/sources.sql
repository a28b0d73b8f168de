-- name: lock_names :one
SELECT pg_advisory_xact_lock(1752526453, 0);

-- Sources of these names that are there already, in whatever way they are read.
-- name: of_names :many
SELECT name, state = 'taken_down' FROM hunt.sources
WHERE name = ANY ($1) AND kind IN ('preview', 'feed', 'bot', 'export') AND (kind <> 'export' OR state = 'taken_down');

-- name: add :many
INSERT INTO hunt.sources (kind, name, address, rules, next_read_at, added_at)
SELECT CASE u.address WHEN '' THEN 'preview' ELSE 'feed' END, u.name, u.address, u.rules, $4, $4
FROM unnest($1::text[], $2::text[], $3::text[]) AS u (name, address, rules)
ON CONFLICT (kind, name) DO UPDATE
SET state = 'active', rules = excluded.rules, taken_down_at = NULL, changed_at = now(), added_at = excluded.added_at
WHERE hunt.sources.state = 'taken_down'
RETURNING name, source_id;

-- name: add_other :optional
INSERT INTO hunt.sources (kind, name, title, chat_id, state, next_read_at, added_at)
VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING RETURNING source_id;

-- name: all :many
SELECT source_id, kind, name, title, address, chat_id, rules, state, last_message_id, read_gap_ms, next_read_at, failures,
       last_error, last_read_at, last_post_at, added_at, etag, last_modified, silent_since, changed_at
FROM hunt.sources ORDER BY kind, name;

-- name: by_name :many
SELECT source_id, kind, name, title, address, chat_id, rules, state, last_message_id, read_gap_ms, next_read_at, failures,
       last_error, last_read_at, last_post_at, added_at, etag, last_modified, silent_since, changed_at
FROM hunt.sources WHERE name = ANY ($1)
ORDER BY state = 'taken_down', state IN ('paused', 'pending'), kind = 'preview' DESC, source_id LIMIT 1;

-- name: by_id :many
SELECT source_id, kind, name, title, address, chat_id, rules, state, last_message_id, read_gap_ms, next_read_at, failures,
       last_error, last_read_at, last_post_at, added_at, etag, last_modified, silent_since, changed_at
FROM hunt.sources WHERE source_id = $1;

-- name: by_kind :many
SELECT source_id, kind, name, title, address, chat_id, rules, state, last_message_id, read_gap_ms, next_read_at, failures,
       last_error, last_read_at, last_post_at, added_at, etag, last_modified, silent_since, changed_at
FROM hunt.sources WHERE kind = $1 AND name = $2;

-- name: by_chat :many
SELECT source_id, kind, name, title, address, chat_id, rules, state, last_message_id, read_gap_ms, next_read_at, failures,
       last_error, last_read_at, last_post_at, added_at, etag, last_modified, silent_since, changed_at
FROM hunt.sources WHERE chat_id = $1;

-- What changed since the newest change that a reader knows, and a little before it: a transaction that began earlier
-- may have committed later.
-- name: changed_since :many
SELECT source_id, kind, name, title, address, chat_id, rules, state, last_message_id, read_gap_ms, next_read_at, failures,
       last_error, last_read_at, last_post_at, added_at, etag, last_modified, silent_since, changed_at
FROM hunt.sources WHERE kind IN ('preview', 'feed') AND changed_at > $1::timestamptz - interval '10 seconds';

-- name: set_paused :optional
UPDATE hunt.sources
SET state = CASE WHEN $2 THEN 'paused' WHEN state = 'paused' THEN 'active' ELSE state END, changed_at = now()
WHERE source_id = $1 AND state <> 'taken_down' RETURNING source_id;

-- name: set_rules :optional
UPDATE hunt.sources SET rules = $2, changed_at = now()
WHERE source_id = $1 AND state <> 'taken_down' RETURNING source_id;

-- name: confirm :optional
WITH confirmed AS (
  UPDATE hunt.sources SET state = 'active', changed_at = now()
  WHERE source_id = $1 AND state IN ('pending', 'paused', 'active') RETURNING source_id, kind, name),
rests AS (
  UPDATE hunt.sources s SET state = 'paused', changed_at = now()
  FROM confirmed c WHERE c.kind = 'bot' AND s.kind = 'preview' AND s.name = c.name AND s.state <> 'taken_down')
SELECT source_id FROM confirmed;

-- name: chat_back :exec
UPDATE hunt.sources SET title = $2, state = CASE state WHEN 'failing' THEN 'pending' ELSE state END, last_error = '',
       changed_at = now()
WHERE source_id = $1;

-- name: chat_left :optional
UPDATE hunt.sources SET state = 'failing', last_error = 'the bot is no member any more', changed_at = now()
WHERE chat_id = $1 AND state IN ('active', 'pending') RETURNING source_id;

-- Message ids begin anew in the supergroup: a source of its own, which inherits what the operator decided.
-- name: chat_moved :exec
WITH old AS (
  UPDATE hunt.sources SET state = 'paused', last_error = 'became a supergroup', changed_at = now()
  WHERE chat_id = $1 AND state <> 'taken_down' RETURNING title, rules),
before AS (SELECT state FROM hunt.sources WHERE chat_id = $1)
INSERT INTO hunt.sources (kind, name, title, rules, chat_id, state, next_read_at, added_at)
SELECT 'bot', $3, old.title, old.rules, $2, before.state, $4, $4 FROM old, before
ON CONFLICT DO NOTHING;

-- A coalesced hint to the readers of all processes.
-- name: announce :one
SELECT pg_notify('hunt_sources', '');

-- name: newest_posts :many
SELECT url, text FROM hunt.posts WHERE source_id = $1 AND erased_at IS NULL ORDER BY post_id DESC LIMIT $2;

-- name: stored :many
SELECT p.post_id, p.source_id, s.name, p.url, p.text
FROM hunt.posts p JOIN hunt.sources s USING (source_id)
WHERE p.post_id > $1 AND p.seen_at >= $2 AND p.erased_at IS NULL AND p.text <> '' AND ($3 = 0 OR p.source_id = $3)
ORDER BY p.post_id LIMIT $4;

-- How reading goes, for many sources at once. A rest that the operator has set meanwhile stays.
-- name: note_reading :exec
UPDATE hunt.sources s
SET state = CASE WHEN s.state IN ('paused', 'taken_down') THEN s.state ELSE u.state END, read_gap_ms = u.gap,
    next_read_at = u.due, failures = u.failures, last_error = u.error,
    last_read_at = coalesce(nullif(u.read_at, 'epoch'), s.last_read_at), etag = u.etag, last_modified = u.last_modified
FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::timestamptz[], $5::bigint[], $6::text[], $7::timestamptz[],
            $8::text[], $9::text[])
  AS u (source_id, state, gap, due, failures, error, read_at, etag, last_modified)
WHERE s.source_id = u.source_id;

-- Two take-downs one after the other: the heir of one source's post may stand in the other.
-- name: take_turns :one
SELECT pg_advisory_xact_lock(1752526453, 0);

-- name: begin_take_down :optional
UPDATE hunt.sources
SET state = 'taken_down', taken_down_at = coalesce(taken_down_at, $2), rules = '', title = '', last_error = '',
    etag = '', last_modified = '', changed_at = now()
WHERE source_id = $1 RETURNING source_id;

-- Of the source's posts behind message $4, the first $3.
-- name: erase_some :many
UPDATE hunt.posts p
SET text = '', author_key = '', contact_url = '', origin = '', bands = '{}', erased_at = coalesce(p.erased_at, $2)
WHERE p.source_id = $1
  AND p.message_id IN (SELECT e.message_id FROM hunt.posts e
                       WHERE e.source_id = $1 AND e.message_id > $4 ORDER BY e.message_id LIMIT $3)
RETURNING p.message_id;
