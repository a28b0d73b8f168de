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
