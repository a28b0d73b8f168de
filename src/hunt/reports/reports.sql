-- name: counts :many
SELECT reason, count(*), max(reported_at) FROM hunt.reports
WHERE vacancy_id = $1 AND resolved_at IS NULL GROUP BY reason ORDER BY count(*) DESC, reason;

-- name: last_decision :optional
SELECT outcome FROM hunt.reports WHERE vacancy_id = $1 AND resolved_at IS NOT NULL ORDER BY resolved_at DESC LIMIT 1;

-- name: open :many
SELECT vacancy_id FROM hunt.reports WHERE resolved_at IS NULL GROUP BY vacancy_id ORDER BY min(reported_at) LIMIT $1;

-- name: post_of :optional
SELECT v.post_id, p.author_key FROM hunt.vacancies v JOIN hunt.posts p USING (post_id) WHERE v.vacancy_id = $1;

-- All that a decision is about, before anything else is: by their number, and before their deliveries, as whoever marks
-- cards as sent does it.
-- name: lock_vacancies :many
SELECT vacancy_id FROM hunt.vacancies WHERE vacancy_id = ANY ($1) ORDER BY vacancy_id FOR NO KEY UPDATE;

-- name: resolve :exec
UPDATE hunt.reports SET outcome = $2, resolved_at = $3 WHERE vacancy_id = $1 AND resolved_at IS NULL;

-- The operator's word replaces an earlier one.
-- name: label :exec
INSERT INTO hunt.labels (post_id, kind, categories, scam, labelled_by, labelled_at)
SELECT $1, $2,
       CASE WHEN $2 = 'none' THEN '{}' ELSE
         coalesce((SELECT array_agg(c.slug ORDER BY vc.confidence DESC, c.category_id)
                   FROM hunt.vacancies v JOIN hunt.vacancy_categories vc USING (vacancy_id)
                   JOIN hunt.categories c USING (category_id) WHERE v.post_id = $1), '{}') END,
       $3, 'operator', $4
ON CONFLICT (post_id, labelled_by) DO UPDATE
SET kind = excluded.kind, categories = excluded.categories, scam = excluded.scam, labelled_at = excluded.labelled_at;

-- name: was_called_scam :one
SELECT EXISTS (SELECT FROM hunt.reports WHERE vacancy_id = $1 AND reason = 'scam');

-- name: know_category :optional
SELECT category_id FROM hunt.categories WHERE category_id = $1 AND active;

-- name: leave_categories :exec
DELETE FROM hunt.vacancy_categories WHERE vacancy_id = $1 AND category_id <> $2;

-- name: file_under :exec
INSERT INTO hunt.vacancy_categories (vacancy_id, category_id, confidence) VALUES ($1, $2, 1)
ON CONFLICT (vacancy_id, category_id) DO UPDATE SET confidence = 1;

-- The word that "why do I see this" quotes.
-- name: judge_by_operator :exec
INSERT INTO hunt.verdicts (post_id, revision, at, kind, categories, confidences, confidence, scam, engine)
SELECT p.post_id, p.revision, $3, 'vacancy', ARRAY[c.slug], ARRAY[1.0], 1, false, 'operator'
FROM hunt.posts p, hunt.categories c WHERE p.post_id = $1 AND c.category_id = $2
ON CONFLICT (post_id, revision, engine) DO UPDATE SET at = excluded.at, categories = excluded.categories;

-- Who waits for it and did not choose the right category does not get it; who did gets it under that one.
-- name: refile_due :exec
UPDATE hunt.deliveries d
SET category_id = $2,
    state = CASE WHEN EXISTS (SELECT FROM hunt.choices c WHERE c.user_id = d.user_id AND c.category_id = $2)
                 THEN d.state ELSE 'withdrawn' END
WHERE d.vacancy_id = $1 AND d.state IN ('due', 'gathered');

-- No edit of the post brings it back. $2: the vacancy that was decided about.
-- name: withdraw :exec
UPDATE hunt.vacancies
SET state = 'withdrawn', withdrawn_by_edit = false, withdrawn_with = CASE WHEN state = 'live' THEN $2 ELSE withdrawn_with END
WHERE vacancy_id = ANY ($1);

-- name: withdraw_due :exec
UPDATE hunt.deliveries SET state = 'withdrawn' WHERE vacancy_id = ANY ($1) AND state IN ('due', 'gathered');

-- name: withdrawn_with :many
SELECT vacancy_id FROM hunt.vacancies WHERE withdrawn_with = $1 AND state = 'withdrawn';

-- name: bring_back :many
UPDATE hunt.vacancies SET state = 'live', withdrawn_with = NULL WHERE withdrawn_with = $1 AND state = 'withdrawn'
RETURNING vacancy_id;

-- name: reopen :many
UPDATE hunt.reports SET outcome = NULL, resolved_at = NULL, told_at = NULL
WHERE vacancy_id = $1 AND outcome IN ('not_vacancy', 'withdrawn', 'author_banned') RETURNING user_id;

-- name: unlabel :exec
DELETE FROM hunt.labels WHERE post_id = $1 AND labelled_by = 'operator' AND kind = 'none';

-- name: unban :exec
DELETE FROM hunt.banned_authors WHERE author_key = $1;

-- name: ban :exec
INSERT INTO hunt.banned_authors (author_key, banned_at) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: of_author :many
SELECT v.vacancy_id FROM hunt.posts p JOIN hunt.vacancies v USING (post_id)
WHERE p.author_key = $1 AND v.state = 'live' AND v.judged_at > $2;

-- name: messages :many
SELECT bot_id, chat_id, message_id, shown FROM hunt.report_cards WHERE vacancy_id = $1;

-- name: keep_message :exec
INSERT INTO hunt.report_cards (vacancy_id, bot_id, chat_id, message_id, shown) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (vacancy_id, bot_id, chat_id) DO UPDATE SET message_id = excluded.message_id, shown = excluded.shown;

-- name: take_untold :many
WITH untold AS (
  SELECT vacancy_id, user_id FROM hunt.reports WHERE resolved_at IS NOT NULL AND told_at IS NULL
  ORDER BY resolved_at LIMIT $1 FOR UPDATE SKIP LOCKED),
told AS (
  UPDATE hunt.reports r SET told_at = $2 FROM untold u
  WHERE r.vacancy_id = u.vacancy_id AND r.user_id = u.user_id
  RETURNING r.vacancy_id, r.user_id, r.outcome)
SELECT d.bot_id, d.chat_id, k.language, v.title, t.outcome
FROM told t JOIN hunt.vacancies v USING (vacancy_id) JOIN hunt.readers k USING (user_id)
JOIN LATERAL (SELECT bot_id, chat_id FROM hunt.deliveries x
              WHERE x.vacancy_id = t.vacancy_id AND x.user_id = t.user_id ORDER BY x.slot LIMIT 1) d ON true;
