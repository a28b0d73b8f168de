-- name: meet :one
INSERT INTO accounts.users (telegram_id, first_name, username, language, created_at, last_seen_at)
VALUES ($1, $2, nullif($3, ''), $4, $5, $5)
ON CONFLICT (telegram_id) DO UPDATE SET
  first_name   = excluded.first_name,
  username     = excluded.username,
  language     = CASE WHEN users.language_chosen OR $6 THEN users.language ELSE excluded.language END,
  last_seen_at = excluded.last_seen_at
RETURNING user_id, telegram_id, first_name, coalesce(username, ''), language, time_zone, created_at;

-- name: find :optional
SELECT user_id, telegram_id, first_name, coalesce(username, ''), language, time_zone, created_at
FROM accounts.users WHERE user_id = $1;

-- name: find_by_telegram :optional
SELECT user_id, telegram_id, first_name, coalesce(username, ''), language, time_zone, created_at
FROM accounts.users WHERE telegram_id = $1;

-- name: find_by_username :optional
SELECT user_id, telegram_id, first_name, coalesce(username, ''), language, time_zone, created_at
FROM accounts.users WHERE lower(username) = lower(ltrim($1, '@')) ORDER BY last_seen_at DESC LIMIT 1;

-- name: set_language :exec
UPDATE accounts.users SET language = $2, language_chosen = true WHERE user_id = $1;

-- name: set_time_zone :exec
UPDATE accounts.users SET time_zone = $2 WHERE user_id = $1;

-- name: started :exec
INSERT INTO accounts.bot_chats (user_id, bot_id, started_at) VALUES ($1, $2, $3)
ON CONFLICT (user_id, bot_id) DO UPDATE SET blocked_at = NULL;

-- name: blocked :exec
UPDATE accounts.bot_chats SET blocked_at = $3 WHERE user_id = $1 AND bot_id = $2 AND blocked_at IS NULL;

-- name: reachable_bots :many
SELECT bot_id FROM accounts.bot_chats WHERE user_id = $1 AND blocked_at IS NULL ORDER BY bot_id;

-- name: can_reach :one
SELECT EXISTS (SELECT FROM accounts.bot_chats WHERE user_id = $1 AND bot_id = $2 AND blocked_at IS NULL);

-- name: note :exec
INSERT INTO accounts.journal (user_id, at, product, action, screen, subject) VALUES ($1, $2, $3, $4, $5, $6);

-- name: journal :many
SELECT at, action, screen, subject FROM accounts.journal WHERE user_id = $1 ORDER BY at DESC, entry_id DESC LIMIT $2;

-- name: forget_journal :exec
DELETE FROM accounts.journal WHERE at < $1;

-- name: erase_journal :exec
DELETE FROM accounts.journal WHERE user_id = $1 AND product = $2;

-- name: export_data :one
SELECT jsonb_build_object(
  'person', jsonb_build_object('telegram_id', u.telegram_id, 'first_name', u.first_name, 'username', u.username,
                               'language', u.language, 'time_zone', u.time_zone, 'created_at', u.created_at,
                               'last_seen_at', u.last_seen_at),
  'bots', (SELECT coalesce(jsonb_agg(jsonb_build_object('bot_id', c.bot_id, 'started_at', c.started_at,
                                                        'blocked_at', c.blocked_at) ORDER BY c.bot_id), '[]')
           FROM accounts.bot_chats c WHERE c.user_id = u.user_id),
  'journal', (SELECT coalesce(jsonb_agg(jsonb_build_object('at', j.at, 'product', j.product, 'action', j.action,
                                                           'screen', j.screen, 'subject', j.subject) ORDER BY j.entry_id), '[]')
              FROM accounts.journal j WHERE j.user_id = u.user_id),
  'questions', (SELECT coalesce(jsonb_agg(to_jsonb(d) - 'user_id'), '[]') FROM accounts.dialogs d
                WHERE d.user_id = u.user_id),
  'operator_chats', (SELECT coalesce(jsonb_agg(to_jsonb(o) - 'user_id'), '[]') FROM accounts.operator_chats o
                     WHERE o.user_id = u.user_id))
FROM accounts.users u WHERE u.user_id = $1;

-- name: erase :exec
DELETE FROM accounts.users WHERE user_id = $1;

-- name: note_deletion :exec
INSERT INTO accounts.deletions (deletion_id, at) VALUES (gen_random_uuid(), $1);
