-- Lanes with something due: a person's messages to another go one after the other.
-- name: lanes :many
SELECT bot_id, match_id, from_id FROM dating.messages
WHERE (state = 'due' OR edit_due) AND next_at <= $1
GROUP BY bot_id, match_id, from_id ORDER BY min(next_at) LIMIT $2;

-- The next of a lane, with what it replies to as the other sees it.
-- name: next :optional
SELECT m.from_message, s.other_id, m.state, m.to_message, m.content, m.tries, me.name, t.match_id IS NOT NULL,
       s.state <> 'closed' AND o.state <> 'banned' AND me.state <> 'banned',
       CASE WHEN m.reply_to IS NOT NULL THEN coalesce(
         (SELECT r.to_message FROM dating.messages r
          WHERE r.bot_id = m.bot_id AND r.from_id = m.from_id AND r.from_message = m.reply_to AND r.state = 'sent'),
         (SELECT r.from_message FROM dating.messages r
          WHERE r.bot_id = m.bot_id AND r.to_message = m.reply_to AND r.from_id = s.other_id
            AND r.match_id = m.match_id LIMIT 1)) END
FROM dating.messages m JOIN dating.sides s ON s.match_id = m.match_id AND s.user_id = m.from_id
JOIN dating.profiles me ON me.user_id = m.from_id JOIN dating.profiles o ON o.user_id = s.other_id
LEFT JOIN dating.talks t ON t.user_id = s.other_id AND t.match_id = m.match_id
WHERE m.match_id = $1 AND m.from_id = $2 AND m.bot_id = $3 AND (m.state = 'due' OR m.edit_due) AND m.next_at <= $4
ORDER BY m.from_message LIMIT 1;

-- Deleted while it was on the wire: stays deleted, and the copy goes.
-- name: mark_sent :many
UPDATE dating.messages SET to_message = $4, state = CASE WHEN state = 'due' THEN 'sent' ELSE state END
WHERE bot_id = $1 AND from_id = $2 AND from_message = $3 RETURNING state;

-- name: mark_refused :exec
UPDATE dating.messages SET state = 'refused', edit_due = false
WHERE bot_id = $1 AND from_id = $2 AND from_message = $3 AND state = 'due';

-- Unless it was edited once more ($4 is what was shown).
-- name: mark_edited :exec
UPDATE dating.messages SET edit_due = false
WHERE bot_id = $1 AND from_id = $2 AND from_message = $3 AND content IS NOT DISTINCT FROM $4;

-- The whole lane waits.
-- name: put_off :exec
UPDATE dating.messages SET next_at = $4, tries = tries + CASE WHEN from_message = $5 THEN $6::integer ELSE 0 END
WHERE bot_id = $1 AND match_id = $2 AND from_id = $3 AND (state = 'due' OR edit_due);

-- name: lines_to_pin :many
SELECT user_id, bot_id, match_id, tries FROM dating.talks
WHERE pinned IS NULL AND tries < $1 AND next_at <= $3 ORDER BY user_id LIMIT $2;

-- name: pinned :many
UPDATE dating.talks SET pinned = $3 WHERE user_id = $1 AND match_id = $2 AND pinned IS NULL RETURNING user_id;

-- name: line_failed :exec
UPDATE dating.talks SET tries = tries + $3, next_at = $4 WHERE user_id = $1 AND match_id = $2 AND pinned IS NULL;

-- name: removals :many
SELECT bot_id, chat_id, message_id, kind, language, tries FROM dating.removals
WHERE next_at <= $1 ORDER BY next_at LIMIT $2;

-- name: removed :exec
DELETE FROM dating.removals WHERE bot_id = $1 AND chat_id = $2 AND message_id = ANY ($3::bigint[]);

-- name: put_removals_off :exec
UPDATE dating.removals SET tries = tries + $5, next_at = $4
WHERE bot_id = $1 AND chat_id = $2 AND message_id = ANY ($3::bigint[]);

-- name: remove_later :exec
INSERT INTO dating.removals (bot_id, chat_id, message_id, next_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;
