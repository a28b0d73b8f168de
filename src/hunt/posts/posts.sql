-- Two readers of one source, or two pages of it, do not overtake each other.
-- name: lock_source :one
SELECT last_message_id FROM hunt.sources WHERE source_id = $1 FOR NO KEY UPDATE;

-- name: known :many
SELECT message_id, post_id, revision, encode(content_hash, 'hex'), encode(fingerprint, 'hex'), state,
       coalesce(repeat_of, 0)
FROM hunt.posts WHERE source_id = $1 AND message_id = ANY ($2);

-- name: banned :many
SELECT author_key FROM hunt.banned_authors WHERE author_key = ANY ($1);

-- Two sources that bring the same text in the same moment take turns; sorted, so that nobody waits in a circle.
-- name: lock_fingerprints :one
SELECT count(locked)
FROM (SELECT pg_advisory_xact_lock(1752526452, key::integer) AS locked
      FROM (SELECT DISTINCT key FROM unnest($1::bigint[]) AS key ORDER BY key) sorted) waiting;

-- The post that was there first, by fingerprint.
-- name: originals :many
SELECT DISTINCT ON (fingerprint) encode(fingerprint, 'hex'), post_id
FROM hunt.posts
WHERE fingerprint = ANY (ARRAY (SELECT decode(f, 'hex') FROM unnest($1::text[]) AS f)) AND posted_at >= $2
  AND state IN ('waiting', 'judged')
ORDER BY fingerprint, post_id;

-- name: insert :many
INSERT INTO hunt.posts (source_id, message_id, posted_at, seen_at, text, url, author_key, contact_url, content_hash,
                        fingerprint, state, reason, repeat_of)
SELECT $1, u.message_id, u.posted_at, $2, u.text, u.url, u.author_key, u.contact_url, decode(u.content_hash, 'hex'),
       decode(u.fingerprint, 'hex'), u.state, u.reason, nullif(u.repeat_of, 0)
FROM unnest($3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
            $11::text[], $12::text[], $13::bigint[])
  AS u (message_id, posted_at, text, url, author_key, contact_url, content_hash, fingerprint, state, reason, repeat_of)
RETURNING message_id, post_id;

-- name: revise :exec
UPDATE hunt.posts p
SET revision = p.revision + 1, edited_at = $1, text = u.text, author_key = u.author_key, contact_url = u.contact_url,
    content_hash = decode(u.content_hash, 'hex'), fingerprint = decode(u.fingerprint, 'hex'), state = u.state,
    reason = u.reason, repeat_of = nullif(u.repeat_of, 0)
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::bigint[])
  AS u (post_id, text, author_key, contact_url, content_hash, fingerprint, state, reason, repeat_of)
WHERE p.post_id = u.post_id;

-- What an edit has taken out of the running.
-- name: withdraw :many
UPDATE hunt.vacancies SET state = 'withdrawn', withdrawn_by_edit = true
WHERE post_id = ANY ($1) AND state = 'live' RETURNING post_id, vacancy_id;

-- name: advance :exec
UPDATE hunt.sources
SET last_message_id = greatest(last_message_id, $2), last_read_at = $3,
    last_post_at = greatest(last_post_at, $4::timestamptz), title = CASE $5::text WHEN '' THEN title ELSE $5 END,
    state = CASE state WHEN 'paused' THEN 'paused' ELSE 'active' END, failures = 0, last_error = ''
WHERE source_id = $1;
