-- Money for one request, before it is made; no row: the day's cap does not allow it. $2: the zone that days go by.
-- name: set_aside :optional
INSERT INTO hunt.model_spend AS s (day, requests, cost_micros)
SELECT ($1::timestamptz AT TIME ZONE $2::text)::date, 1, $3::bigint WHERE $3::bigint <= $4::bigint
ON CONFLICT (day) DO UPDATE SET requests = s.requests + 1, cost_micros = s.cost_micros + excluded.cost_micros
WHERE s.cost_micros + excluded.cost_micros <= $4::bigint
RETURNING to_char(day, 'YYYY-MM-DD');

-- When the next day begins in a zone.
-- name: next_day :one
SELECT (date_trunc('day', $1::timestamptz AT TIME ZONE $2::text) + interval '1 day') AT TIME ZONE $2::text;

-- $4: what it cost less what was set aside.
-- name: settle :exec
UPDATE hunt.model_spend SET tokens_in = tokens_in + $2, tokens_out = tokens_out + $3, cost_micros = cost_micros + $4
WHERE day = $1::text::date;

-- name: spent :optional
SELECT requests, tokens_in, tokens_out, cost_micros FROM hunt.model_spend
WHERE day = ($1::timestamptz AT TIME ZONE $2::text)::date;

-- name: note_state :exec
INSERT INTO hunt.model_state AS s (state, since, detail) VALUES ($1, $2, $3)
ON CONFLICT (only_one) DO UPDATE
SET state = excluded.state, detail = excluded.detail,
    since = CASE WHEN s.state = excluded.state THEN s.since ELSE excluded.since END;

-- Once per change, whichever process sees it first.
-- name: tell_once :optional
UPDATE hunt.model_state s SET told = s.state
FROM (SELECT told FROM hunt.model_state FOR UPDATE) old WHERE s.told <> s.state
RETURNING s.state, s.detail, old.told;

-- name: state :optional
SELECT state, since, detail FROM hunt.model_state;

-- name: live_prompt :optional
SELECT version, body FROM hunt.prompts WHERE state = 'live';
