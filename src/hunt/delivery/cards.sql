-- What the card of each of these vacancies shows, without the reader's own marks.
-- name: many :many
SELECT v.vacancy_id, v.title, v.essence, v.budget, v.posted_at, v.state = 'withdrawn',
       coalesce(nullif(p.origin, ''), s.title), p.url, p.contact_url, p.author_key,
       (SELECT count(DISTINCT o.source_id) FROM hunt.posts o JOIN hunt.sources t USING (source_id)
        WHERE o.repeat_of = p.post_id AND o.source_id <> p.source_id AND t.state <> 'taken_down'),
       (SELECT array_agg(vc.category_id::bigint ORDER BY vc.confidence DESC, vc.category_id)
        FROM hunt.vacancy_categories vc WHERE vc.vacancy_id = v.vacancy_id),
       v.revision, v.closed
FROM hunt.vacancies v JOIN hunt.posts p USING (post_id) JOIN hunt.sources s USING (source_id)
WHERE v.vacancy_id = ANY ($1);

-- name: delivered :optional
SELECT d.category_id,
       EXISTS (SELECT FROM hunt.saved s WHERE s.user_id = d.user_id AND s.vacancy_id = d.vacancy_id),
       (SELECT r.reason FROM hunt.reports r
        WHERE r.user_id = d.user_id AND r.vacancy_id = d.vacancy_id AND r.resolved_at IS NULL),
       EXISTS (SELECT FROM hunt.hidden_authors h JOIN hunt.posts p USING (author_key)
               JOIN hunt.vacancies v USING (post_id) WHERE h.user_id = d.user_id AND v.vacancy_id = d.vacancy_id),
       (SELECT p.replied_at FROM hunt.replies p WHERE p.user_id = d.user_id AND p.vacancy_id = d.vacancy_id),
       coalesce((SELECT t.template FROM hunt.reply_templates t
                 WHERE t.user_id = d.user_id AND t.category_id IN (0, d.category_id)
                 ORDER BY t.category_id DESC LIMIT 1), '')
FROM hunt.deliveries d WHERE d.user_id = $1 AND d.vacancy_id = $2 ORDER BY d.slot LIMIT 1;

-- name: reason :optional
SELECT coalesce(nullif(p.origin, ''), s.title), p.reason, v.categories, v.confidences, v.engine, d.passed_word, d.passed_budget, d.passed_currency
FROM hunt.vacancies va JOIN hunt.posts p USING (post_id) JOIN hunt.sources s USING (source_id)
JOIN LATERAL (SELECT * FROM hunt.verdicts w WHERE w.post_id = p.post_id ORDER BY w.at DESC, w.engine = 'operator' DESC LIMIT 1) v ON true
LEFT JOIN LATERAL (SELECT * FROM hunt.deliveries x WHERE x.vacancy_id = va.vacancy_id AND x.user_id = $2
                   ORDER BY x.slot LIMIT 1) d ON true
WHERE va.vacancy_id = $1;

-- name: category_ids :many
SELECT slug, category_id FROM hunt.categories;

-- name: save :exec
INSERT INTO hunt.saved (user_id, vacancy_id, saved_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: unsave :exec
DELETE FROM hunt.saved WHERE user_id = $1 AND vacancy_id = $2;

-- name: saved :many
SELECT vacancy_id, 0 FROM hunt.saved WHERE user_id = $1 ORDER BY saved_at DESC, vacancy_id DESC OFFSET $2 LIMIT $3;

-- name: saved_count :one
SELECT count(*) FROM hunt.saved WHERE user_id = $1;

-- name: mark_replied :exec
INSERT INTO hunt.replies (user_id, vacancy_id, replied_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: unmark_replied :exec
DELETE FROM hunt.replies WHERE user_id = $1 AND vacancy_id = $2;

-- name: replied :many
SELECT vacancy_id, 0 FROM hunt.replies WHERE user_id = $1 ORDER BY replied_at DESC, vacancy_id DESC OFFSET $2 LIMIT $3;

-- name: replied_count :one
SELECT count(*) FROM hunt.replies WHERE user_id = $1;

-- name: list_count :one
SELECT count(*) FROM hunt.deliveries WHERE list_id = $2 AND user_id = $1;

-- The newest first.
-- name: listed :many
SELECT d.vacancy_id, d.category_id FROM hunt.deliveries d JOIN hunt.vacancies v USING (vacancy_id)
WHERE d.list_id = $4 AND d.user_id = $1 ORDER BY v.posted_at DESC, d.vacancy_id DESC, d.slot OFFSET $2 LIMIT $3;

-- name: hide_author :optional
INSERT INTO hunt.hidden_authors (user_id, author_key, hidden_at)
SELECT $1, p.author_key, $3 FROM hunt.vacancies v JOIN hunt.posts p USING (post_id)
WHERE v.vacancy_id = $2 AND p.author_key <> ''
ON CONFLICT (user_id, author_key) DO UPDATE SET hidden_at = excluded.hidden_at
RETURNING author_key;

-- name: withdraw_of_author :exec
UPDATE hunt.deliveries d SET state = 'withdrawn'
FROM hunt.vacancies v JOIN hunt.posts p USING (post_id)
WHERE d.user_id = $1 AND d.state IN ('due', 'gathered') AND v.vacancy_id = d.vacancy_id AND p.author_key = $2;

-- name: show_author :optional
DELETE FROM hunt.hidden_authors h
USING hunt.vacancies v JOIN hunt.posts p USING (post_id)
WHERE h.user_id = $1 AND v.vacancy_id = $2 AND h.author_key = p.author_key
RETURNING h.author_key;

-- name: report :exec
INSERT INTO hunt.reports (vacancy_id, user_id, reason, category_id, reported_at)
SELECT $2, $1, $3, d.category_id, $4
FROM hunt.deliveries d WHERE d.user_id = $1 AND d.vacancy_id = $2 ORDER BY d.slot LIMIT 1
ON CONFLICT (vacancy_id, user_id) DO UPDATE
SET reason = excluded.reason, reported_at = excluded.reported_at, outcome = NULL, resolved_at = NULL, told_at = NULL;

-- name: take_back_report :exec
DELETE FROM hunt.reports WHERE user_id = $1 AND vacancy_id = $2 AND resolved_at IS NULL;

-- Where the vacancy was seen, the earliest first, with the number of all: a channel that posts it again with the same
-- contact counts once. Not what is gone from there.
-- name: seen_places :many
SELECT title, url, contact_url, count(*) OVER ()
FROM (SELECT DISTINCT ON (s.source_id, p.origin, p.contact_url)
             coalesce(nullif(p.origin, ''), nullif(s.title, ''), s.name) AS title, p.url, p.contact_url, p.posted_at, p.post_id
      FROM hunt.vacancies v
      JOIN hunt.posts p ON p.post_id = v.post_id OR p.repeat_of = v.post_id
      JOIN hunt.sources s USING (source_id)
      WHERE v.vacancy_id = $1 AND p.reason <> 'deleted' AND s.state <> 'taken_down'
      ORDER BY s.source_id, p.origin, p.contact_url, p.posted_at, p.post_id) places
ORDER BY posted_at, post_id LIMIT $2;
