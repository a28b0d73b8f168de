-- name: add_code :exec
INSERT INTO accounts.operator_codes (code_hash, expires_at) VALUES ($1, $2);

-- name: use_code :optional
UPDATE accounts.operator_codes SET used_at = $2
WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $2
RETURNING code_hash;

-- name: add_chat :exec
INSERT INTO accounts.operator_chats (bot_id, chat_id, user_id, claimed_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (bot_id, chat_id) DO UPDATE SET user_id = excluded.user_id, claimed_at = excluded.claimed_at;

-- name: chats :many
SELECT bot_id, chat_id, user_id FROM accounts.operator_chats ORDER BY claimed_at;

-- name: is_operator :one
SELECT EXISTS (SELECT FROM accounts.operator_chats WHERE user_id = $1);

-- name: forget_chat :exec
DELETE FROM accounts.operator_chats WHERE bot_id = $1 AND chat_id = $2;

-- name: move_chat :exec
UPDATE accounts.operator_chats SET chat_id = $3 WHERE bot_id = $1 AND chat_id = $2
  AND NOT EXISTS (SELECT FROM accounts.operator_chats o WHERE o.bot_id = $1 AND o.chat_id = $3);
