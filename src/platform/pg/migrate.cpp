#include "platform/pg/migrate.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <charconv>
#include <fstream>
#include <sstream>

#include "base/text/hex.hpp"
#include "platform/pg/migrate_sql.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::pg {

namespace fs = std::filesystem;

namespace {

struct migration {
  std::int64_t number = 0;
  std::string file;
  std::string text;
  std::string checksum;  // SHA-256, hex
};

std::string sha256(std::string_view text) {
  unsigned char digest[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(digest, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  return text::hex_of(std::as_bytes(std::span(digest)));
}

std::vector<migration> read_all(const fs::path& folder) {
  std::vector<migration> out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".sql") continue;
    migration next;
    next.file = entry.path().filename().string();
    const auto [end, status] =
        std::from_chars(next.file.data(), next.file.data() + next.file.size(), next.number);
    if (status != std::errc{} || *end != '_') {
      throw migration_refused(entry.path().string() + ": a migration is named NNNN_name.sql");
    }
    std::ifstream in(entry.path(), std::ios::binary);
    std::ostringstream text;
    if (!(text << in.rdbuf()))
      throw migration_refused(entry.path().string() + ": is empty or cannot be read");
    next.text = std::move(text).str();
    next.checksum = sha256(next.text);
    out.push_back(std::move(next));
  }
  std::ranges::sort(out, {}, &migration::number);
  for (std::size_t at = 0; at < out.size(); ++at) {
    if (out[at].number != static_cast<std::int64_t>(at) + 1) {
      throw migration_refused(
          fmt::format("{}: migrations are numbered 1, 2, 3 …; number {} was expected here",
                      (folder / out[at].file).string(), at + 1));
    }
  }
  if (out.empty()) throw migration_refused("no migrations in " + folder.string());
  return out;
}

// How many of the files are applied already.
task<std::size_t> count_applied(session& on, const std::vector<migration>& files) {
  const auto there = co_await on(sql::migrate::has_table);
  if (!there.front().get<bool>(0)) co_return 0;
  const auto rows = co_await on(sql::migrate::applied);
  for (int at = 0; at < rows.size(); ++at) {
    const auto file = rows[at].get<std::string>(1);
    if (static_cast<std::size_t>(at) >= files.size()) {
      throw migration_refused("the database was made by a newer tandem (it has " + file +
                              "): start that version, or restore a backup of this one");
    }
    if (rows[at].get<std::string>(2) != files[at].checksum) {
      throw migration_refused(files[at].file + " was changed after it had been applied (as " + file +
                              "): put the old text back and write the change into a new migration");
    }
  }
  co_return static_cast<std::size_t>(rows.size());
}

constexpr std::string_view own_table = R"sql(
CREATE SCHEMA IF NOT EXISTS platform;
CREATE TABLE IF NOT EXISTS platform.migrations (
  number     integer PRIMARY KEY,
  file       text NOT NULL,
  checksum   text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
))sql";

}  // namespace

task<migration_report> migrate(pool& on, fs::path folder) {
  const auto files = read_all(folder);
  migration_report report;
  report.before = -1;
  for (;;) {
    const auto in = co_await on.begin();
    co_await (*in)(sql::migrate::lock);
    const auto done = co_await count_applied(*in, files);
    if (report.before < 0) report.before = static_cast<int>(done);
    if (done == files.size()) co_return report;
    const auto& next = files[done];
    std::string failed;
    try {
      if (done == 0) co_await in->script(std::string(own_table));
      co_await in->script(next.text);
    } catch (const unavailable&) {
      throw;
    } catch (const error& failure) {
      failed = failure.what();
    }
    if (!failed.empty()) throw migration_refused(next.file + ": " + failed);
    co_await (*in)(sql::migrate::record, next.number, next.file, next.checksum);
    co_await in->commit();
    report.applied.push_back(next.file);
  }
}

task<std::vector<std::string>> pending_migrations(pool& on, fs::path folder) {
  const auto files = read_all(folder);
  const auto done = co_await count_applied(on, files);
  std::vector<std::string> out;
  for (auto at = done; at < files.size(); ++at) out.push_back(files[at].file);
  co_return out;
}

fs::path migrations_folder() {
  return fs::read_symlink("/proc/self/exe").parent_path() / "share/tandem/migrations";
}

}  // namespace tandem::pg
