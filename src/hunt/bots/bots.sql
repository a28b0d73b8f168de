-- name: assign :optional
INSERT INTO hunt.category_bots (bot_id, category_id, added_at)
SELECT $1, category_id, $3 FROM hunt.categories WHERE slug = $2
ON CONFLICT (bot_id) DO UPDATE SET category_id = excluded.category_id, active = true
RETURNING category_id;

-- name: unassign :exec
UPDATE hunt.category_bots SET active = false WHERE bot_id = $1;

-- name: assigned :many
SELECT b.bot_id, b.category_id, c.slug FROM hunt.category_bots b JOIN hunt.categories c USING (category_id)
WHERE b.active ORDER BY c.position, b.bot_id;
