#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>

#include "async/task.hpp"

namespace tandem::pg {

// The backup cannot be made or brought back as things are; the text says why and what to do.
struct backup_refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct backup_parts {
  std::string url;                                       // the database
  std::map<std::string, std::filesystem::path> folders;  // or files, by their name in the archive: "blobs"
};

struct backup_report {
  std::string made_at;                         // UTC, ISO 8601
  std::map<std::string, std::int64_t> tables;  // "schema.table" and its rows
  std::map<std::string, std::int64_t> files;   // by folder
  std::uint64_t bytes = 0;                     // of the archive
};

// Writes database and folders into one file (tar; mode 0600, since the keys are in it): a logical dump of one
// moment, made while everything runs, so that a newer PostgreSQL can take it. The file appears whole or not
// at all. Folders that are absent are left out, links in them are followed. Files that come or go meanwhile
// are in it or not; the report counts what is.
task<backup_report> write_backup(backup_parts what, std::filesystem::path target);

// Brings it back into an empty database and empty folders, and counts the rows again; refuses
// (backup_refused) when something is there already, when the file is damaged or was made by a newer format,
// or when the counts differ. A dump that cannot be brought back whole leaves nothing in the database.
task<backup_report> read_backup(backup_parts into, std::filesystem::path source);

}  // namespace tandem::pg
