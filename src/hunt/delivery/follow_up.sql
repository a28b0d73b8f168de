-- What waits for its hour and is not wanted any more by then. One statement for each state: each has its own index.
-- name: drop_unwanted_cards :exec
UPDATE hunt.deliveries d SET state = 'withdrawn'
FROM hunt.readers r
WHERE d.state = 'due' AND d.deferred AND d.due_at <= $1 AND r.user_id = d.user_id
  AND (r.paused OR r.right_until <= $1);

-- name: drop_unwanted_titles :exec
UPDATE hunt.deliveries d SET state = 'withdrawn'
FROM hunt.readers r
WHERE d.state = 'gathered' AND d.due_at <= $1 AND r.user_id = d.user_id AND (r.paused OR r.right_until <= $1);

-- Readers for whom a list is due: what is due within $2 goes along, so that one message comes and not three.
-- name: gather :many
WITH ready AS (
  SELECT DISTINCT user_id, bot_id FROM hunt.deliveries WHERE state = 'gathered' AND due_at <= $1 LIMIT $3),
wanted AS (
  SELECT d.vacancy_id, d.user_id, d.slot, d.bot_id, d.chat_id
  FROM ready e JOIN hunt.deliveries d USING (user_id, bot_id) JOIN hunt.vacancies v USING (vacancy_id)
  WHERE d.state = 'gathered' AND d.due_at <= $2 AND v.state = 'live'),
made AS (
  INSERT INTO hunt.lists (user_id, bot_id, chat_id, made_at, due_at)
  SELECT user_id, bot_id, min(chat_id), $1, $1 FROM wanted GROUP BY user_id, bot_id
  RETURNING list_id, user_id, bot_id),
filed AS (
  UPDATE hunt.deliveries d SET state = 'listed', list_id = m.list_id, sent_at = $1
  FROM wanted w JOIN made m USING (user_id, bot_id)
  WHERE d.vacancy_id = w.vacancy_id AND d.user_id = w.user_id AND d.slot = w.slot),
-- withdrawn while it waited: brought back by an edit, it is handed out anew
gone AS (
  UPDATE hunt.deliveries d SET state = 'withdrawn' FROM ready e, hunt.vacancies v
  WHERE d.user_id = e.user_id AND d.bot_id = e.bot_id AND d.state = 'gathered' AND d.due_at <= $2
    AND v.vacancy_id = d.vacancy_id AND v.state <> 'live')
SELECT list_id FROM made;

-- Not of these bots ($3): they do not run, and must not stand in the others' way.
-- name: due_lists :many
SELECT l.list_id, l.user_id, l.bot_id, l.chat_id, r.language, r.time_zone
FROM hunt.lists l JOIN hunt.readers r USING (user_id)
WHERE l.state = 'due' AND l.due_at <= $1 AND NOT l.bot_id = ANY ($3) ORDER BY l.due_at, l.list_id LIMIT $2;

-- name: list_sent :exec
UPDATE hunt.lists SET state = 'sent', message_id = $2, sent_at = $3 WHERE list_id = $1;

-- name: list_refused :exec
UPDATE hunt.lists SET state = 'refused' WHERE list_id = $1;

-- As deliveries.put_off: $3 is the pause in seconds, 0 for one that grows with the attempts.
-- name: list_put_off :one
UPDATE hunt.lists
SET attempts = attempts + ($3 = 0)::integer,
    due_at = $2::timestamptz + CASE $3 WHEN 0 THEN least(600, 2 ^ attempts) ELSE $3 END * interval '1 second',
    state = CASE WHEN $3 = 0 AND attempts + 1 >= $4 THEN 'refused' ELSE 'due' END
WHERE list_id = $1 RETURNING state = 'refused';

-- name: give_up_old_lists :many
UPDATE hunt.lists SET state = 'refused' WHERE state = 'due' AND made_at < $1 RETURNING list_id;

-- name: changed :many
UPDATE hunt.card_updates u SET since = coalesce(u.since, $1)
FROM (SELECT vacancy_id FROM hunt.card_updates WHERE next_at <= $1 ORDER BY next_at, vacancy_id LIMIT $2
      FOR UPDATE SKIP LOCKED) due
WHERE u.vacancy_id = due.vacancy_id
RETURNING u.vacancy_id, u.asked, u.since;

-- Nobody who has not got it yet gets a vacancy that is withdrawn.
-- name: withhold :exec
UPDATE hunt.deliveries d SET state = 'withdrawn' FROM hunt.vacancies v
WHERE d.vacancy_id = $1 AND d.state IN ('due', 'gathered') AND v.vacancy_id = d.vacancy_id AND v.state = 'withdrawn';

-- Messages that show something else than $2, with what their readers did; not those of the bots $5, which do not run.
-- name: outdated :many
SELECT d.user_id, d.slot, d.category_id, d.bot_id, d.chat_id, d.message_id, r.language, r.time_zone,
       coalesce(own.template, base.template, ''),
       EXISTS (SELECT FROM hunt.saved s WHERE s.user_id = d.user_id AND s.vacancy_id = d.vacancy_id),
       (SELECT p.reason FROM hunt.reports p
        WHERE p.user_id = d.user_id AND p.vacancy_id = d.vacancy_id AND p.resolved_at IS NULL),
       (SELECT p.replied_at FROM hunt.replies p WHERE p.user_id = d.user_id AND p.vacancy_id = d.vacancy_id)
FROM hunt.deliveries d
JOIN hunt.readers r USING (user_id)
LEFT JOIN hunt.reply_templates own ON own.user_id = d.user_id AND own.category_id = d.category_id
LEFT JOIN hunt.reply_templates base ON base.user_id = d.user_id AND base.category_id = 0
WHERE d.vacancy_id = $1 AND d.state = 'sent' AND d.message_id IS NOT NULL AND d.sent_at > $3
  AND d.shown IS DISTINCT FROM $2 AND NOT d.bot_id = ANY ($5)
ORDER BY d.turn LIMIT $4;

-- name: now_shows :exec
UPDATE hunt.deliveries SET shown = $4 WHERE vacancy_id = $1 AND user_id = $2 AND slot = $3;

-- A message may still be on its way when its vacancy changes: looked at again for a while.
-- name: look_again :exec
UPDATE hunt.card_updates SET next_at = $3 WHERE vacancy_id = $1 AND asked = $2;

-- name: follow_ended :exec
DELETE FROM hunt.card_updates WHERE vacancy_id = $1 AND asked = $2;
