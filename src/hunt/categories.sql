-- name: load :many
SELECT category_id, slug, emoji FROM hunt.categories WHERE active ORDER BY position;

-- name: count_since :many
SELECT c.category_id, c.slug, c.emoji,
       (SELECT count(*) FROM hunt.vacancy_categories vc
        JOIN hunt.vacancies v USING (vacancy_id)
        WHERE vc.category_id = c.category_id AND v.judged_at >= $1 AND v.state = 'live')
FROM hunt.categories c WHERE c.active ORDER BY c.position;

-- name: count_day :one
SELECT (SELECT count(*) FROM hunt.sources WHERE state = 'active'),
       (SELECT count(*) FROM hunt.vacancies WHERE judged_at >= $1 AND state = 'live');
