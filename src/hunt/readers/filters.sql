-- name: own :optional
SELECT category_id, words, minus_words, budget_from, budget_currency, without_budget, quiet_from, quiet_to,
       quiet_as_list, digest_at
FROM hunt.reader_filters WHERE user_id = $1 AND category_id = $2;

-- name: working :optional
SELECT category_id, words, minus_words, budget_from, budget_currency, without_budget, quiet_from, quiet_to,
       quiet_as_list, digest_at
FROM hunt.reader_filters WHERE user_id = $1 AND category_id IN (0, $2) ORDER BY category_id DESC LIMIT 1;

-- name: set :exec
INSERT INTO hunt.reader_filters (user_id, category_id, words, minus_words, budget_from, budget_currency, without_budget,
                                 quiet_from, quiet_to, quiet_as_list, digest_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (user_id, category_id) DO UPDATE
SET words = excluded.words, minus_words = excluded.minus_words, budget_from = excluded.budget_from,
    budget_currency = excluded.budget_currency, without_budget = excluded.without_budget,
    quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, quiet_as_list = excluded.quiet_as_list,
    digest_at = excluded.digest_at;

-- name: drop :exec
DELETE FROM hunt.reader_filters WHERE user_id = $1 AND category_id = $2;

-- name: clear_terms :exec
DELETE FROM hunt.filter_terms WHERE user_id = $1 AND category_id = $2;

-- name: add_terms :exec
INSERT INTO hunt.filter_terms (user_id, category_id, minus, place, key, alone, term)
SELECT $1, $2, u.minus = 1, u.place, u.key, u.alone = 1, u.term
FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::text[]) AS u (minus, place, key, alone, term);

-- What waits for its hour, timed by the filters as they are now. $3: the minute of the day where the person is.
-- name: time_anew :exec
UPDATE hunt.deliveries d
SET due_at = coalesce(hunt.held_until($2, $3::integer, (w.f).quiet_from, (w.f).quiet_to, (w.f).digest_at), $2)
FROM (SELECT c.category_id, CASE WHEN own.user_id IS NOT NULL THEN own ELSE base END AS f
      FROM hunt.categories c
      LEFT JOIN hunt.reader_filters own ON own.user_id = $1 AND own.category_id = c.category_id
      LEFT JOIN hunt.reader_filters base ON base.user_id = $1 AND base.category_id = 0) w
WHERE d.user_id = $1 AND d.deferred AND d.state IN ('due', 'gathered') AND w.category_id = d.category_id;

-- name: zone :optional
SELECT time_zone FROM hunt.readers WHERE user_id = $1;

-- name: special :many
SELECT category_id FROM hunt.reader_filters WHERE user_id = $1 AND category_id <> 0 ORDER BY category_id;

-- name: own_reply :optional
SELECT template FROM hunt.reply_templates WHERE user_id = $1 AND category_id = $2;

-- name: working_reply :optional
SELECT template FROM hunt.reply_templates WHERE user_id = $1 AND category_id IN (0, $2)
ORDER BY category_id DESC LIMIT 1;

-- name: set_reply :exec
INSERT INTO hunt.reply_templates (user_id, category_id, template) VALUES ($1, $2, $3)
ON CONFLICT (user_id, category_id) DO UPDATE SET template = excluded.template;

-- name: drop_reply :exec
DELETE FROM hunt.reply_templates WHERE user_id = $1 AND category_id = $2;

-- name: hidden :many
SELECT h.hidden_id, h.author_key, coalesce(l.title, ''), h.hidden_at
FROM hunt.hidden_authors h
LEFT JOIN LATERAL (SELECT v.title FROM hunt.posts p JOIN hunt.vacancies v USING (post_id)
                   WHERE p.author_key = h.author_key AND p.author_key <> ''
                   ORDER BY p.post_id DESC LIMIT 1) l ON true
WHERE h.user_id = $1 ORDER BY h.hidden_at DESC, h.hidden_id DESC OFFSET $2 LIMIT $3;

-- name: hidden_count :one
SELECT count(*) FROM hunt.hidden_authors WHERE user_id = $1;

-- name: show_again :optional
DELETE FROM hunt.hidden_authors WHERE user_id = $1 AND hidden_id = $2 RETURNING hidden_id;
