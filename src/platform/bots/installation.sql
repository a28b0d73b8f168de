-- name: find :optional
SELECT mode, key_fingerprint FROM platform.installation;

-- name: claim :exec
INSERT INTO platform.installation (mode, key_fingerprint) VALUES ($1, $2) ON CONFLICT DO NOTHING;
