-- name: invalidate :many
INSERT INTO platform.cache_invalidations (key) SELECT unnest($1::text[]) RETURNING invalidation_id;

-- name: horizon :one
-- Every transaction that commits from now on has this number or a higher one.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text;

-- name: since :many
-- All that a look at that horizon may not have seen; what it did see is told apart by its id.
SELECT invalidation_id, key FROM platform.cache_invalidations WHERE written_by >= $1::xid8;

-- name: hint :one
SELECT pg_notify('tandem_cache', '') IS NULL;

-- name: prune :exec
DELETE FROM platform.cache_invalidations WHERE written_at < now() - interval '1 hour';
