-- How long the stages of a post's way took since $1, in seconds; p50 and p99 of each.
-- name: stages :one
SELECT count(*),
       coalesce(percentile_disc(0.5)  WITHIN GROUP (ORDER BY extract(epoch FROM v.seen_at - v.posted_at)), 0)::float8,
       coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM v.seen_at - v.posted_at)), 0)::float8,
       coalesce(percentile_disc(0.5)  WITHIN GROUP (ORDER BY extract(epoch FROM v.judged_at - v.seen_at)), 0)::float8,
       coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM v.judged_at - v.seen_at)), 0)::float8,
       coalesce(percentile_disc(0.5)  WITHIN GROUP (ORDER BY extract(epoch FROM v.handed_at - v.judged_at)), 0)::float8,
       coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM v.handed_at - v.judged_at)), 0)::float8,
       coalesce(percentile_disc(0.5)  WITHIN GROUP (ORDER BY extract(epoch FROM v.first_reader_at - v.posted_at)), 0)::float8,
       coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM v.first_reader_at - v.posted_at)), 0)::float8,
       coalesce(percentile_disc(0.5)  WITHIN GROUP (ORDER BY extract(epoch FROM v.last_reader_at - v.posted_at)), 0)::float8,
       coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM v.last_reader_at - v.posted_at)), 0)::float8
FROM hunt.vacancies v
JOIN hunt.posts p USING (post_id)
JOIN hunt.sources s ON s.source_id = p.source_id AND s.added_at <= v.posted_at
WHERE v.judged_at >= $1;

-- name: by_source :many
SELECT s.name, count(*),
       coalesce(percentile_disc(0.5)  WITHIN GROUP (ORDER BY extract(epoch FROM v.seen_at - v.posted_at)), 0)::float8,
       coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM v.seen_at - v.posted_at)), 0)::float8,
       coalesce(percentile_disc(0.5)  WITHIN GROUP (ORDER BY extract(epoch FROM v.first_reader_at - v.posted_at)), 0)::float8,
       coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM v.first_reader_at - v.posted_at)), 0)::float8,
       coalesce(percentile_disc(0.5)  WITHIN GROUP (ORDER BY extract(epoch FROM v.last_reader_at - v.posted_at)), 0)::float8,
       coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM v.last_reader_at - v.posted_at)), 0)::float8
FROM hunt.vacancies v
JOIN hunt.posts p USING (post_id)
JOIN hunt.sources s ON s.source_id = p.source_id AND s.added_at <= v.posted_at
WHERE v.judged_at >= $1
GROUP BY s.source_id ORDER BY 8 DESC, 4 DESC, s.name LIMIT $2;

-- name: day :one
SELECT (SELECT count(*) FROM hunt.posts WHERE seen_at >= $1 AND seen_at <= $2),
       (SELECT count(*) FROM hunt.vacancies WHERE judged_at >= $1 AND judged_at <= $2),
       count(*), count(DISTINCT user_id),
       (SELECT count(*) FROM hunt.readers WHERE NOT paused AND right_until > $2)
FROM hunt.deliveries WHERE state IN ('sent', 'listed') AND sent_at >= $1 AND sent_at <= $2;

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
                                     WHERE d.vacancy_id = v.vacancy_id AND d.state = 'due'
                                       AND NOT d.deferred) AS waits) w
  WHERE v.judged_at > $1)
SELECT count(*), coalesce(sum(reading), 0)::float8, coalesce(sum(judging), 0)::float8,
       coalesce(sum(handing_over), 0)::float8, coalesce(sum(sending), 0)::float8, coalesce(max(total), 0)::float8
FROM way WHERE total > $3;
