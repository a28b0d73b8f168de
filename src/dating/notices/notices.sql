-- name: add :exec
INSERT INTO dating.notices (user_id, kind, about_id, made_at, next_at) VALUES ($1, $2, $3, $4, $5);

-- name: withdraw :exec
DELETE FROM dating.notices WHERE user_id = $1 AND kind = $2 AND about_id = $3;

-- The longest due first; $3: people who are being told something now.
-- name: due :many
SELECT n.notice_id, n.user_id, n.kind, n.about_id, n.made_at, n.tries FROM dating.notices n
WHERE n.next_at <= $1 AND n.user_id <> ALL ($3::bigint[])
ORDER BY n.next_at, n.notice_id LIMIT $2;

-- name: done :exec
DELETE FROM dating.notices WHERE notice_id = $1;

-- All of a person's at once, so that they stay in their order.
-- name: put_off :exec
UPDATE dating.notices SET tries = tries + CASE WHEN notice_id = $1 THEN $5::integer ELSE 0 END, next_at = greatest(next_at, $3::timestamptz)
WHERE user_id = $2 AND next_at <= $4;
