-- name: note :exec
INSERT INTO platform.errors (fingerprint, room, message, context, count, first_at, last_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::timestamptz[])
ON CONFLICT (fingerprint) DO UPDATE
SET count = errors.count + excluded.count, context = excluded.context, last_at = excluded.last_at;

-- name: latest :many
SELECT room, message, context, count, first_at, last_at FROM platform.errors
WHERE last_at >= $1 ORDER BY last_at DESC LIMIT $2;

-- name: forget :exec
DELETE FROM platform.errors WHERE last_at < $1;
