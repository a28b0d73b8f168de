-- Everybody who chose a category of these vacancies, may be written to by the bot that brings it, has the right to it,
-- is not paused and has not hidden the author. $3: in each category instead of the most confident one.
-- name: fan_out :many
WITH added AS (
  INSERT INTO hunt.deliveries (vacancy_id, user_id, slot, category_id, bot_id, chat_id, turn, due_at)
  SELECT DISTINCT ON (v.vacancy_id, r.user_id, CASE WHEN $3 THEN vc.category_id ELSE 0 END)
         v.vacancy_id, r.user_id, CASE WHEN $3 THEN vc.category_id ELSE 0 END, vc.category_id, c.bot_id, r.telegram_id,
         -- the golden ratio spreads the starting places of successive vacancies evenly
         (r.turn + v.vacancy_id * 0.6180339887498949) - floor(r.turn + v.vacancy_id * 0.6180339887498949), $2
  FROM hunt.vacancies v
  JOIN hunt.posts p USING (post_id)
  JOIN hunt.vacancy_categories vc USING (vacancy_id)
  JOIN hunt.choices c ON c.category_id = vc.category_id
  JOIN hunt.reader_bots b ON b.user_id = c.user_id AND b.bot_id = c.bot_id AND b.blocked_at IS NULL
  JOIN hunt.readers r ON r.user_id = c.user_id
  WHERE v.vacancy_id = ANY ($1) AND v.state = 'live' AND NOT r.paused AND r.right_until > $2
    AND NOT EXISTS (SELECT FROM hunt.hidden_authors h
                    WHERE h.user_id = r.user_id AND h.author_key = p.author_key AND p.author_key <> '')
  ORDER BY v.vacancy_id, r.user_id, CASE WHEN $3 THEN vc.category_id ELSE 0 END, vc.confidence DESC, vc.category_id
  ON CONFLICT (vacancy_id, user_id, slot) DO NOTHING
  RETURNING vacancy_id, bot_id)
SELECT vacancy_id, bot_id, count(*) FROM added GROUP BY vacancy_id, bot_id;

-- name: bots_with_due :many
SELECT DISTINCT bot_id FROM hunt.deliveries WHERE state = 'due';

-- name: due :many
SELECT d.vacancy_id, d.user_id, d.slot, d.category_id, d.chat_id, r.language
FROM hunt.deliveries d JOIN hunt.readers r USING (user_id)
WHERE d.state = 'due' AND d.bot_id = $1 AND d.due_at <= $2
ORDER BY d.due_at, d.turn LIMIT $3;

-- name: mark_sent :exec
WITH done AS (
  UPDATE hunt.deliveries d SET state = 'sent', message_id = m.message_id, sent_at = m.at
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[])
    AS m (vacancy_id, user_id, slot, message_id, at)
  WHERE d.vacancy_id = m.vacancy_id AND d.user_id = m.user_id AND d.slot = m.slot
  RETURNING d.vacancy_id, d.sent_at)
UPDATE hunt.vacancies v
SET first_reader_at = least(v.first_reader_at, s.first_at), last_reader_at = greatest(v.last_reader_at, s.last_at)
FROM (SELECT vacancy_id, min(sent_at) AS first_at, max(sent_at) AS last_at FROM done GROUP BY vacancy_id) s
WHERE v.vacancy_id = s.vacancy_id;

-- name: mark_handed :exec
UPDATE hunt.vacancies v SET handed_at = m.at
FROM unnest($1::bigint[], $2::timestamptz[]) AS m (vacancy_id, at)
WHERE v.vacancy_id = m.vacancy_id AND v.handed_at IS NULL;

-- name: mark_refused :exec
UPDATE hunt.deliveries d SET state = 'refused'
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS m (vacancy_id, user_id, slot)
WHERE d.vacancy_id = m.vacancy_id AND d.user_id = m.user_id AND d.slot = m.slot AND d.state = 'due';

-- The server did not take it: later, at growing distances, until the attempts are used up.
-- name: put_off :exec
UPDATE hunt.deliveries d
SET attempts = d.attempts + 1,
    due_at = $4::timestamptz + least(600, 2 ^ d.attempts) * interval '1 second',
    state = CASE WHEN d.attempts + 1 >= $5 THEN 'refused' ELSE 'due' END
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS m (vacancy_id, user_id, slot)
WHERE d.vacancy_id = m.vacancy_id AND d.user_id = m.user_id AND d.slot = m.slot AND d.state = 'due';

-- name: waiting :one
SELECT count(*), min(due_at) FROM hunt.deliveries WHERE state = 'due';
