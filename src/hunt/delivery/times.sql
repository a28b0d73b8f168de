-- How long the stages of a post's way took since $1, in seconds; p50 and p99 of each.
-- name: stages :one
SELECT count(*),
       coalesce(percentile_disc(0.5)  WITHIN GROUP (ORDER BY extract(epoch FROM seen_at - posted_at)), 0)::float8,
       coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM seen_at - posted_at)), 0)::float8,
       coalesce(percentile_disc(0.5)  WITHIN GROUP (ORDER BY extract(epoch FROM judged_at - seen_at)), 0)::float8,
       coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM judged_at - seen_at)), 0)::float8,
       coalesce(percentile_disc(0.5)  WITHIN GROUP (ORDER BY extract(epoch FROM handed_at - judged_at)), 0)::float8,
       coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM handed_at - judged_at)), 0)::float8,
       coalesce(percentile_disc(0.5)  WITHIN GROUP (ORDER BY extract(epoch FROM first_reader_at - posted_at)), 0)::float8,
       coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM first_reader_at - posted_at)), 0)::float8,
       coalesce(percentile_disc(0.5)  WITHIN GROUP (ORDER BY extract(epoch FROM last_reader_at - posted_at)), 0)::float8,
       coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM last_reader_at - posted_at)), 0)::float8
FROM hunt.vacancies WHERE judged_at >= $1;

-- What still waits counts up to now.
-- name: slow :one
WITH way AS (
  SELECT v.vacancy_id,
         extract(epoch FROM v.seen_at - v.posted_at) AS reading,
         extract(epoch FROM v.judged_at - v.seen_at) AS judging,
         extract(epoch FROM coalesce(v.handed_at, CASE WHEN w.waits THEN $2::timestamptz END, v.judged_at) - v.judged_at)
           AS handing_over,
         extract(epoch FROM CASE WHEN w.waits THEN $2::timestamptz ELSE coalesce(v.last_reader_at, v.handed_at) END
                            - v.handed_at) AS sending,
         extract(epoch FROM CASE WHEN w.waits THEN $2::timestamptz
                                 ELSE coalesce(v.last_reader_at, v.handed_at) END - v.posted_at) AS total
  FROM hunt.vacancies v
  JOIN hunt.posts p USING (post_id)
  JOIN hunt.sources s ON s.source_id = p.source_id AND s.added_at <= v.posted_at
  CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM hunt.deliveries d
                                     WHERE d.vacancy_id = v.vacancy_id AND d.state = 'due') AS waits) w
  WHERE v.judged_at > $1)
SELECT count(*), coalesce(sum(reading), 0)::float8, coalesce(sum(judging), 0)::float8,
       coalesce(sum(handing_over), 0)::float8, coalesce(sum(sending), 0)::float8, coalesce(max(total), 0)::float8
FROM way WHERE total > $3;
