-- name: add :exec
INSERT INTO platform.bots (bot_id, role, token_sealed, username, title, added_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (bot_id) DO UPDATE
SET role = excluded.role, token_sealed = excluded.token_sealed, active = true, last_error = NULL;

-- name: remove :optional
UPDATE platform.bots SET active = false WHERE bot_id = $1 AND active RETURNING bot_id;

-- name: keep_only :many
UPDATE platform.bots SET active = false WHERE role = $1 AND bot_id <> $2 AND active RETURNING bot_id;

-- name: list :many
SELECT bot_id, role, token_sealed, username, title, coalesce(last_error, '')
FROM platform.bots WHERE active ORDER BY added_at, bot_id;

-- name: introduce :exec
UPDATE platform.bots SET username = $2, title = $3, last_error = nullif($4, '') WHERE bot_id = $1;

-- name: load_progress :optional
SELECT update_offset, updates_seen, last_update_at FROM platform.bots WHERE bot_id = $1;

-- name: save_progress :one
-- Nobody waits for the disk: the effects are safe before this, and after a crash of the machine an update may come twice
-- as it may after one that struck before this was written.
WITH saved AS (
  UPDATE platform.bots SET update_offset = $2, updates_seen = $3, last_update_at = $4 WHERE bot_id = $1 RETURNING bot_id)
SELECT count(*), set_config('synchronous_commit', 'off', true) FROM saved;
