-- For one that has given its place to another post meanwhile, that one. $2: 'waiting', or 'judged' for those that are to be judged again.
-- name: posts_in_state :many
SELECT p.post_id, p.revision, p.text, s.name, s.source_id, p.message_id, p.seen_at
FROM hunt.posts p JOIN hunt.sources s USING (source_id)
WHERE p.state = $2
  AND p.post_id IN (SELECT CASE q.state WHEN 'repeat' THEN q.repeat_of ELSE q.post_id END
                    FROM hunt.posts q WHERE q.post_id = ANY ($1));

-- Those that are still as they were when they were judged: neither edited nor judged by somebody else meanwhile.
-- name: lock_waiting :many
SELECT post_id, revision, posted_at, seen_at FROM hunt.posts
WHERE post_id = ANY ($1) AND state = 'waiting' ORDER BY post_id FOR NO KEY UPDATE;

-- The same for those that are judged again. What people decided meanwhile stands.
-- name: lock_judged :many
SELECT p.post_id, p.revision, p.posted_at, p.seen_at FROM hunt.posts p
WHERE p.post_id = ANY ($1) AND p.state = 'judged' AND p.text <> ''
  AND NOT EXISTS (SELECT FROM hunt.labels l WHERE l.post_id = p.post_id AND l.labelled_by = 'operator')
ORDER BY p.post_id FOR NO KEY UPDATE;

-- name: add_verdicts :exec
INSERT INTO hunt.verdicts (post_id, revision, at, kind, categories, confidences, confidence, scam, engine, tokens_in,
                           tokens_out, cost_micros)
SELECT u.post_id, u.revision, $1, u.kind, string_to_array(u.categories, ','),
       string_to_array(u.confidences, ',')::float8[], u.confidence, u.scam = 1, u.engine, u.tokens_in, u.tokens_out,
       u.cost_micros
FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::float8[], $8::bigint[], $9::text[],
            $10::bigint[], $11::bigint[], $12::bigint[])
  AS u (post_id, revision, kind, categories, confidences, confidence, scam, engine, tokens_in, tokens_out, cost_micros)
ON CONFLICT (post_id, revision, engine) DO NOTHING;

-- What the language model said, for the local judge to learn from.
-- name: label_by_model :exec
INSERT INTO hunt.labels (post_id, kind, categories, scam, labelled_by, labelled_at)
SELECT u.post_id, u.kind, string_to_array(u.categories, ','), u.scam = 1, 'model', $1
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[]) AS u (post_id, kind, categories, scam)
ON CONFLICT (post_id, labelled_by) DO UPDATE
SET kind = excluded.kind, categories = excluded.categories, scam = excluded.scam, labelled_at = excluded.labelled_at;

-- name: vacancies_of :many
SELECT post_id, vacancy_id, state = 'live', withdrawn_by_edit
FROM hunt.vacancies WHERE post_id = ANY ($1) ORDER BY vacancy_id FOR NO KEY UPDATE;

-- Sums below 0 and a "remote" below 0: the post does not say.
-- name: add_vacancies :many
INSERT INTO hunt.vacancies (post_id, title, essence, budget, posted_at, seen_at, judged_at, budget_min, budget_max,
                            budget_currency, budget_per, deadline, remote, city, employment, engine)
SELECT u.post_id, u.title, u.essence, u.budget, u.posted_at, u.seen_at, $1, nullif(u.sum_from, -1), nullif(u.sum_to, -1),
       u.currency, u.per, u.deadline, nullif(u.remote, -1)::integer::boolean, u.city, u.employment, u.engine
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::bigint[],
            $9::bigint[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::text[], $15::text[], $16::text[])
  AS u (post_id, title, essence, budget, posted_at, seen_at, sum_from, sum_to, currency, per, deadline, remote, city,
        employment, engine)
RETURNING post_id, vacancy_id;

-- Before their deliveries and by their number, as whoever marks cards as sent does it.
-- name: lock_vacancies :many
SELECT vacancy_id FROM hunt.vacancies WHERE vacancy_id = ANY ($1) ORDER BY vacancy_id FOR NO KEY UPDATE;

-- name: revise_vacancies :exec
UPDATE hunt.vacancies v
SET title = u.title, essence = u.essence, budget = u.budget, withdrawn_by_edit = false,
    state = CASE WHEN v.withdrawn_by_edit THEN 'live' ELSE v.state END,
    budget_min = nullif(u.sum_from, -1), budget_max = nullif(u.sum_to, -1), budget_currency = u.currency,
    budget_per = u.per, deadline = u.deadline, remote = nullif(u.remote, -1)::integer::boolean, city = u.city,
    employment = u.employment, engine = u.engine,
    closed = CASE WHEN v.withdrawn_by_edit THEN false ELSE v.closed END
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[],
            $9::text[], $10::bigint[], $11::text[], $12::text[], $13::text[])
  AS u (vacancy_id, title, essence, budget, sum_from, sum_to, currency, per, deadline, remote, city, employment, engine)
WHERE v.vacancy_id = u.vacancy_id;

-- A person whom the rules did not see in the post; what they saw stays.
-- name: name_contacts :exec
UPDATE hunt.posts p SET contact_url = u.url
FROM unnest($1::bigint[], $2::text[]) AS u (post_id, url) WHERE p.post_id = u.post_id AND p.contact_url = '';

-- name: categories_of :many
SELECT vc.vacancy_id, string_agg(c.slug, ',' ORDER BY c.slug)
FROM hunt.vacancy_categories vc JOIN hunt.categories c USING (category_id)
WHERE vc.vacancy_id = ANY ($1) GROUP BY vc.vacancy_id;

-- Who waits for one of these under a category that it no longer has gets it under another of theirs, or not at all.
-- name: refile_due :exec
UPDATE hunt.deliveries d
SET category_id = coalesce(n.category_id, d.category_id),
    state = CASE WHEN n.category_id IS NULL THEN 'withdrawn' ELSE d.state END
FROM hunt.deliveries o
LEFT JOIN LATERAL (SELECT vc.category_id FROM hunt.vacancy_categories vc
                   JOIN hunt.choices c ON c.category_id = vc.category_id AND c.user_id = o.user_id
                   WHERE vc.vacancy_id = o.vacancy_id
                   ORDER BY vc.confidence DESC, vc.category_id LIMIT 1) n ON true
WHERE o.vacancy_id = ANY ($1) AND o.state IN ('due', 'gathered')
  AND NOT EXISTS (SELECT FROM hunt.vacancy_categories x
                  WHERE x.vacancy_id = o.vacancy_id AND x.category_id = o.category_id)
  AND d.vacancy_id = o.vacancy_id AND d.user_id = o.user_id AND d.slot = o.slot;

-- name: withdraw :exec
UPDATE hunt.vacancies SET state = 'withdrawn', withdrawn_by_edit = true, closed = $2
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
