-- name: known :exec
-- A period that was made shorter counts at once (and none at all too); a pause stays.
INSERT INTO platform.jobs AS job (name, next_run_at) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE
SET next_run_at = CASE WHEN excluded.next_run_at IS NOT NULL THEN least(job.next_run_at, excluded.next_run_at) END;

-- name: due :many
SELECT name, asked FROM platform.jobs
WHERE name = ANY ($1::text[]) AND (asked OR (NOT paused AND next_run_at <= $2))
ORDER BY next_run_at NULLS FIRST, name;

-- name: begin_run :one
INSERT INTO platform.job_runs (name, by_hand, started_at) VALUES ($1, $2, $3) RETURNING run_id;

-- name: plan :exec
UPDATE platform.jobs SET next_run_at = $2, asked = false WHERE name = $1;

-- name: end_run :exec
UPDATE platform.job_runs SET ended_at = $2, outcome = $3, error = $4, log = $5 WHERE run_id = $1;

-- name: forget_old :exec
DELETE FROM platform.job_runs
WHERE name = $1 AND run_id <= (SELECT run_id FROM platform.job_runs WHERE name = $1
                               ORDER BY run_id DESC OFFSET 100 LIMIT 1);

-- name: lost :exec
UPDATE platform.job_runs SET outcome = 'lost', ended_at = $1
WHERE outcome = 'running' AND name = ANY ($2::text[]);

-- name: ask :exec
UPDATE platform.jobs SET asked = true WHERE name = $1;

-- name: pause :exec
UPDATE platform.jobs SET paused = $2 WHERE name = $1;

-- name: jobs :many
SELECT name, paused, next_run_at FROM platform.jobs ORDER BY name;

-- name: history :many
SELECT run_id, name, by_hand, started_at, ended_at, outcome, coalesce(error, ''), log
FROM platform.job_runs
WHERE name = $1
ORDER BY run_id DESC
LIMIT $2;
