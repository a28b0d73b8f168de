-- name: waiting_for :optional
SELECT d.state FROM accounts.dialogs d JOIN accounts.users u USING (user_id)
WHERE u.telegram_id = $1 AND d.bot_id = $2 AND d.at > $3;

-- name: wait_for :exec
INSERT INTO accounts.dialogs (user_id, bot_id, state, at) VALUES ($1, $2, $3, $4)
ON CONFLICT (user_id, bot_id) DO UPDATE SET state = excluded.state, at = excluded.at;

-- name: end_waiting :exec
DELETE FROM accounts.dialogs WHERE user_id = $1 AND bot_id = $2;
