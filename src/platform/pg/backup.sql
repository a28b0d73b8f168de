-- name: snapshot :one
-- pg_dump and our counts look at the same moment.
SELECT pg_export_snapshot(), to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');

-- name: count_rows :many
SELECT schemaname || '.' || tablename,
       (xpath('/row/rows/text()',
              query_to_xml(format('SELECT count(*) AS rows FROM %I.%I', schemaname, tablename), false, true, ''))
       )[1]::text::bigint
FROM pg_tables
WHERE schemaname NOT LIKE 'pg\_%' AND schemaname <> 'information_schema'
ORDER BY 1;

-- name: count_objects :one
SELECT (SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema')
     + (SELECT count(*) FROM pg_namespace AS n
        WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'public'));
