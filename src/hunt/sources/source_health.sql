-- $1: the beginning of yesterday.
-- name: count_days :exec
INSERT INTO hunt.source_days (source_id, day, posts, passed, vacancies)
SELECT p.source_id, (p.posted_at AT TIME ZONE 'UTC')::date, count(*), count(*) FILTER (WHERE p.state <> 'dropped'),
       count(v.vacancy_id)
FROM hunt.posts p LEFT JOIN hunt.vacancies v USING (post_id)
WHERE p.seen_at >= $1 AND p.posted_at >= $1
GROUP BY 1, 2
ON CONFLICT (source_id, day) DO UPDATE
SET posts = excluded.posts, passed = excluded.passed, vacancies = excluded.vacancies
WHERE (hunt.source_days.posts, hunt.source_days.passed, hunt.source_days.vacancies)
      IS DISTINCT FROM (excluded.posts, excluded.passed, excluded.vacancies);

-- name: yields :many
SELECT d.source_id, sum(d.posts)::float8 / greatest(1, least(14, ceil(extract(epoch FROM $1 - s.added_at) / 86400)))::float8,
       sum(d.passed)::float8 / greatest(1, sum(d.posts)), sum(d.vacancies)::float8 / greatest(1, sum(d.posts))
FROM hunt.source_days d JOIN hunt.sources s USING (source_id)
WHERE d.day > ($1::timestamptz AT TIME ZONE 'UTC')::date - 14
GROUP BY d.source_id, s.added_at;

-- name: speaks_again :exec
UPDATE hunt.sources SET silent_since = NULL WHERE silent_since IS NOT NULL AND last_post_at > silent_since;

-- The usual gap is the one before the silence.
-- name: silent :many
WITH rhythm AS (
  SELECT d.source_id, (s.last_post_at - min(d.day)::timestamp AT TIME ZONE 'UTC') / sum(d.posts) AS gap
  FROM hunt.source_days d JOIN hunt.sources s USING (source_id)
  WHERE d.day > ($1::timestamptz AT TIME ZONE 'UTC')::date - 28
  GROUP BY d.source_id, s.last_post_at HAVING sum(d.posts) >= 5)
UPDATE hunt.sources s SET silent_since = $1
FROM rhythm r
WHERE s.source_id = r.source_id AND s.state = 'active' AND s.kind IN ('preview', 'feed', 'bot', 'account')
  AND s.silent_since IS NULL AND s.last_post_at < $1 - greatest(interval '36 hours', 8 * r.gap)
RETURNING s.source_id, s.kind, s.name, s.last_post_at, (extract(epoch FROM r.gap) / 3600)::float8;
