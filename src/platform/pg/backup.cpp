#include "platform/pg/backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <system_error>

#include "async/offload.hpp"
#include "platform/pg/backup_sql.hpp"
#include "platform/pg/child.hpp"
#include "platform/pg/cluster.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::pg {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr std::string_view first_line = "tandem backup, format 1";
constexpr auto longest = 12h;

// A folder beside the archive for the time of the work; only ours to read, since keys and the database's
// password go through it.
class draft_folder {
 public:
  explicit draft_folder(const fs::path& beside) {
    path_ = fs::absolute(beside).string() + ".XXXXXX";
    if (!mkdtemp(path_.data())) throw std::system_error(errno, std::generic_category(), path_);
  }
  ~draft_folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  draft_folder(const draft_folder&) = delete;
  fs::path operator/(std::string_view name) const { return fs::path(path_) / name; }
  fs::path path() const { return path_; }

 private:
  std::string path_;
};

// The address as a service file: on the command line, every user of the machine could read the password.
std::vector<std::string> service_environment(const std::string& url, const fs::path& file) {
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> parsed(
      PQconninfoParse(url.c_str(), &problem), PQconninfoFree);
  if (!parsed) {
    const std::string why = problem ? problem : "";
    PQfreemem(problem);
    throw backup_refused("the database's address cannot be read: " + why);
  }
  std::ofstream out(file);
  out << "[tandem]\n";
  for (const auto* option = parsed.get(); option->keyword; ++option) {
    if (option->val) out << option->keyword << "=" << option->val << "\n";
  }
  if (!out.flush()) throw std::system_error(errno, std::generic_category(), file.string());
  return {"PGSERVICEFILE=" + file.string()};
}

std::int64_t files_in(const fs::path& folder) {
  if (fs::is_regular_file(folder)) return 1;
  std::int64_t count = 0;
  for (const auto& each : fs::recursive_directory_iterator(folder)) {
    if (each.is_regular_file() && each.path().extension() != ".part") ++count;
  }
  return count;
}

void write_manifest(const backup_report& report, const fs::path& file) {
  std::ofstream out(file);
  out << first_line << "\nmade " << report.made_at << "\n";
  for (const auto& [table, rows] : report.tables) out << "table " << table << " " << rows << "\n";
  for (const auto& [folder, count] : report.files) out << "folder " << folder << " " << count << "\n";
  out << "end\n";
  if (!out.flush()) throw std::system_error(errno, std::generic_category(), file.string());
}

backup_report read_manifest(const fs::path& file, const fs::path& source) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line) || !line.starts_with("tandem backup")) {
    throw backup_refused(source.string() + " is no backup of tandem");
  }
  if (line != first_line)
    throw backup_refused(source.string() + " was made by a newer tandem: restore it with that");
  backup_report report;
  while (std::getline(in, line) && line != "end") {
    const auto space = line.find(' '), last = line.rfind(' ');
    const auto kind = line.substr(0, space), name = line.substr(space + 1, last - space - 1);
    if (kind == "made") report.made_at = line.substr(space + 1);
    std::int64_t count = 0;
    std::from_chars(line.data() + last + 1, line.data() + line.size(), count);
    if (kind == "table") report.tables[name] = count;
    if (kind == "folder") report.files[name] = count;
  }
  if (line != "end") throw backup_refused(source.string() + " is damaged: its list is cut off");
  return report;
}

task<std::map<std::string, std::int64_t>> count_rows(session& on) {
  const auto rows = co_await on(sql::backup::count_rows);
  std::map<std::string, std::int64_t> out;
  for (int at = 0; at < rows.size(); ++at) out[rows[at].get<std::string>(0)] = rows[at].get<std::int64_t>(1);
  co_return out;
}

std::unique_ptr<pool> patient_pool(const executor& on, const std::string& url) {
  pool_options options;
  options.url = url;
  options.connections = 1;
  options.statement_limit = longest;
  return make_pool(on, std::move(options));
}

bool is_free(const fs::path& folder) { return !fs::exists(folder) || fs::is_empty(folder); }

// Counts the files by the first part of their names: what tar has written of each folder.
void count_packed(const fs::path& index, std::map<std::string, std::int64_t>& files) {
  std::ifstream in(index);
  for (std::string line; std::getline(in, line);) {
    const auto counted = files.find(line.substr(0, line.find('/')));
    if (counted != files.end() && !line.ends_with('/')) ++counted->second;
  }
}

void pack(const backup_parts& what, backup_report& report, const draft_folder& draft,
          const fs::path& target) {
  const auto archive = draft / "archive", index = draft / "index";
  const int file = open(archive.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) throw std::system_error(errno, std::generic_category(), archive.string());
  close(file);
  std::vector<std::string> argv = {"/usr/bin/tar",
                                   "--create",
                                   "--file=" + archive.string(),
                                   "--exclude=*.part",
                                   "--dereference",
                                   "--verbose",
                                   "--show-transformed-names",
                                   "--index-file=" + index.string(),
                                   "--directory=" + draft.path().string(),
                                   "database.dump"};
  for (const auto& [name, from] : what.folders) {
    if (!fs::exists(from)) continue;
    report.files[name] = 0;
    const auto folder = fs::absolute(from);
    argv.push_back("--directory=" + folder.parent_path().string());
    argv.push_back("--transform=s,^" + folder.filename().string() + "," + name + ",");
    argv.push_back(folder.filename().string());
  }
  const auto done = run_child({.argv = argv, .limit = longest});
  // 1: a file went away or grew while it was read, which may happen to a running program's folders. What is
  // counted is what has been packed, so that a file which went away is not missed later.
  if (done.status > 1) throw std::runtime_error("tar failed: " + done.output);
  count_packed(index, report.files);
  write_manifest(report, draft / "manifest");
  must_run({.argv = {"/usr/bin/tar", "--append", "--file=" + archive.string(),
                     "--directory=" + draft.path().string(), "manifest"},
            .limit = longest});
  const int written = open(archive.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = written >= 0 && fsync(written) == 0;
  if (written >= 0) close(written);
  if (!synced) throw std::system_error(errno, std::generic_category(), archive.string());
  fs::rename(archive, target);
}

}  // namespace

task<backup_report> write_backup(backup_parts what, fs::path target) {
  if (!fs::exists(fs::absolute(target).parent_path())) {
    throw backup_refused("the folder of " + target.string() + " does not exist");
  }
  const draft_folder draft(target);
  const auto environment = service_environment(what.url, draft / "service");
  async::thread_pool blocking(1);
  backup_report report;
  const auto db = patient_pool(co_await boost::asio::this_coro::executor, what.url);
  {
    const auto in = co_await db->begin();
    co_await in->script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    const auto moment = co_await (*in)(sql::backup::snapshot);
    report.made_at = moment.front().get<std::string>(1);
    report.tables = co_await count_rows(*in);
    command dump;
    dump.argv = {(server_programs() / "pg_dump").string(),
                 "--format=custom",
                 "--no-owner",
                 "--no-privileges",
                 "--snapshot=" + moment.front().get<std::string>(0),
                 "--file=" + (draft / "database.dump").string(),
                 "--dbname=service=tandem"};
    dump.limit = longest;
    dump.environment = environment;
    std::function<void()> run = [&dump] { must_run(dump); };
    co_await blocking.run(std::move(run));
  }
  co_await db->close();
  std::function<void()> finish = [&] { pack(what, report, draft, target); };
  co_await blocking.run(std::move(finish));
  report.bytes = fs::file_size(target);
  co_return report;
}

task<backup_report> read_backup(backup_parts into, fs::path source) {
  if (!fs::exists(source)) throw backup_refused(source.string() + " does not exist");
  for (const auto& [name, folder] : into.folders) {
    if (!is_free(folder)) {
      throw backup_refused(folder.string() +
                           " is not empty: a backup is brought back onto an empty installation only");
    }
  }
  const auto db = patient_pool(co_await boost::asio::this_coro::executor, into.url);
  const auto objects = co_await (*db)(sql::backup::count_objects);
  if (objects.front().get<std::int64_t>(0) != 0) {
    throw backup_refused(
        "the database is not empty: a backup is brought back onto an empty installation only");
  }
  // Beside the data and not beside the archive, which may lie on a small or read-only medium.
  const auto data = into.folders.empty() ? source : fs::absolute(into.folders.begin()->second);
  fs::create_directories(fs::absolute(data).parent_path());
  const draft_folder draft(data);
  async::thread_pool blocking(1);
  backup_report report;
  std::function<void()> unpack = [&] {
    const auto done =
        run_child({.argv = {"/usr/bin/tar", "--extract", "--no-same-owner", "--file=" + source.string(),
                            "--directory=" + draft.path().string()},
                   .limit = longest});
    if (done.status != 0)
      throw backup_refused(source.string() + " is damaged or is no backup: " + done.output);
    report = read_manifest(draft / "manifest", source);
    for (const auto& [name, count] : report.files) {
      // There may be more: older versions counted first and packed then.
      if (!fs::exists(draft / name) || files_in(draft / name) < count) {
        throw backup_refused(source.string() + " is damaged: files of " + name + " are missing");
      }
      if (!into.folders.contains(name)) throw backup_refused("there is no place for the folder " + name);
    }
    command restore;
    restore.argv = {(server_programs() / "pg_restore").string(),
                    "--no-owner",
                    "--no-privileges",
                    "--exit-on-error",
                    "--single-transaction",
                    "--dbname=service=tandem",
                    (draft / "database.dump").string()};
    restore.limit = longest;
    restore.environment = service_environment(into.url, draft / "service");
    const auto restored = run_child(restore);
    if (restored.status != 0) throw backup_refused("the database was not brought back: " + restored.output);
  };
  co_await blocking.run(std::move(unpack));
  const auto counted = co_await count_rows(*db);
  co_await db->close();
  for (const auto& [table, rows] : report.tables) {
    const auto found = counted.find(table);
    if (found == counted.end() || found->second != rows) {
      throw backup_refused(fmt::format("{} has {} rows where the backup has {}: do not use this database",
                                       table, found == counted.end() ? 0 : found->second, rows));
    }
  }
  for (const auto& [name, folder] : into.folders) {
    if (!report.files.contains(name)) continue;
    fs::create_directories(fs::absolute(folder).parent_path());
    std::error_code failure;
    fs::remove(folder);  // empty, as seen above
    fs::rename(draft / name, folder, failure);
    if (failure) fs::copy(draft / name, folder, fs::copy_options::recursive);  // another file system
  }
  report.bytes = fs::file_size(source);
  co_return report;
}

}  // namespace tandem::pg
