#include <fmt/format.h>

#include <iostream>
#include <numeric>

#include "app/commands.hpp"
#include "app/database.hpp"
#include "async/loop.hpp"
#include "platform/pg/backup.hpp"

namespace tandem::app {
namespace {

pg::backup_parts parts_of(const settings& all, const database& db) {
  const data_folder folder(all);
  pg::backup_parts parts;
  parts.url = db.url();
  parts.folders = {
      {"keys", folder.key().parent_path()}, {"blobs", folder.blobs()}, {"sandbox", folder.sandbox()}};
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

using work = std::function<task<pg::backup_report>(pg::backup_parts)>;

task<int> with_parts(executor on, const settings& all, cluster_use how, std::ostream& out, work what) {
  const auto db = co_await database::open(on, all, how);
  std::exception_ptr failure;
  try {
    const auto report = co_await what(parts_of(all, *db));
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
  const int code = io.run(with_parts(io.on(), all, cluster_use::beside, out, [&](pg::backup_parts parts) {
    return pg::write_backup(std::move(parts), file);
  }));
  if (code == 0 && !all.blob.empty())
    out << "Files are in " << all.blob << " and not in it: copy the bucket by its own means.\n";
  if (code == 0) out << "Written to " << target << ". It holds the keys: keep it as you keep a password.\n";
  return code;
}

int restore(const settings& all, const std::string& source, std::ostream& out) {
  async::loop io;
  const std::filesystem::path file = source;
  const int code = io.run(with_parts(io.on(), all, cluster_use::empty, out, [&](pg::backup_parts parts) {
    return pg::read_backup(std::move(parts), file);
  }));
  if (code == 0) out << "Everything is back. Start `tandem up`.\n";
  return code;
}

}  // namespace tandem::app
