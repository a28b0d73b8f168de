-- name: assign :optional
INSERT INTO hunt.category_bots (bot_id, category_id, added_at)
SELECT $1, category_id, $3 FROM hunt.categories WHERE slug = $2
ON CONFLICT (bot_id) DO UPDATE
SET category_id = excluded.category_id, active = true,
    settled = category_bots.settled AND category_bots.active AND category_bots.category_id = excluded.category_id
RETURNING category_id;

-- name: unassign :exec
UPDATE hunt.category_bots SET active = false, settled = false WHERE bot_id = $1 AND active;

-- name: assigned :many
SELECT b.bot_id, b.category_id, c.slug FROM hunt.category_bots b JOIN hunt.categories c USING (category_id)
WHERE b.active ORDER BY c.position, b.bot_id;

-- name: category_of :optional
SELECT category_id FROM hunt.category_bots WHERE bot_id = $1 AND active;

-- A bot that went to another category also leaves readers of its old one behind.
-- name: take_unsettled :many
WITH changed AS (
  UPDATE hunt.category_bots SET settled = true WHERE NOT settled RETURNING bot_id, category_id)
SELECT category_id FROM changed
UNION
SELECT c.category_id FROM hunt.choices c JOIN changed b ON b.bot_id IN (c.bot_id, c.moving_to)
WHERE c.category_id <> b.category_id;
