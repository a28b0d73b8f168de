-- name: waiting_posts :many
SELECT p.post_id, p.revision, p.text, s.name, s.source_id, p.message_id
FROM hunt.posts p JOIN hunt.sources s USING (source_id)
WHERE p.post_id = ANY ($1) AND p.state = 'waiting';

-- Those that are still as they were when they were judged: neither edited nor judged by somebody else meanwhile.
-- name: lock_waiting :many
SELECT post_id, revision, posted_at, seen_at FROM hunt.posts
WHERE post_id = ANY ($1) AND state = 'waiting' ORDER BY post_id FOR NO KEY UPDATE;

-- name: add_verdicts :exec
INSERT INTO hunt.verdicts (post_id, revision, at, kind, categories, confidences, confidence, scam, engine)
SELECT u.post_id, u.revision, $1, u.kind, string_to_array(u.categories, ','),
       string_to_array(u.confidences, ',')::float8[], u.confidence, u.scam = 1, u.engine
FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::float8[], $8::bigint[], $9::text[])
  AS u (post_id, revision, kind, categories, confidences, confidence, scam, engine)
ON CONFLICT (post_id, revision, engine) DO NOTHING;

-- name: vacancies_of :many
SELECT post_id, vacancy_id, state = 'live', withdrawn_by_edit
FROM hunt.vacancies WHERE post_id = ANY ($1) ORDER BY vacancy_id FOR NO KEY UPDATE;

-- name: add_vacancies :many
INSERT INTO hunt.vacancies (post_id, title, essence, budget, posted_at, seen_at, judged_at)
SELECT u.post_id, u.title, u.essence, u.budget, u.posted_at, u.seen_at, $1
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[])
  AS u (post_id, title, essence, budget, posted_at, seen_at)
RETURNING post_id, vacancy_id;

-- name: revise_vacancies :exec
UPDATE hunt.vacancies v
SET title = u.title, essence = u.essence, budget = u.budget, withdrawn_by_edit = false,
    state = CASE WHEN v.withdrawn_by_edit THEN 'live' ELSE v.state END
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS u (vacancy_id, title, essence, budget)
WHERE v.vacancy_id = u.vacancy_id;

-- name: withdraw :exec
UPDATE hunt.vacancies SET state = 'withdrawn', withdrawn_by_edit = true
WHERE vacancy_id = ANY ($1) AND state = 'live';

-- name: clear_categories :exec
DELETE FROM hunt.vacancy_categories WHERE vacancy_id = ANY ($1);

-- name: add_categories :exec
INSERT INTO hunt.vacancy_categories (vacancy_id, category_id, confidence)
SELECT u.vacancy_id, c.category_id, u.confidence
FROM unnest($1::bigint[], $2::text[], $3::float8[]) AS u (vacancy_id, slug, confidence)
JOIN hunt.categories c ON c.slug = u.slug AND c.active;

-- name: mark_judged :exec
UPDATE hunt.posts SET state = 'judged' WHERE post_id = ANY ($1);
