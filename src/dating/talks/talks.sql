-- Of one match, of the current talk ($2 = 0), of a list ($2 = NULL): as the person $1 sees it.
-- name: find :many
SELECT s.match_id, s.other_id, o.name, s.state <> 'closed' AND o.state <> 'banned', coalesce(s.closed_by = $1, false),
       t.match_id IS NOT NULL, s.mine, s.theirs, s.last_at
FROM dating.sides s JOIN dating.profiles o ON o.user_id = s.other_id
LEFT JOIN dating.talks t ON t.user_id = s.user_id AND t.match_id = s.match_id
WHERE s.user_id = $1 AND s.match_id = $2;

-- name: current :many
SELECT s.match_id, s.other_id, o.name, s.state <> 'closed' AND o.state <> 'banned', coalesce(s.closed_by = $1, false),
       true, s.mine, s.theirs, s.last_at
FROM dating.talks t JOIN dating.sides s ON s.match_id = t.match_id AND s.user_id = t.user_id
JOIN dating.profiles o ON o.user_id = s.other_id
WHERE t.user_id = $1;

-- name: list :many
SELECT s.match_id, s.other_id, o.name, true, false, t.match_id IS NOT NULL, s.mine, s.theirs, s.last_at,
       count(*) OVER ()
FROM dating.sides s JOIN dating.profiles o ON o.user_id = s.other_id
LEFT JOIN dating.talks t ON t.user_id = s.user_id AND t.match_id = s.match_id
WHERE s.user_id = $1 AND s.state <> 'closed' AND o.state <> 'banned'
ORDER BY s.last_at DESC, s.match_id DESC OFFSET $2 LIMIT $3;

-- Where a message goes: a reply to the talk of what it replies to, any other to the current one; and what is known there.
-- name: place :optional
WITH goal AS (SELECT CASE WHEN $3::bigint IS NULL THEN (SELECT match_id FROM dating.talks WHERE user_id = $1) ELSE coalesce(
  (SELECT match_id FROM dating.messages WHERE bot_id = $2 AND from_id = $1 AND from_message = $3::bigint),
  (SELECT m.match_id FROM dating.messages m JOIN dating.sides s ON s.match_id = m.match_id AND s.user_id = $1
   WHERE m.bot_id = $2 AND m.to_message = $3::bigint AND m.from_id = s.other_id LIMIT 1),
  (SELECT match_id FROM dating.talks WHERE user_id = $1 AND bot_id = $2 AND pinned = $3::bigint)) END AS match_id)
SELECT s.match_id, s.other_id, o.name, s.state <> 'closed' AND o.state <> 'banned' AND me.state <> 'banned',
       coalesce(s.closed_by = $1, false), t.match_id IS NOT NULL, s.mine, s.theirs, s.last_at,
       me.trust, me.shadow, s.state, s.opened_by IS NULL,
       EXISTS (SELECT FROM dating.messages WHERE bot_id = $2 AND from_id = $1 AND from_message = $4),
       coalesce((SELECT messages FROM dating.days WHERE user_id = $1 AND day = ($5::timestamptz AT TIME ZONE 'UTC')::date), 0),
       CASE WHEN s.opened_by IS NULL THEN (SELECT count(*) FROM dating.sides n
         WHERE n.user_id = $1 AND n.opened_by = $1 AND n.opened_at >= $5::timestamptz) ELSE 0 END,
       (SELECT count(*) FROM (SELECT FROM dating.messages m WHERE m.match_id = s.match_id AND m.from_id = $1
                              LIMIT 10) few)
FROM goal JOIN dating.sides s ON s.match_id = goal.match_id AND s.user_id = $1
JOIN dating.profiles o ON o.user_id = s.other_id JOIN dating.profiles me ON me.user_id = $1
LEFT JOIN dating.talks t ON t.user_id = $1 AND t.match_id = s.match_id;

-- Locks the match against an end at the same moment; nothing if it has come.
-- name: touch :many
UPDATE dating.matches SET
  state = CASE WHEN coalesce(opened_by, $2) = $2 AND answered_at IS NULL THEN 'opened' ELSE 'answered' END,
  opened_by = coalesce(opened_by, $2), opened_at = coalesce(opened_at, $3),
  answered_at = CASE WHEN opened_by <> $2 THEN coalesce(answered_at, $3) ELSE answered_at END,
  last_at = $3
WHERE match_id = $1 AND state <> 'closed' RETURNING match_id;

-- Behind what is put off of the same person and talk.
-- name: write :many
WITH written AS (
  INSERT INTO dating.messages (bot_id, from_id, from_message, match_id, reply_to, state, content, sent_at, next_at)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8,
         greatest($8::timestamptz, (SELECT max(next_at) FROM dating.messages
                                    WHERE match_id = $4 AND from_id = $2 AND state = 'due'))
  ON CONFLICT DO NOTHING RETURNING from_id),
counted AS (
  INSERT INTO dating.days (user_id, day, messages) SELECT from_id, ($8::timestamptz AT TIME ZONE 'UTC')::date, 1 FROM written
  ON CONFLICT (user_id, day) DO UPDATE SET messages = days.messages + 1)
SELECT from_id FROM written;

-- name: message :optional
SELECT m.match_id, m.state, m.content, m.sent_at, m.to_message, s.other_id, s.state, me.trust,
       (SELECT count(*) FROM (SELECT FROM dating.messages n WHERE n.match_id = m.match_id AND n.from_id = $2
                              LIMIT 10) few),
       s.mine AND s.theirs
FROM dating.messages m JOIN dating.sides s ON s.match_id = m.match_id AND s.user_id = m.from_id
JOIN dating.profiles me ON me.user_id = m.from_id
WHERE m.bot_id = $1 AND m.from_id = $2 AND m.from_message = $3 FOR UPDATE OF m;

-- name: edit :exec
UPDATE dating.messages SET content = $4, edit_due = true, next_at = greatest(next_at, $5::timestamptz)
WHERE bot_id = $1 AND from_id = $2 AND from_message = $3;

-- name: shadowed :one
SELECT shadow FROM dating.profiles WHERE user_id = $1;

-- name: decide_held :many
UPDATE dating.messages SET state = $4, content = CASE WHEN $4 = 'due' THEN content END, next_at = $5
WHERE bot_id = $1 AND from_id = $2 AND from_message = $3 AND state = 'held' RETURNING match_id;

-- name: delete_ :exec
UPDATE dating.messages SET state = 'deleted', edit_due = false, content = NULL
WHERE bot_id = $1 AND from_id = $2 AND from_message = $3;

-- name: last_sent :optional
SELECT from_message FROM dating.messages
WHERE match_id = $1 AND from_id = $2 AND bot_id = $3 AND sent_at > $4 AND state IN ('due', 'sent')
ORDER BY sent_at DESC, from_message DESC LIMIT 1;

-- name: remove_later :exec
INSERT INTO dating.removals (bot_id, chat_id, message_id, kind, language, next_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING;

-- What was pinned before.
-- name: open :many
WITH before AS (SELECT bot_id, pinned FROM dating.talks WHERE user_id = $1 FOR UPDATE),
now AS (
  INSERT INTO dating.talks (user_id, match_id, bot_id) VALUES ($1, $2, $3)
  ON CONFLICT (user_id) DO UPDATE SET match_id = excluded.match_id, bot_id = excluded.bot_id, pinned = NULL, tries = 0,
                                      next_at = DEFAULT)
SELECT bot_id, pinned FROM before WHERE pinned > 0;

-- name: leave :many
DELETE FROM dating.talks WHERE user_id = $1 AND match_id = $2 RETURNING bot_id, pinned;

-- name: renew_line :many
WITH before AS (SELECT user_id, bot_id, pinned FROM dating.talks WHERE user_id = $1 FOR UPDATE),
now AS (UPDATE dating.talks t SET pinned = NULL, tries = 0, next_at = DEFAULT FROM before b WHERE t.user_id = b.user_id)
SELECT bot_id, pinned FROM before WHERE pinned > 0;

-- name: agree :many
UPDATE dating.matches SET low_contact = low_contact OR low_id = $2, high_contact = high_contact OR high_id = $2
WHERE match_id = $1 AND $2 IN (low_id, high_id) AND state <> 'closed'
RETURNING low_contact AND high_contact;

-- name: unmatch :many
UPDATE dating.matches SET state = 'closed', closed_by = $2, closed_at = $3
WHERE match_id = $1 AND $2 IN (low_id, high_id) AND state <> 'closed' RETURNING match_id;

-- name: stop_sending :exec
UPDATE dating.messages SET state = CASE WHEN state IN ('due', 'held') THEN 'refused' ELSE state END, edit_due = false
WHERE match_id = $1 AND (state IN ('due', 'held') OR edit_due);

-- name: contents_of :many
SELECT bot_id, from_message, match_id, sent_at, state, content FROM dating.messages
WHERE from_id = $1 AND content IS NOT NULL ORDER BY sent_at, from_message;

-- name: partners :many
SELECT DISTINCT s.other_id FROM dating.messages m
JOIN dating.sides s ON s.match_id = m.match_id AND s.user_id = m.from_id
WHERE m.from_id = $1 AND m.to_message IS NOT NULL AND m.state = 'sent';

-- $2, $3, $4: the others, their chats, their languages. $5: Telegram deletes what is younger.
-- name: withdraw_copies :exec
INSERT INTO dating.removals (bot_id, chat_id, message_id, kind, language, next_at)
SELECT m.bot_id, w.chat_id, m.to_message, CASE WHEN m.sent_at > $5 THEN '' ELSE 'old' END, w.language, $6
FROM dating.messages m JOIN dating.sides s ON s.match_id = m.match_id AND s.user_id = m.from_id
JOIN unnest($2::bigint[], $3::bigint[], $4::text[]) w (user_id, chat_id, language) ON w.user_id = s.other_id
WHERE m.from_id = $1 AND m.to_message IS NOT NULL AND m.state = 'sent'
ON CONFLICT DO NOTHING;

-- Against a message that is noted while the person goes: it comes before or behind the whole erasure.
-- name: hold_person :optional
SELECT user_id FROM dating.profiles WHERE user_id = $1 FOR UPDATE;

-- Of somebody who is gone already: the message goes at once.
-- name: appears :exec
WITH there AS (SELECT user_id FROM dating.profiles WHERE user_id = $4 FOR KEY SHARE),
late AS (
  INSERT INTO dating.removals (bot_id, chat_id, message_id, language, next_at)
  SELECT $1, $2::bigint, $3::bigint, $5, $6 WHERE NOT EXISTS (SELECT FROM there) ON CONFLICT DO NOTHING)
INSERT INTO dating.appearances (bot_id, chat_id, message_id, about_id, language, sent_at)
SELECT $1, $2, $3, user_id, $5, $6 FROM there
ON CONFLICT (chat_id, message_id, bot_id) DO UPDATE SET about_id = excluded.about_id;

-- $2: the person's own chat, where nobody is followed any more. $3: Telegram deletes what is younger.
-- name: withdraw_appearances :exec
WITH gone AS (DELETE FROM dating.appearances WHERE about_id = $1 OR chat_id = $2 RETURNING *)
INSERT INTO dating.removals (bot_id, chat_id, message_id, kind, language, next_at)
SELECT bot_id, chat_id, message_id, CASE WHEN sent_at > $3 THEN '' ELSE 'old' END, language, $4
FROM gone WHERE about_id = $1
ON CONFLICT DO NOTHING;

-- name: stop_sending_of :exec
UPDATE dating.messages SET state = CASE WHEN state IN ('due', 'held') THEN 'refused' ELSE state END, edit_due = false
WHERE from_id = $1 AND (state IN ('due', 'held') OR edit_due);

-- What is older than $3 is not read, whether it has been erased by now or not.
-- name: lines :many
SELECT bot_id, from_id, from_message, sent_at, content FROM dating.messages
WHERE match_id = $1 AND content IS NOT NULL AND sent_at >= $3 ORDER BY sent_at DESC, from_message DESC LIMIT $2;

-- name: forget_content :exec
UPDATE dating.messages SET content = NULL, edit_due = false,
  state = CASE WHEN state IN ('due', 'held') THEN 'refused' ELSE state END
WHERE (bot_id, from_id, from_message) IN (
  SELECT bot_id, from_id, from_message FROM dating.messages WHERE content IS NOT NULL AND sent_at < $1
  ORDER BY sent_at LIMIT $2);
