-- Two readers of one source, or two pages of it, do not overtake each other.
-- name: lock_source :one
SELECT state = 'taken_down' FROM hunt.sources WHERE source_id = $1 FOR NO KEY UPDATE;

-- name: known :many
SELECT message_id, post_id, revision, encode(content_hash, 'hex'), encode(fingerprint, 'hex'), state,
       coalesce(repeat_of, 0)
FROM hunt.posts WHERE source_id = $1 AND message_id = ANY ($2);

-- name: banned :many
SELECT author_key FROM hunt.banned_authors WHERE author_key = ANY ($1);

-- Two sources that bring the same text in the same moment take turns; sorted, so that nobody waits in a circle.
-- name: lock_texts :one
SELECT count(locked)
FROM (SELECT pg_advisory_xact_lock(1752526452, key::integer) AS locked
      FROM (SELECT DISTINCT key FROM unnest($1::bigint[]) AS key ORDER BY key) sorted) waiting;

-- Posts with one of these fingerprints.
-- name: same :many
SELECT post_id, posted_at, encode(fingerprint, 'hex'), state
FROM hunt.posts
WHERE fingerprint = ANY (ARRAY (SELECT decode(f, 'hex') FROM unnest($1::text[]) AS f))
  AND posted_at BETWEEN $2 AND $3 AND state IN ('waiting', 'judged')
ORDER BY posted_at, post_id;

-- Posts that share a band with one of these; the newest if a phrase that everybody uses finds too many.
-- name: alike :many
SELECT post_id, posted_at, text, bands, state
FROM hunt.posts
WHERE bands && $1::bigint[] AND bands <> '{}' AND erased_at IS NULL
  AND posted_at BETWEEN $2 AND $3 AND state IN ('waiting', 'judged')
ORDER BY post_id DESC LIMIT $4;

-- The originals that repeats were found of, as they are now. Whoever takes them out of the running (a take-down) waits
-- until the repeats are stored.
-- name: hold_originals :many
SELECT post_id, state, coalesce(repeat_of, 0) FROM hunt.posts
WHERE post_id = ANY ($1) ORDER BY post_id FOR KEY SHARE;

-- The state of originals whose place an earlier post takes.
-- name: lock_originals :many
SELECT post_id, state, coalesce(repeat_of, 0) FROM hunt.posts
WHERE post_id = ANY ($1) ORDER BY post_id FOR NO KEY UPDATE;

-- An earlier post ($2) takes the place of these originals ($1): vacancy, verdicts, labels and repeats are its own now.
-- name: take_over :exec
WITH pairs AS (SELECT * FROM unnest($1::bigint[], $2::bigint[]) AS u (later, earlier)),
verdicts AS (
  INSERT INTO hunt.verdicts (post_id, revision, at, kind, categories, confidences, confidence, scam, engine)
  SELECT p.earlier, 1, v.at, v.kind, v.categories, v.confidences, v.confidence, v.scam, v.engine
  FROM pairs p JOIN hunt.posts o ON o.post_id = p.later
  JOIN hunt.verdicts v ON v.post_id = o.post_id AND v.revision = o.revision
  ON CONFLICT DO NOTHING),
vacancies AS (
  UPDATE hunt.vacancies v SET post_id = p.earlier FROM pairs p WHERE v.post_id = p.later),
labels AS (
  UPDATE hunt.labels l SET post_id = p.earlier FROM pairs p WHERE l.post_id = p.later)
UPDATE hunt.posts o
SET state = CASE WHEN o.post_id = p.later THEN 'repeat' ELSE o.state END, repeat_of = p.earlier,
    bands = CASE WHEN o.post_id = p.later THEN '{}' ELSE o.bands END
FROM pairs p WHERE o.post_id = p.later OR o.repeat_of = p.later;

-- Who is to be written to, where the original does not say it.
-- name: lend_contacts :exec
UPDATE hunt.posts o
SET contact_url = r.contact_url, author_key = CASE o.author_key WHEN '' THEN r.author_key ELSE o.author_key END
FROM (SELECT DISTINCT ON (repeat_of) repeat_of, contact_url, author_key FROM hunt.posts
      WHERE post_id = ANY ($1) AND contact_url <> '' AND repeat_of IS NOT NULL ORDER BY repeat_of, posted_at) r
WHERE o.post_id = r.repeat_of AND o.contact_url = '';

-- name: insert :many
INSERT INTO hunt.posts (source_id, message_id, posted_at, seen_at, text, url, author_key, contact_url, content_hash,
                        fingerprint, state, reason, repeat_of, origin, bands)
SELECT $1, u.message_id, u.posted_at, $2, u.text, u.url, u.author_key, u.contact_url, decode(u.content_hash, 'hex'),
       decode(u.fingerprint, 'hex'), u.state, u.reason, nullif(u.repeat_of, 0), u.origin,
       string_to_array(u.bands, ',')::bigint[]
FROM unnest($3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
            $11::text[], $12::text[], $13::bigint[], $14::text[], $15::text[])
  AS u (message_id, posted_at, text, url, author_key, contact_url, content_hash, fingerprint, state, reason, repeat_of,
        origin, bands)
RETURNING message_id, post_id;

-- name: revise :exec
UPDATE hunt.posts p
SET revision = p.revision + 1, edited_at = $1, text = u.text, author_key = u.author_key, contact_url = u.contact_url,
    content_hash = decode(u.content_hash, 'hex'), fingerprint = decode(u.fingerprint, 'hex'), state = u.state,
    reason = u.reason, repeat_of = nullif(u.repeat_of, 0), bands = string_to_array(u.bands, ',')::bigint[],
    erased_at = NULL
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::bigint[], $11::text[])
  AS u (post_id, text, author_key, contact_url, content_hash, fingerprint, state, reason, repeat_of, bands)
WHERE p.post_id = u.post_id;

-- What an edit has taken out of the running.
-- name: withdraw :many
UPDATE hunt.vacancies SET state = 'withdrawn', withdrawn_by_edit = true
WHERE post_id = ANY ($1) AND state = 'live' RETURNING post_id, vacancy_id;

-- name: close_deleted :many
UPDATE hunt.posts
SET state = 'dropped', reason = 'deleted', revision = revision + 1, edited_at = $5, content_hash = ''
WHERE source_id = $1 AND message_id BETWEEN $2 AND $3 AND NOT message_id = ANY ($4) AND state IN ('waiting', 'judged')
RETURNING post_id;

-- name: close_vacancies :exec
UPDATE hunt.vacancies v SET state = 'withdrawn', withdrawn_by_edit = true, closed = true
WHERE v.post_id = ANY ($1) AND v.state = 'live'
  AND NOT EXISTS (SELECT FROM hunt.posts p JOIN hunt.sources s USING (source_id)
                  WHERE p.repeat_of = v.post_id AND p.reason <> 'deleted' AND s.state <> 'taken_down');

-- name: advance :exec
UPDATE hunt.sources
SET last_message_id = greatest(last_message_id, $2), last_read_at = $3,
    last_post_at = greatest(last_post_at, $4::timestamptz), title = CASE $5::text WHEN '' THEN title ELSE $5 END,
    state = CASE WHEN state IN ('paused', 'pending') THEN state ELSE 'active' END, failures = 0, last_error = ''
WHERE source_id = $1;

-- name: advance_back_fill :exec
UPDATE hunt.sources
SET last_post_at = greatest(last_post_at, $2::timestamptz), title = CASE title WHEN '' THEN $3 ELSE title END
WHERE source_id = $1;
