#include <fmt/format.h>

#include <iostream>
#include <numeric>

#include "app/commands.hpp"
#include "app/database.hpp"
#include "async/loop.hpp"
#include "platform/bots/installation.hpp"
#include "platform/pg/backup.hpp"

namespace tandem::app {
namespace {

pg::backup_parts parts_of(const settings& all, const database& db) {
  const data_folder folder(all);
  pg::backup_parts parts;
  parts.url = db.url();
  parts.folders = {{"keys", folder.key().parent_path()},
                   {"blobs", folder.blobs()},
                   {"models", folder.models()},
                   {"sandbox", folder.sandbox()}};
  return parts;
}

void show(const pg::backup_report& report, std::ostream& out) {
  const auto sum = [](const auto& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::int64_t{0},
                           [](std::int64_t so_far, const auto& one) { return so_far + one.second; });
  };
  out << fmt::format("{} rows in {} tables, {} files, {:.1f} MB, made at {}\n", sum(report.tables),
                     report.tables.size(), sum(report.files), static_cast<double>(report.bytes) / 1e6,
                     report.made_at);
}

using work = std::function<task<pg::backup_report>(database&)>;

// Not under its own name: it may name another folder or database, and whoever restores shall look first.
std::filesystem::path restored_settings(const settings& all) {
  return std::filesystem::path(all.data) / "tandem.toml.restored";
}

task<int> with_parts(executor on, const settings& all, cluster_use how, std::ostream& out, work what) {
  const auto db = co_await database::open(on, all, how);
  std::exception_ptr failure;
  try {
    const auto report = co_await what(*db);
    show(report, out);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await db->close();
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const pg::backup_refused& refused) {
    std::cerr << refused.what() << "\n";
    co_return 1;
  }
  co_return 0;
}

}  // namespace

int backup(const settings& all, const std::string& target, std::ostream& out) {
  async::loop io;
  const std::filesystem::path file = target;
  const int code = io.run(with_parts(io.on(), all, cluster_use::beside, out, [&](database& db) {
    auto parts = parts_of(all, db);
    if (!all.file.empty()) parts.folders["settings"] = all.file;
    return pg::write_backup(std::move(parts), file);
  }));
  if (code == 0 && !all.blob.empty())
    out << "Files are in " << all.blob << " and not in it: copy the bucket by its own means.\n";
  if (code == 0) {
    out << "Written to " << target << ". It holds the keys: keep it as you keep a password.\n"
        << (all.file.empty() ? "There is no settings file to put into it" : "The settings file is in it")
        << "; what is set by variables TANDEM_… is not.\n";
  }
  return code;
}

int restore(const settings& all, const std::string& source, std::ostream& out) {
  async::loop io;
  const std::filesystem::path file = source;
  bool has_real_bots = false;
  auto bring_back = [&](database& db) -> task<pg::backup_report> {
    auto parts = parts_of(all, db);
    parts.folders["settings"] = restored_settings(all);
    auto report = co_await pg::read_backup(std::move(parts), file);
    const auto known = co_await bots::find_installation(db.pool());
    has_real_bots = known && known->mode == "real";
    co_return report;
  };
  const int code = io.run(with_parts(io.on(), all, cluster_use::empty, out, std::move(bring_back)));
  if (code != 0) return code;
  const bool needs_token = has_real_bots && !all.is_real();
  const auto file_of_then = restored_settings(all);
  out << "Everything is back.\n";
  if (std::filesystem::exists(file_of_then)) {
    out << "The settings file of then is " << file_of_then.string()
        << ": look it over, and rename it to tandem.toml.\n";
  }
  out << (needs_token ? "Its bots are real: set main_bot_token or dating_bot_token as before, then start "
                        "`tandem up`.\n"
                      : "Start `tandem up`.\n");
  return code;
}

}  // namespace tandem::app
