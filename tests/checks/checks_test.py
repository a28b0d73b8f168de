"""Each check of tools/check is shown to fail on a planted violation, and to pass on its neighbour that is right."""
import contextlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import check_format  # noqa: E402
import check_habits  # noqa: E402
import check_layers  # noqa: E402
import check_schemas  # noqa: E402
import check_statements  # noqa: E402
import check_texts  # noqa: E402
import check_tidy  # noqa: E402
import sql_header  # noqa: E402


class Planted(unittest.TestCase):
    @contextlib.contextmanager
    def tree(self, files):
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            for name, text in files.items():
                path = pathlib.Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            yield pathlib.Path(folder)

    def finds(self, check, files, *wanted):
        """Exactly these problems, each given by its beginning or by words in it."""
        with self.tree(files) as root:
            problems = check(root)
        self.assertEqual(len(problems), len(wanted), problems)
        for problem, words in zip(problems, wanted):
            self.assertIn(words, problem)

    def passes(self, check, files):
        self.finds(check, files)


class Layers(Planted):
    def include(self, file, target):
        return {f"src/{file}": f'#pragma once\n#include "{target}"\n'}

    def test_a_room_may_see_what_lies_below_it(self):
        for file, target in (("hunt/bot/menu.cpp", "hunt/categories.hpp"), ("hunt/post.cpp", "accounts/users.hpp"),
                             ("app/house.cpp", "sandbox/world.hpp"), ("platform/pg/pool.cpp", "platform/log/log.hpp"),
                             ("async/loop.cpp", "base/clock.hpp"), ("hunt/store.cpp", "hunt/posts_sql.hpp")):
            with self.subTest(file=file):
                self.passes(check_layers.check, self.include(file, target))

    def test_a_room_must_not_look_up(self):
        for file, target in (("hunt/post.cpp", "hunt/bot/menu.hpp"), ("base/clock.cpp", "async/task.hpp"),
                             ("platform/pg/pool.cpp", "accounts/users.hpp"), ("accounts/users.cpp", "billing/plans.hpp"),
                             ("sandbox/world.cpp", "app/house.hpp"), ("hunt/bot/menu.cpp", "sandbox/world.hpp")):
            with self.subTest(file=file):
                self.finds(check_layers.check, self.include(file, target), f"src/{file}:2: ")

    def test_hunt_and_dating_never_see_each_other(self):
        self.finds(check_layers.check, self.include("hunt/post.cpp", "dating/deck.hpp"), "hunt must not see dating")
        self.finds(check_layers.check, self.include("dating/deck.cpp", "hunt/post.hpp"), "dating must not see hunt")

    def test_bots_and_pages_know_no_sql(self):
        self.finds(check_layers.check, self.include("hunt/bot/menu.cpp", "hunt/posts_sql.hpp"), "hunt/bot knows no SQL")
        self.finds(check_layers.check, {"src/dating/api/deck.sql": "SELECT 1;"}, "dating/api knows no SQL")

    def test_base_knows_no_asio(self):
        self.finds(check_layers.check, {"src/base/clock.hpp": "#include <boost/asio/awaitable.hpp>\n"}, "no Asio")

    def test_an_include_that_goes_around_the_rooms_is_refused(self):
        self.finds(check_layers.check, {"src/hunt/post.cpp": '#include "../dating/deck.hpp"\n'}, "from src/ on")

    def test_an_include_in_a_comment_is_none(self):
        self.passes(check_layers.check, {"src/base/a.cpp": '/*\n#include "app/house.hpp"\n*/\n'})


class Schemas(Planted):
    MIGRATIONS = {"migrations/0001_platform.sql": "CREATE SCHEMA IF NOT EXISTS platform;",
                  "migrations/0002_accounts.sql": "CREATE SCHEMA accounts;", "migrations/0003_hunt.sql": "CREATE SCHEMA hunt;"}

    def look(self, files, *wanted):
        self.finds(check_schemas.check, {**self.MIGRATIONS, **files}, *wanted)

    def test_a_module_may_name_its_own_schema(self):
        self.look({"src/hunt/a.sql": "-- name: a :exec\n-- not from accounts.users\nDELETE FROM hunt.posts WHERE x = 'accounts.y';"})

    def test_a_module_must_not_name_another_schema(self):
        self.look({"src/hunt/a.sql": "-- name: a :exec\nDELETE FROM\n  accounts.users;"}, "src/hunt/a.sql:3: ")
        self.look({"src/accounts/a.sql": "-- name: a :many\nSELECT 1 FROM Hunt . posts;"}, "src/accounts/a.sql:2: ")
        self.look({"src/platform/pg/a.sql": "-- name: a :many\nSELECT 1 FROM hunt.posts;"}, "platform names hunt.p")

    def test_one_foreign_key_goes_across(self):
        key = "CREATE TABLE hunt.a (user_id bigint REFERENCES accounts.{} ON DELETE CASCADE);"
        self.look({"migrations/0004_hunt_more.sql": key.format("users (user_id)")})
        self.look({"migrations/0004_hunt_more.sql": key.format("journal (entry_id)")}, "0004_hunt_more.sql:1: ")

    def test_sql_stands_in_sql_files(self):
        self.look({"src/hunt/a.cpp": 'auto a = "SELECT x FROM hunt.posts";'}, "src/hunt/a.cpp:1: ")
        self.look({"src/hunt/a.cpp": 'auto a = "SELECT";  // "SELECT x FROM y"'})


class Statements(Planted):
    def test_every_statement_is_prepared_against_the_migrated_schema(self):
        self.finds(check_statements.check, {
            "migrations/0001_hunt.sql": "CREATE SCHEMA hunt;\nCREATE TABLE hunt.posts (post_id bigint, text text);",
            "src/hunt/right.sql": "-- name: a :exec\nDELETE FROM hunt.posts WHERE post_id = $1;\n-- name: b :exec\nLISTEN x;",
            "src/hunt/wrong.sql": "-- name: right :one\nSELECT 1;\n-- Why.\n-- name: wrong :many\nSELECT post_id\nFROM hunt.posts\n"
                                  "WHERE titel = $1;\n-- name: two :exec\nSELECT 1; SELECT 2;\n",
        }, 'src/hunt/wrong.sql:7: column "titel" does not exist',
            "src/hunt/wrong.sql:9: cannot insert multiple commands into a prepared statement")

    def test_a_migration_that_fails_is_told_with_its_line(self):
        self.finds(check_statements.check, {"migrations/0001_hunt.sql": "CREATE SCHEMA hunt;\nCREATE TABEL hunt.x ();"},
                   "migrations/0001_hunt.sql:2: syntax error")

    def test_a_statement_ends_with_its_semicolon(self):
        found = sql_header.parse("-- name: a :one\nSELECT 1;\n\n-- About b.\n-- name: b :exec\n\nNOTIFY x;\n", "f.sql")
        self.assertEqual(found, [("a", "one", "SELECT 1", 2), ("b", "exec", "NOTIFY x", 7)])
        for text in ("-- name: a :none\nSELECT 1;", "-- name: a :one\n", "-- name: a\nSELECT 1;",
                     "SELECT 1;", "-- name: a :one\nSELECT 1;\nSELECT 2;"):
            with self.subTest(text=text), self.assertRaises(sql_header.Mistake):
                sql_header.parse(text, "f.sql")


class Habits(Planted):
    def test_nothing_is_detached(self):
        self.finds(check_habits.check_detached, {"src/hunt/a.cpp": "// detached\nco_spawn(io, f(), asio::detached);"},
                   "src/hunt/a.cpp:2: ")
        self.passes(check_habits.check_detached, {"src/hunt/a.cpp": 'auto a = "detached"; /* detached */'})

    def test_the_closure_of_a_coroutine_is_named(self):
        for right in ("auto work = [&](transaction& in) -> task<> { co_await in.run(); };\nco_await begin(work);",
                      "scope.spawn(\"x\", []() -> task<> { co_return; }());", "auto x = [&] { return 1; }();",
                      "to.add(\"GET\", [list](request) -> task<response> { co_return f(list); });"):
            with self.subTest(right=right):
                self.passes(check_habits.check_closures, {"src/hunt/a.cpp": right})
        for wrong in ("scope.spawn(\"x\",\n [&]() -> task<> { if (x) { co_await y(); } }());",
                      "int a;\nco_await run([=, this](int (&x)[2]) mutable -> async::task<std::expected<int, error>> { co_return 1; });"):
            with self.subTest(wrong=wrong):
                self.finds(check_habits.check_closures, {"src/hunt/a.cpp": wrong}, "src/hunt/a.cpp:2: ")

    def test_unit_tests_never_sleep(self):
        for sleep in ("std::this_thread::sleep_for(1s);", "usleep(5);", "co_await async::sleep_for(1ms);",
                      "asio::steady_timer timer(io);", "::sleep(1);"):
            with self.subTest(sleep=sleep):
                self.finds(check_habits.check_sleeps, {"src/hunt/a_test.cpp": sleep}, "src/hunt/a_test.cpp:1: ")
        self.passes(check_habits.check_sleeps, {"src/hunt/a_test.cpp": "// never sleep(1)\nint sleepers; co_await async::sleep_for(1h);",
                                                "src/hunt/a.cpp": "co_await async::sleep_for(1ms);"})

    def test_no_registry_and_no_place_on_one_machine_is_named(self):
        for text in ("https://registry.npm" + "js.org/react", "http://deb.deb" + "ian.org/debian", "pypi" + ".org",
                     "/ho" + "me/anna/tandem", "/wo" + "rk/main"):
            with self.subTest(text=text):
                self.finds(check_habits.check_addresses, {"web/package-lock.json": f'\n"{text}"'}, "web/package-lock.json:2: ")
        self.passes(check_habits.check_addresses, {"README.md": "https://t.me/s/channel, $HOME/.local, /root/ and /var/tmp/x"})


class Texts(Planted):
    TEXTS = {"locales/ru/hunt.toml": '[hunt.menu]\ntext = "Меню"\n[hunt.reason]\nscam = "Обман"\n',
             "locales/en/hunt.toml": '[hunt.menu]\ntext = "Menu"\n[hunt.reason]\nscam = "Fraud"\n'}

    def test_text_for_users_stands_in_the_locales(self):
        self.finds(check_texts.check_user_text, {"src/hunt/a.cpp": '// Привет\nauto a = "Привет";'}, "src/hunt/a.cpp:2: ")
        self.finds(check_texts.check_user_text, {"src/hunt/a.cpp": 'auto a = R"(\nПривет)";'}, "src/hunt/a.cpp:1: ")
        self.finds(check_texts.check_user_text, {"src/hunt/bot/a.cpp": 'send("Choose a category");'}, "src/hunt/bot/a.cpp:1: ")
        self.finds(check_texts.check_user_text, {"web/sandbox/src/chat.tsx": "// Чат\n<b>Чат</b>"}, "web/sandbox/src/chat.tsx:2: ")

    def test_words_that_are_looked_for_and_errors_for_programmers_are_no_text_for_users(self):
        self.passes(check_texts.check_user_text, {
            "src/hunt/verdicts/words.cpp": 'auto a = "вакансия";', "src/hunt/a_test.cpp": 'auto a = "Привет";',
            "src/hunt/bot/a.cpp": 'throw std::logic_error("no such screen");', "web/sandbox/src/locales/ru.json": '{"a": "Чат"}'})

    def keys(self, code, *wanted, file="src/hunt/bot/a.cpp"):
        self.finds(check_texts.check_locale_keys, {**self.TEXTS, file: code}, *wanted)

    def test_a_key_that_the_code_uses_exists(self):
        self.keys('to.html("menu.text", {{"count", 5}}); texts.plain(language, "hunt.reason." + name);')
        self.keys('\nto.html("menu.txt");', "src/hunt/bot/a.cpp:2: no text menu.txt")
        self.keys('to.plain(saved ? "menu.text" : "menu.no");', "menu.no")
        self.keys('texts->html(language, "hunt.menu.no", {});', "hunt.menu.no", file="src/app/a.cpp")
        self.keys('to.html("cause." + name);', "cause.")
        self.keys('constexpr auto title = "menu.no";', "menu.no")

    def test_both_languages_have_the_same_keys(self):
        self.finds(check_texts.check_locale_keys, {**self.TEXTS, "locales/en/more.toml": 'a = "x"'}, "locales/ru: a is missing")
        self.finds(check_texts.check_locale_keys, {"web/x/locales/ru.json": '{"a": {"b": "x"}, "c": "y"}',
                                                   "web/x/locales/en.json": '{"c": "y"}'}, "en.json:1: a.b is missing")


class Format(Planted):
    def test_a_file_that_clang_format_would_change_is_told(self):
        style = {".clang-format": (ROOT / ".clang-format").read_text()}
        self.passes(check_format.check, {**style, "src/a.cpp": "int a = 1;\n"})
        self.finds(check_format.check, {**style, "src/a.cpp": "int b;\nint  a=1;\n"}, "src/a.cpp:2: run tools/format")


class Tidy(Planted):
    COMMAND = "clang++-19 -std=c++23 -c {0} -o {0}.o"

    def tidy(self, files):
        with self.tree({**files, ".clang-tidy": (ROOT / ".clang-tidy").read_text()}) as root:
            entries = [{"directory": str(root), "file": str(root / name), "command": self.COMMAND.format(root / name)}
                       for name in files if name.endswith(".cpp")]
            (root / "compile_commands.json").write_text(json.dumps(entries))
            return check_tidy.check(root, root)

    def test_each_named_check_fails_on_its_plant(self):
        checks = re.search(r"^Checks: >\n((?:  .*\n)+)", (ROOT / ".clang-tidy").read_text(), re.MULTILINE)[1]
        names = [name.strip() for name in checks.split(",")]
        self.assertEqual(names[0], "-*")
        self.assertLessEqual(len(names), 1 + 8, "eight named checks at most")
        self.assertFalse([name for name in names[1:] if "*" in name or name.startswith("clang-analyzer")])
        plants = {f"src/{plant.name}": plant.read_text() for plant in sorted((ROOT / "tests/checks/tidy").glob("*.?pp"))}
        self.assertEqual(sorted(name for name in plants if name.endswith(".cpp")), sorted(f"src/{name}.cpp" for name in names[1:]), "a plant for each check")
        problems = self.tidy(plants)
        for name in names[1:]:
            with self.subTest(check=name):
                self.assertEqual([f"src/{name}.cpp" in one and f"[{name}," in one
                                  for one in problems if one.startswith(f"src/{name}.cpp")], [True], problems)

    def test_a_file_that_passed_is_looked_at_again_only_when_it_changed(self):
        rules = "rule cc\n  command = clang++-19 -std=c++23 -MD -MF a.d -c src/a.cpp -o a.o\n  deps = gcc\n  depfile = a.d\nbuild a.o: cc src/a.cpp\n"
        with self.tree({".clang-tidy": (ROOT / ".clang-tidy").read_text(), "build.ninja": rules,
                        "src/a.hpp": "int a();\n", "src/a.cpp": '#include "a.hpp"\nint a() { return 1; }\n'}) as root:
            def build_and_check():
                subprocess.run(["ninja", "-C", root], check=True, capture_output=True)
                (root / "compile_commands.json").write_text(json.dumps([{
                    "directory": str(root), "file": str(root / "src/a.cpp"), "output": "a.o",
                    "command": "clang++-19 -std=c++23 -c src/a.cpp -o a.o"}]))
                problems = check_tidy.check(root, root)
                return problems, len(list((root / "build/tidy").iterdir()))

            self.assertEqual(build_and_check(), ([], 1))
            self.assertEqual(build_and_check(), ([], 1))
            (root / "src/a.hpp").write_text("#include <memory>\nusing std::shared_ptr;\nint a();\n")
            self.assertEqual(build_and_check(), ([], 2), "a header changed: looked at again")
            (root / "src/a.cpp").write_text('#include "a.hpp"\nusing std::unique_ptr;\nint a() { return 1; }\n')
            problems, marks = build_and_check()
            self.assertEqual((len(problems), marks), (1, 2), problems)
            self.assertEqual(len(build_and_check()[0]), 1, "what failed fails again")


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=1)
    result = program.result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} ok, {failed} failed")
    sys.exit(1 if failed or not result.testsRun else 0)
