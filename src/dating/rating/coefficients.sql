-- name: current :one
SELECT coalesce(c.version, 0), coalesce(c.body::text, ''), s.held, s.applied
FROM dating.rating_state s LEFT JOIN dating.coefficients c ON c.in_use;

-- name: list :many
SELECT version, made_at, why, in_use, body::text FROM dating.coefficients ORDER BY version DESC;

-- name: put_down :exec
UPDATE dating.coefficients SET in_use = false WHERE in_use;

-- name: take_up :optional
UPDATE dating.coefficients SET in_use = true WHERE version = $1 RETURNING version;

-- name: hold :exec
UPDATE dating.rating_state SET held = $1 WHERE held <> $1;

-- name: applied :exec
UPDATE dating.rating_state SET applied = $1 WHERE applied <> $1;

-- name: add :one
INSERT INTO dating.coefficients (version, made_at, body, why, in_use)
SELECT coalesce(max(version), 0) + 1, $1, $2::jsonb, $3, true FROM dating.coefficients
RETURNING version;

-- name: lock :exec
-- One refit at a time, whoever asks for it.
LOCK TABLE dating.coefficients IN SHARE ROW EXCLUSIVE MODE;

-- name: evidence :many
SELECT e.good, e.count, e.liked, v.user_id, coalesce(v.sex, ''), v.born_on - date '1970-01-01', v.interests,
       (SELECT count(*) FROM dating.photos f WHERE f.user_id = v.user_id AND f.state = 'shown'), char_length(v.about),
       c.user_id, coalesce(c.sex, ''), c.born_on - date '1970-01-01', c.interests,
       (SELECT count(*) FROM dating.photos f WHERE f.user_id = c.user_id AND f.state = 'shown'), char_length(c.about)
FROM (SELECT * FROM dating.rating_evidence ORDER BY at DESC LIMIT $1) e
JOIN dating.profiles v ON v.user_id = e.viewer_id
JOIN dating.profiles c ON c.user_id = e.candidate_id
ORDER BY e.at, e.viewer_id, e.candidate_id;

-- name: talks :one
SELECT coalesce(sum(matched), 0)::float8, coalesce(sum(least(talked, matched)), 0)::float8 FROM dating.ratings WHERE matched > 0;
