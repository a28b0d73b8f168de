-- name: lock :one
-- One process at a time, until the end of the transaction. The number is "tandem" in ASCII.
SELECT pg_advisory_xact_lock(127970252152173) IS NULL;

-- name: has_table :one
SELECT to_regclass('platform.migrations') IS NOT NULL;

-- name: applied :many
SELECT number, file, checksum FROM platform.migrations ORDER BY number;

-- name: record :exec
INSERT INTO platform.migrations (number, file, checksum) VALUES ($1, $2, $3);
