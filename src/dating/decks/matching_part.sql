-- From here on nothing is missed: every transaction that began earlier has ended.
-- name: horizon :one
SELECT pg_snapshot_xmin(pg_current_snapshot())::text;

-- name: bounds :one
SELECT coalesce(min(user_id), 1), coalesce(max(user_id), 0) FROM dating.profiles;

-- What the engine keeps of people, those of a range of ids. The join is of two ranges, so that nothing is looked for row
-- by row; numbers come in their shortest digits.
-- name: profiles :many
SELECT p.user_id, p.sex = 'male', p.seeks, p.born_on - date '1970-01-01', p.age_from, p.age_to, p.latitude, p.longitude,
       p.place_id, CASE WHEN p.own_city THEN 0 ELSE p.radius_km END, coalesce(r.level3, 0.285::real), p.shadow
FROM dating.profiles p
LEFT JOIN (SELECT user_id, level3 FROM dating.ratings WHERE user_id BETWEEN $1 AND $2) r USING (user_id)
WHERE p.user_id BETWEEN $1 AND $2 AND p.state = 'active';

-- name: next_one :optional
SELECT user_id FROM dating.profiles WHERE user_id > $1 ORDER BY user_id LIMIT 1;

-- Who has changed since the horizon $1, as they are now; who is not shown any more comes without a sex.
-- name: changed :many
WITH who AS (SELECT DISTINCT user_id FROM dating.changes WHERE xid >= $1::text::xid8)
SELECT who.user_id, p.sex = 'male', p.seeks, p.born_on - date '1970-01-01', p.age_from, p.age_to, p.latitude, p.longitude,
       p.place_id, CASE WHEN p.own_city THEN 0 ELSE p.radius_km END,
       coalesce(r.level3, 0.285)
         + CASE WHEN EXISTS (SELECT FROM dating.entitlements e
                             WHERE e.user_id = p.user_id AND e.kind = 'boost' AND e.until > $2) THEN 0.3 ELSE 0 END,
       p.shadow
FROM who
LEFT JOIN dating.profiles p ON p.user_id = who.user_id AND p.state = 'active'
LEFT JOIN dating.ratings r ON r.user_id = p.user_id;

-- Ratings move in the background: all of them, by pages. $3 now.
-- name: rated :many
SELECT r.user_id, r.level3
         + CASE WHEN EXISTS (SELECT FROM dating.entitlements e
                             WHERE e.user_id = r.user_id AND e.kind = 'boost' AND e.until > $3) THEN 0.3 ELSE 0 END
FROM dating.ratings r WHERE r.user_id > $1 ORDER BY r.user_id LIMIT $2;

-- Who is a year older on the day $2 than on the day $1.
-- name: birthdays :many
SELECT user_id, extract(year FROM age(date '1970-01-01' + $2::integer, born_on))::integer FROM dating.profiles
WHERE state = 'active' AND extract(year FROM age(date '1970-01-01' + $2::integer, born_on))
                        <> extract(year FROM age(date '1970-01-01' + $1::integer, born_on));

-- Whom a viewer has judged since $2, and when they did so last.
-- name: judged :many
SELECT candidate_id, judged_at FROM dating.judgements WHERE viewer_id = $1 AND judged_at >= $2;

-- How often a viewer has taken a judgement back, as far as days are kept: when it is another number, some of what was
-- read is not true any more.
-- name: undone :one
SELECT coalesce(sum(undos), 0) FROM dating.days WHERE user_id = $1;

-- name: has_deck :one
SELECT EXISTS (SELECT FROM dating.decks WHERE viewer_id = $1);
