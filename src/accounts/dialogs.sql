-- name: waiting_for :optional
SELECT d.state FROM accounts.dialogs d JOIN accounts.users u USING (user_id)
WHERE u.telegram_id = $1 AND d.bot_id = $2 AND d.at > $3;

-- name: answered_by :optional
SELECT d.state FROM accounts.dialogs d JOIN accounts.users u USING (user_id)
WHERE u.telegram_id = $1 AND d.bot_id = $2 AND d.at > $3 AND d.message_id = $4;

-- name: wait_for :exec
INSERT INTO accounts.dialogs AS d (user_id, bot_id, state, at) VALUES ($1, $2, $3, $4)
ON CONFLICT (user_id, bot_id) DO UPDATE SET state = excluded.state, at = excluded.at,
  message_id = CASE WHEN d.state = excluded.state THEN d.message_id END;

-- name: asked_in :exec
UPDATE accounts.dialogs SET message_id = $4 WHERE user_id = $1 AND bot_id = $2 AND state = $3;

-- name: end_waiting :exec
DELETE FROM accounts.dialogs WHERE user_id = $1 AND bot_id = $2;
