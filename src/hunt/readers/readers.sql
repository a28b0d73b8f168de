-- name: keep :one
INSERT INTO hunt.readers (user_id, telegram_id, language, time_zone) VALUES ($1, $2, $3, $4)
ON CONFLICT (user_id) DO UPDATE SET language = excluded.language, time_zone = excluded.time_zone
RETURNING user_id, telegram_id, language, time_zone, paused, trial_started_at, right_until;

-- name: find :optional
SELECT user_id, telegram_id, language, time_zone, paused, trial_started_at, right_until
FROM hunt.readers WHERE user_id = $1;

-- name: choices :many
SELECT c.category_id, coalesce(c.moving_to, c.bot_id), b.user_id IS NOT NULL, c.reminded_at IS NOT NULL
FROM hunt.choices c
JOIN hunt.categories USING (category_id)
LEFT JOIN hunt.reader_bots b
  ON b.user_id = c.user_id AND b.bot_id = coalesce(c.moving_to, c.bot_id) AND b.blocked_at IS NULL
WHERE c.user_id = $1 ORDER BY position;

-- The active bot of the category with the fewest readers; the main bot ($3) where there is none.
-- name: choose :exec
INSERT INTO hunt.choices (user_id, category_id, bot_id, chosen_at)
SELECT $1, $2, coalesce(
  (SELECT b.bot_id FROM hunt.category_bots b
   WHERE b.category_id = $2 AND b.active
   ORDER BY (SELECT count(*) FROM hunt.choices c WHERE c.bot_id = b.bot_id), b.bot_id LIMIT 1),
  $3), $4
ON CONFLICT (user_id, category_id) DO NOTHING;

-- name: unchoose :exec
DELETE FROM hunt.choices WHERE user_id = $1 AND category_id = $2;

-- name: begin_trial :exec
UPDATE hunt.readers SET trial_started_at = $2, right_until = greatest(right_until, $2::timestamptz + $3::interval)
WHERE user_id = $1 AND trial_started_at IS NULL;

-- name: pause :exec
UPDATE hunt.readers SET paused = $2 WHERE user_id = $1;

-- name: category_of_bot :optional
SELECT category_id FROM hunt.category_bots WHERE bot_id = $1 AND active;

-- name: started :exec
INSERT INTO hunt.reader_bots (user_id, bot_id, started_at) VALUES ($1, $2, $3)
ON CONFLICT (user_id, bot_id) DO UPDATE SET blocked_at = NULL;

-- name: take_over :exec
UPDATE hunt.choices SET bot_id = moving_to, moving_to = NULL WHERE user_id = $1 AND moving_to = $2;

-- Somebody who starts a category bot wants its category, from this very bot.
-- name: choose_bot :exec
INSERT INTO hunt.choices (user_id, category_id, bot_id, chosen_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (user_id, category_id) DO UPDATE SET bot_id = excluded.bot_id, moving_to = NULL;

-- name: blocked :exec
UPDATE hunt.reader_bots SET blocked_at = $3 WHERE user_id = $1 AND bot_id = $2 AND blocked_at IS NULL;

-- What waits for a bot that may no longer write is not sent into the void.
-- name: refuse_due :exec
UPDATE hunt.deliveries SET state = 'refused' WHERE user_id = $1 AND bot_id = $2 AND state IN ('due', 'gathered');

-- name: take_unreminded :many
WITH waiting AS (
  SELECT c.user_id, c.category_id FROM hunt.choices c
  WHERE c.reminded_at IS NULL AND c.chosen_at < $1
    AND NOT EXISTS (SELECT FROM hunt.reader_bots b
                    WHERE b.user_id = c.user_id AND b.bot_id = coalesce(c.moving_to, c.bot_id)
                      AND b.blocked_at IS NULL)
  ORDER BY c.user_id LIMIT $2 FOR UPDATE OF c SKIP LOCKED),
reminded AS (
  UPDATE hunt.choices c SET reminded_at = $3 FROM waiting w
  WHERE c.user_id = w.user_id AND c.category_id = w.category_id
  RETURNING c.user_id, c.category_id, coalesce(c.moving_to, c.bot_id) AS bot_id)
SELECT r.user_id, r.telegram_id, r.language, r.time_zone, r.paused, r.trial_started_at, r.right_until,
       m.category_id, m.bot_id
FROM reminded m JOIN hunt.readers r USING (user_id) ORDER BY r.user_id, m.category_id;

-- Each end is told once, whatever happens to the scheduler meanwhile.
-- name: take_ended :many
WITH ended AS (
  SELECT user_id FROM hunt.readers
  WHERE right_until <= $1 AND right_until > $2 AND told_end IS DISTINCT FROM right_until
  ORDER BY right_until LIMIT $3 FOR UPDATE SKIP LOCKED)
UPDATE hunt.readers r SET told_end = right_until FROM ended e WHERE r.user_id = e.user_id
RETURNING r.user_id, telegram_id, language, time_zone, paused, trial_started_at, right_until;

-- name: told :exec
UPDATE hunt.choices SET reminded_at = $3 WHERE user_id = $1 AND category_id = $2;

-- Shares the readers of a category out among its active bots: everybody who already has a bot of this set stays,
-- unless it has more than its share; the others go to the bots with room.
-- name: share_out :many
WITH bots AS (SELECT bot_id FROM hunt.category_bots WHERE category_id = $1 AND active),
target AS (SELECT bot_id FROM bots UNION ALL SELECT $2 WHERE NOT EXISTS (SELECT FROM bots)),
ranked AS (
  SELECT c.user_id, c.bot_id, t.bot_id IS NOT NULL AS fits,
         row_number() OVER (PARTITION BY c.bot_id ORDER BY c.chosen_at, c.user_id) AS place_in_bot,
         ceil(count(*) OVER () / (SELECT count(*) FROM target)::numeric) AS share
  FROM (SELECT user_id, coalesce(moving_to, bot_id) AS bot_id, chosen_at FROM hunt.choices WHERE category_id = $1) c
  LEFT JOIN target t USING (bot_id)),
staying AS (SELECT * FROM ranked WHERE fits AND place_in_bot <= share),
leaving AS (SELECT user_id, bot_id, row_number() OVER (ORDER BY user_id) AS n FROM ranked
            WHERE NOT (fits AND place_in_bot <= share)),
room AS (
  SELECT t.bot_id, row_number() OVER (ORDER BY seat, t.bot_id) AS n
  FROM target t
  CROSS JOIN LATERAL generate_series(
    (SELECT count(*) FROM staying s WHERE s.bot_id = t.bot_id) + 1, (SELECT coalesce(max(share), 0) FROM ranked)) seat)
SELECT l.user_id, l.bot_id AS from_bot, r.bot_id AS to_bot FROM leaving l JOIN room r USING (n);

-- Who has started the new bot is moved at once. Who has not keeps the old one until they do, unless it is gone:
-- then the main bot ($3) delivers meanwhile.
-- name: move :many
WITH moves AS (
  SELECT m.user_id, m.to_bot,
         EXISTS (SELECT FROM hunt.reader_bots b
                 WHERE b.user_id = m.user_id AND b.bot_id = m.to_bot AND b.blocked_at IS NULL) AS reachable
  FROM unnest($2::bigint[], $4::bigint[]) AS m (user_id, to_bot))
UPDATE hunt.choices c
SET bot_id = CASE WHEN m.reachable THEN m.to_bot
                  WHEN c.bot_id = $3 OR EXISTS (SELECT FROM hunt.category_bots b
                                                WHERE b.bot_id = c.bot_id AND b.active) THEN c.bot_id
                  ELSE $3 END,
    moving_to = CASE WHEN m.reachable THEN NULL ELSE m.to_bot END,
    reminded_at = NULL
FROM moves m WHERE c.category_id = $1 AND c.user_id = m.user_id AND c.moving_to IS DISTINCT FROM m.to_bot
RETURNING c.user_id;

-- What waits for a bot that was taken away, one statement for each state: each has its own index. What somebody writes
-- to just now is moved the next time.
-- name: move_due :exec
WITH stranded AS (
  SELECT d.vacancy_id, d.user_id, d.slot FROM hunt.category_bots b JOIN hunt.deliveries d USING (bot_id)
  WHERE NOT b.active AND d.state = 'due' FOR UPDATE OF d SKIP LOCKED)
UPDATE hunt.deliveries d
SET bot_id = coalesce((SELECT c.bot_id FROM hunt.choices c
                       WHERE c.user_id = d.user_id AND c.category_id = d.category_id AND c.bot_id <> d.bot_id), $1)
FROM stranded s WHERE d.vacancy_id = s.vacancy_id AND d.user_id = s.user_id AND d.slot = s.slot;

-- name: move_gathered :exec
WITH stranded AS (
  SELECT d.vacancy_id, d.user_id, d.slot FROM hunt.category_bots b JOIN hunt.deliveries d USING (bot_id)
  WHERE NOT b.active AND d.state = 'gathered' FOR UPDATE OF d SKIP LOCKED)
UPDATE hunt.deliveries d
SET bot_id = coalesce((SELECT c.bot_id FROM hunt.choices c
                       WHERE c.user_id = d.user_id AND c.category_id = d.category_id AND c.bot_id <> d.bot_id), $1)
FROM stranded s WHERE d.vacancy_id = s.vacancy_id AND d.user_id = s.user_id AND d.slot = s.slot;

-- A list may hold several categories: it goes with one of them.
-- name: move_lists :exec
WITH stranded AS (
  SELECT l.list_id FROM hunt.category_bots b JOIN hunt.lists l USING (bot_id)
  WHERE NOT b.active AND l.state = 'due' FOR UPDATE OF l SKIP LOCKED)
UPDATE hunt.lists l
SET bot_id = coalesce((SELECT c.bot_id FROM hunt.deliveries d JOIN hunt.choices c USING (user_id, category_id)
                       WHERE d.list_id = l.list_id AND c.bot_id <> l.bot_id ORDER BY d.vacancy_id DESC LIMIT 1), $1)
FROM stranded s WHERE l.list_id = s.list_id;

-- name: crowded_bots :many
SELECT c.bot_id, count(DISTINCT c.user_id) FROM hunt.choices c
JOIN hunt.reader_bots b ON b.user_id = c.user_id AND b.bot_id = c.bot_id AND b.blocked_at IS NULL
GROUP BY c.bot_id HAVING count(DISTINCT c.user_id) > $1 ORDER BY 2 DESC;

-- name: find_many :many
SELECT user_id, telegram_id, language, time_zone, paused, trial_started_at, right_until
FROM hunt.readers WHERE user_id = ANY ($1);

-- name: export_data :one
SELECT jsonb_build_object(
  'reader', to_jsonb(r) - 'turn',
  'choices', (SELECT coalesce(jsonb_agg(to_jsonb(c) - 'user_id'), '[]') FROM hunt.choices c WHERE c.user_id = $1),
  'saved', (SELECT coalesce(jsonb_agg(to_jsonb(s) - 'user_id'), '[]') FROM hunt.saved s WHERE s.user_id = $1),
  'hidden_authors', (SELECT coalesce(jsonb_agg(to_jsonb(h) - 'user_id'), '[]') FROM hunt.hidden_authors h
                     WHERE h.user_id = $1),
  'filters', (SELECT coalesce(jsonb_agg(to_jsonb(f) - 'user_id'), '[]') FROM hunt.reader_filters f WHERE f.user_id = $1),
  'reply_templates', (SELECT coalesce(jsonb_agg(to_jsonb(t) - 'user_id'), '[]') FROM hunt.reply_templates t
                      WHERE t.user_id = $1),
  'replies', (SELECT coalesce(jsonb_agg(to_jsonb(a) - 'user_id'), '[]') FROM hunt.replies a WHERE a.user_id = $1),
  'reports', (SELECT coalesce(jsonb_agg(to_jsonb(p) - 'user_id'), '[]') FROM hunt.reports p WHERE p.user_id = $1),
  'delivered', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                         'vacancy_id', d.vacancy_id, 'title', v.title, 'url', p.url, 'category', c.slug,
                         'bot_id', d.bot_id, 'in_a_list', d.state = 'listed', 'at', d.sent_at,
                         'passed_word', d.passed_word) ORDER BY d.sent_at, d.vacancy_id), '[]')
                FROM hunt.deliveries d JOIN hunt.vacancies v USING (vacancy_id) JOIN hunt.posts p USING (post_id)
                LEFT JOIN hunt.categories c ON c.category_id = d.category_id
                WHERE d.user_id = $1 AND d.state IN ('sent', 'listed')))
FROM hunt.readers r WHERE r.user_id = $1;
