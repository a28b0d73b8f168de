-- name: keep :exec
INSERT INTO hunt.operator_posts (post_id, bot_id, chat_id, message_id) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING;

-- A post that was brought before and is not answered: the process was killed in between. Its answer is to stand here.
-- name: keep_unanswered :optional
WITH brought AS (SELECT post_id FROM hunt.posts WHERE source_id = $1 AND message_id = $2),
kept AS (
  INSERT INTO hunt.operator_posts (post_id, bot_id, chat_id, message_id) SELECT post_id, $3, $4, 0 FROM brought
  ON CONFLICT DO NOTHING RETURNING post_id)
SELECT post_id FROM kept
UNION ALL SELECT post_id FROM hunt.operator_posts JOIN brought USING (post_id) WHERE operator_posts.message_id = 0;

-- name: find :many
SELECT p.post_id, p.state, p.reason, coalesce(r.url, ''), coalesce(w.kind, ''), coalesce(v.title, ''),
       coalesce((SELECT array_agg(vc.category_id::bigint ORDER BY vc.confidence DESC)
                 FROM hunt.vacancy_categories vc WHERE vc.vacancy_id = v.vacancy_id), '{}'),
       coalesce(v.state = 'withdrawn', false), o.bot_id, o.chat_id, o.message_id
FROM hunt.operator_posts o JOIN hunt.posts p USING (post_id)
LEFT JOIN hunt.posts r ON r.post_id = p.repeat_of
LEFT JOIN hunt.vacancies v ON v.post_id = p.post_id
LEFT JOIN LATERAL (SELECT kind FROM hunt.verdicts w WHERE w.post_id = p.post_id ORDER BY w.at DESC LIMIT 1) w ON true
WHERE p.post_id = ANY ($1);

-- name: recent :many
SELECT o.post_id, o.shown FROM hunt.operator_posts o JOIN hunt.posts p USING (post_id)
WHERE p.seen_at > $1 AND o.post_id < $3 ORDER BY o.post_id DESC LIMIT $2;

-- name: told :exec
UPDATE hunt.operator_posts SET message_id = $2, shown = $3 WHERE post_id = $1;

-- name: undo :optional
UPDATE hunt.posts p SET state = 'dropped', reason = 'operator', bands = '{}', repeat_of = NULL
FROM hunt.operator_posts o WHERE o.post_id = p.post_id AND p.post_id = $1 RETURNING p.post_id;

-- name: withdraw :exec
UPDATE hunt.vacancies SET state = 'withdrawn', withdrawn_by_edit = false WHERE post_id = $1 AND state = 'live';
