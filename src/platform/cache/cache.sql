-- name: invalidate :many
INSERT INTO platform.cache_invalidations (key) SELECT unnest($1::text[]) RETURNING invalidation_id, written_by::text;

-- name: horizon :one
-- Every transaction that commits from now on has this number or a higher one. And the highest number that was pruned.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text, floor::text FROM platform.cache_floor;

-- name: since :many
-- All that a look at that horizon may not have seen; what it did see is told apart by its id.
SELECT invalidation_id, key, written_by::text FROM platform.cache_invalidations WHERE written_by >= $1::xid8;

-- name: recent :many
-- The last change of each key, the newest first.
SELECT key, max(written_by)::text FROM platform.cache_invalidations GROUP BY key ORDER BY max(written_by) DESC LIMIT $1;

-- name: identity :one
-- Transactions are counted for each server anew: what a shared cache holds belongs to one database of one server.
SELECT system_identifier::text || '.' || (SELECT oid FROM pg_database WHERE datname = current_database())
FROM pg_control_system();

-- name: hint :one
SELECT pg_notify('tandem_cache', '') IS NULL;

-- name: prune :exec
WITH gone AS (
  DELETE FROM platform.cache_invalidations WHERE written_at < now() - interval '1 hour' RETURNING written_by)
UPDATE platform.cache_floor SET floor = (SELECT max(written_by) FROM gone)
WHERE floor < (SELECT max(written_by) FROM gone);

-- name: forget_future :exec
-- A restored database brings the transaction numbers of another server along.
WITH future AS (
  DELETE FROM platform.cache_invalidations WHERE written_by >= pg_snapshot_xmax(pg_current_snapshot()))
UPDATE platform.cache_floor SET floor = '0' WHERE floor >= pg_snapshot_xmax(pg_current_snapshot());
