"""Every statement of every .sql file is prepared against the migrated schema, in a PostgreSQL cluster of its own."""
import source_tree
import sql_header
import throwaway_cluster


def check(root):
    problems = []

    def refused(file, text, failure, first_line=1):
        line = first_line + text.count("\n", 0, failure.position or 0)
        problems.append(f"{file.relative_to(root).as_posix()}:{line}: {failure}")

    with throwaway_cluster.connection() as server:
        # The table of the migrations themselves is made by the program, before the first one.
        migrate = root / "src/platform/pg/migrate.cpp"
        if migrate.exists():
            for _, literal in source_tree.strings(source_tree.read(migrate)):
                if "CREATE TABLE IF NOT EXISTS platform.migrations" in literal:
                    server.execute(literal)
        for file in source_tree.files(root, ["migrations"], [".sql"]):
            text = source_tree.read(file)
            try:
                server.execute(text)
            except throwaway_cluster.Failure as failure:
                refused(file, text, failure)
        for file in source_tree.files(root, ["src"], [".sql"]):
            try:
                statements = sql_header.parse(source_tree.read(file), file.relative_to(root).as_posix())
            except sql_header.Mistake as mistake:
                problems.append(str(mistake))
                continue
            for statement in statements:
                try:
                    server.prepare(statement.body)
                except throwaway_cluster.Failure as failure:
                    refused(file, statement.body, failure, statement.line)
    return problems
