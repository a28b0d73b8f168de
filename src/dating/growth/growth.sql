-- name: rights :one
SELECT max(until) FILTER (WHERE kind = 'premium' AND until > $2),
       max(until) FILTER (WHERE kind = 'boost' AND until > $2),
       count(*) FILTER (WHERE kind = 'boost' AND source LIKE 'weekly %' AND granted_at > $2 - interval '7 days')
FROM dating.entitlements WHERE user_id = $1 AND until > $2 - interval '7 days';

-- name: lock_person :optional
SELECT 1 FROM dating.profiles WHERE user_id = $1 FOR NO KEY UPDATE;

-- name: grant_right :exec
INSERT INTO dating.entitlements (user_id, kind, source, granted_at, until)
SELECT $1, $2, $3, $4, greatest($4, (SELECT max(until) FROM dating.entitlements WHERE user_id = $1 AND kind = $2))
                       + $5::interval
ON CONFLICT DO NOTHING;

-- name: keep_code :exec
INSERT INTO dating.invites (user_id, code) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: invitations :optional
SELECT i.code, (SELECT count(*) FROM dating.invited v WHERE v.by_id = i.user_id),
       (SELECT count(*) FROM dating.entitlements e
        WHERE e.user_id = i.user_id AND e.kind = 'premium' AND e.source LIKE 'invite %')
FROM dating.invites i WHERE i.user_id = $1;

-- name: owner_of_code :optional
SELECT user_id FROM dating.invites WHERE code = $1;

-- name: came_by :exec
-- Who invites has been through registration, who comes has not: so nobody invites in a circle.
INSERT INTO dating.invited (user_id, by_id, at)
SELECT newcomer.user_id, inviter.user_id, $3
FROM dating.profiles newcomer, dating.profiles inviter
WHERE newcomer.user_id = $1 AND newcomer.state = 'draft'
  AND inviter.user_id = $2 AND inviter.state <> 'draft'
ON CONFLICT DO NOTHING;

-- name: due_rewards :many
SELECT v.user_id, v.by_id,
       inviter.state <> 'banned' AND NOT inviter.shadow
       AND row_number() OVER (PARTITION BY v.by_id ORDER BY v.at, v.user_id)
           + (SELECT count(*) FROM dating.entitlements e
              WHERE e.user_id = v.by_id AND e.kind = 'premium' AND e.source LIKE 'invite %'
                AND e.granted_at > $1::timestamptz - interval '30 days') <= $2
FROM dating.invited v
JOIN dating.profiles newcomer ON newcomer.user_id = v.user_id
JOIN dating.profiles inviter ON inviter.user_id = v.by_id
WHERE v.rewarded_at IS NULL AND newcomer.state = 'active' AND newcomer.has_photo AND NOT newcomer.shadow
ORDER BY v.at, v.user_id LIMIT $3;

-- name: mark_rewarded :exec
UPDATE dating.invited SET rewarded_at = $2 WHERE user_id = $1 AND rewarded_at IS NULL;

-- name: figures :many
SELECT coalesce(n.shown, 0), coalesce(n.liked_by, 0), coalesce(n.matched, 0), coalesce(n.likes, 0)
FROM generate_series(0, 29) AS ago
LEFT JOIN dating.days n ON n.user_id = $1 AND n.day = ($2::timestamptz AT TIME ZONE 'UTC')::date - ago
ORDER BY ago DESC;
