-- name: all :many
SELECT p.version, p.state, p.shipped, p.added_at, p.published_at, count(t.post_id),
       count(t.post_id) FILTER (WHERE t.right_whole), coalesce(sum(t.cost_micros), 0)::bigint
FROM hunt.prompts p LEFT JOIN hunt.prompt_trials t USING (version)
GROUP BY p.version ORDER BY p.version;

-- name: find :optional
SELECT version, body, state FROM hunt.prompts WHERE version = $1;

-- name: live :optional
SELECT version, body, state FROM hunt.prompts WHERE state = 'live';

-- name: add :one
INSERT INTO hunt.prompts (body, shipped, added_at) VALUES ($1, $2, $3) RETURNING version;

-- name: lock :exec
LOCK TABLE hunt.prompts IN SHARE ROW EXCLUSIVE MODE;

-- name: newest_shipped :optional
SELECT version, body, state FROM hunt.prompts WHERE shipped ORDER BY version DESC LIMIT 1;

-- name: retire :exec
UPDATE hunt.prompts SET state = 'retired' WHERE state = 'live';

-- name: publish :exec
UPDATE hunt.prompts SET state = 'live', published_at = $2 WHERE version = $1;

-- Posts whose kind people have told and whose text is still there, in an order that is the same for every version.
-- name: labelled :many
SELECT p.post_id, p.text, l.kind, array_to_string(l.categories, ',')
FROM hunt.posts p
JOIN LATERAL (SELECT kind, categories FROM hunt.labels x WHERE x.post_id = p.post_id AND x.labelled_by <> 'model'
              ORDER BY x.labelled_by LIMIT 1) l ON true
WHERE p.text <> ''
  AND NOT EXISTS (SELECT FROM hunt.prompt_trials t WHERE t.post_id = p.post_id AND t.version = $1 AND t.model = $2)
ORDER BY md5(p.post_id::text) LIMIT $3;

-- name: add_trial :exec
INSERT INTO hunt.prompt_trials (version, post_id, model, kind_right, right_whole, cost_micros, tried_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (version, post_id, model) DO UPDATE
SET kind_right = excluded.kind_right, right_whole = excluded.right_whole, cost_micros = excluded.cost_micros,
    tried_at = excluded.tried_at;

-- name: score :one
SELECT count(*), count(*) FILTER (WHERE kind_right), count(*) FILTER (WHERE right_whole),
       coalesce(sum(cost_micros), 0)::bigint
FROM hunt.prompt_trials WHERE version = $1 AND model = $2;

-- Two versions over the posts that both were tried on.
-- name: compare :one
SELECT count(*), count(*) FILTER (WHERE a.right_whole), count(*) FILTER (WHERE b.right_whole)
FROM hunt.prompt_trials a JOIN hunt.prompt_trials b USING (post_id, model)
WHERE a.version = $1 AND b.version = $2 AND model = $3;
