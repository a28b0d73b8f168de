-- name: all :many
SELECT a.account_id, a.name, a.state, a.sealed_key, a.user_id, a.shown, a.limited_until, a.joins_held_until, a.last_error,
       (SELECT count(*) FROM hunt.join_tries j WHERE j.account_id = a.account_id AND j.tried_at > $1),
       (SELECT max(j.tried_at) FROM hunt.join_tries j WHERE j.account_id = a.account_id)
FROM hunt.reader_accounts a ORDER BY a.account_id;

-- A login that was not ended begins again; an account that is in use is left alone.
-- name: begin_login :optional
INSERT INTO hunt.reader_accounts (name, state, sealed_key, added_at) VALUES ($1, 'login', $2, $3)
ON CONFLICT (name) DO UPDATE SET state = 'login', last_error = ''
WHERE reader_accounts.state IN ('login', 'logged_out', 'banned')
RETURNING account_id, sealed_key;

-- name: end_login :exec
UPDATE hunt.reader_accounts SET state = 'active', user_id = $2, shown = $3, last_error = '', limited_until = NULL,
       joins_held_until = NULL
WHERE account_id = $1;

-- Another person's chats are not this one's.
-- name: forget_other_user :exec
DELETE FROM hunt.memberships m USING hunt.reader_accounts a
WHERE m.account_id = a.account_id AND a.account_id = $1 AND a.user_id <> $2;

-- What the operator wants; only from the states in $3.
-- name: change_state :optional
UPDATE hunt.reader_accounts SET state = $2 WHERE name = $1 AND state = ANY ($3) RETURNING account_id;

-- What has happened to it. The operator's pause and logout stay.
-- name: note_state :exec
UPDATE hunt.reader_accounts
SET state = CASE WHEN state IN ('paused', 'leaving', 'login') AND $2 IN ('active', 'limited') THEN state ELSE $2 END,
    limited_until = $3, last_error = $4
WHERE account_id = $1;

-- name: hold_joins :exec
UPDATE hunt.reader_accounts SET joins_held_until = $2 WHERE account_id = $1;

-- name: note_join_try :exec
INSERT INTO hunt.join_tries (account_id, tried_at) VALUES ($1, $2);

-- name: forget_join_tries :exec
DELETE FROM hunt.join_tries WHERE tried_at < $1;

-- name: sources :many
SELECT s.source_id, s.name, s.title, s.rules, s.state, s.last_message_id, x.sealed_link, coalesce(x.account_id, 0),
       s.last_error
FROM hunt.sources s JOIN hunt.account_sources x USING (source_id) WHERE s.kind = 'account' ORDER BY s.source_id;

-- name: memberships :many
SELECT source_id, account_id, chat_id, state, detail, changed_at FROM hunt.memberships ORDER BY source_id, account_id;

-- name: keep_membership :exec
INSERT INTO hunt.memberships (source_id, account_id, chat_id, state, detail, changed_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (account_id, source_id) DO UPDATE
SET chat_id = excluded.chat_id, state = excluded.state, detail = excluded.detail, changed_at = excluded.changed_at;

-- name: assign :exec
UPDATE hunt.account_sources SET account_id = nullif($2, 0) WHERE source_id = $1;

-- name: add_source :optional
INSERT INTO hunt.sources (kind, name, rules, next_read_at, added_at) VALUES ('account', $1, $2, $3, $3)
ON CONFLICT (kind, name) DO NOTHING RETURNING source_id;

-- name: add_account_source :exec
INSERT INTO hunt.account_sources (source_id, sealed_link) VALUES ($1, $2);

-- A private chat is called by its number once that is known: its posts are https://t.me/c/NUMBER/MESSAGE.
-- name: rename_source :exec
UPDATE hunt.sources SET name = $2 WHERE source_id = $1 AND NOT EXISTS (
  SELECT FROM hunt.sources o WHERE o.kind = 'account' AND o.name = $2 AND o.source_id <> $1);

-- name: note_source :exec
UPDATE hunt.sources
SET state = CASE WHEN state IN ('active', 'failing') THEN $2 ELSE state END, last_error = $3,
    last_read_at = CASE WHEN $2 = 'active' THEN $4 ELSE last_read_at END
WHERE source_id = $1;

-- Stored posts of a stretch of messages that can still be deleted by their writers.
-- name: open_posts :many
SELECT message_id FROM hunt.posts
WHERE source_id = $1 AND message_id BETWEEN $2 AND $3 AND state <> 'dropped' ORDER BY message_id;

-- A coalesced hint to the reader.
-- name: announce :one
SELECT pg_notify('hunt_reader_accounts', '');

-- name: lock_source :one
SELECT last_message_id FROM hunt.sources WHERE source_id = $1 FOR NO KEY UPDATE;

-- name: close_posts :many
UPDATE hunt.posts
SET state = 'dropped', reason = 'deleted', revision = revision + 1, edited_at = $3, content_hash = ''
WHERE source_id = $1 AND message_id = ANY ($2) AND reason <> 'deleted'
RETURNING post_id, message_id, coalesce(repeat_of, post_id), posted_at;

-- Vacancies of which no copy stands any more.
-- name: withdraw_without_copies :many
UPDATE hunt.vacancies v SET state = 'withdrawn', withdrawn_by_edit = true, closed = true
WHERE v.post_id = ANY ($1) AND v.state = 'live'
  AND NOT EXISTS (SELECT FROM hunt.posts p
                  WHERE (p.post_id = v.post_id OR p.repeat_of = v.post_id) AND p.reason <> 'deleted')
RETURNING post_id, vacancy_id;
