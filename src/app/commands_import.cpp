#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "app/commands.hpp"
#include "app/engines.hpp"
#include "app/office.hpp"
#include "hunt/posts/intake.hpp"
#include "hunt/sources/export_file.hpp"
#include "hunt/sources/source_name.hpp"
#include "hunt/sources/sources.hpp"

namespace tandem::app {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::size_t piece_bytes = 256 << 10;
constexpr std::size_t posts_at_once = 200;

// How far the work is: one line that is drawn again on a terminal, a line now and then elsewhere.
class progress {
 public:
  progress(std::ostream& out, std::uintmax_t total) : out_(out), total_(std::max<std::uintmax_t>(total, 1)) {}

  void show(std::uintmax_t read, std::int64_t messages) {
    const auto now = steady_clock::now();
    const auto percent = static_cast<int>(read * 100 / total_);
    const bool due = terminal_ ? now >= next_ : percent >= next_percent_;
    if (!due) return;
    next_ = now + 200ms;
    next_percent_ = percent / 10 * 10 + 10;
    const auto seconds = std::chrono::duration<double>(now - begun_).count();
    const auto rate = static_cast<double>(read) / 1e6 / std::max(seconds, 0.001);
    const auto line = fmt::format("{:>3} %  {} messages  {:.1f} MB/s", percent, messages, rate);
    if (terminal_) {
      const auto filled = static_cast<std::size_t>(percent * 30 / 100);
      out_ << "\r[" << std::string(filled, '#') << std::string(30 - filled, '.') << "] " << line << "  "
           << std::flush;
    } else {
      out_ << line << std::endl;  // whoever follows a log wants to see it now
    }
  }
  void end() {
    if (terminal_) out_ << "\r" << std::string(78, ' ') << "\r";
  }

 private:
  std::ostream& out_;
  std::uintmax_t total_;
  bool terminal_ = ::isatty(STDOUT_FILENO) != 0;
  steady_clock::time_point begun_ = steady_clock::now(), next_;
  int next_percent_ = 0;
};

class import {
 public:
  import(office& here, std::string name) :here_(here), name_(std::move(name)),
      queue_(make_queue(here.on, here.all, here.db.pool(), here.time, figures_)),
      sources_(hunt::make_sources(here.db.pool(), here.time)) {
    hunt::intake_settings taking;
    taking.repeat_window = std::chrono::hours(24 * here.all.repeat_window_days);
    way_in_ = hunt::make_intake(here.db.pool(), *queue_.lanes, here.time, nullptr, taking);
  }

  task<int> run(std::ifstream& in, std::uintmax_t size) {
    progress shown(here_.out, size);
    std::string piece(piece_bytes, '\0');
    std::uintmax_t read = 0;
    bool good = true;
    while (good && in) {
      in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
      const auto got = static_cast<std::size_t>(in.gcount());
      good = reader_->feed(std::string_view(piece).substr(0, got));
      co_await store(reader_->take());
      if (!refused_.empty()) break;
      read += got;
      shown.show(read, reader_->counts().messages);
    }
    if (refused_.empty()) {
      reader_->finish();
      co_await store(reader_->take());
    }
    shown.end();
    co_await queue_.lanes->stop();
    co_return report();
  }

 private:
  // The chat of an export of one; of a whole account each chat is a source of its own.
  std::string source_name_of(std::size_t chat) const {
    const auto& all = reader_->counts().chats;
    const bool account = all.size() > 1 || all.front().type.empty();
    return account ? name_ + "-" + std::to_string(all[chat].id) : name_;
  }

  task<> store(std::vector<hunt::exported_message> messages) {
    std::size_t from = 0;
    while (from < messages.size() && refused_.empty()) {
      const auto chat = messages[from].chat;
      std::vector<hunt::channel_post> posts;
      while (from < messages.size() && messages[from].chat == chat && posts.size() < posts_at_once) {
        posts.push_back(std::move(messages[from++].post));
      }
      co_await store_of(chat, posts);
    }
  }

  task<> store_of(std::size_t chat, const std::vector<hunt::channel_post>& posts) {
    auto found = known_.find(chat);
    if (found == known_.end()) {
      auto source = co_await sources_->for_archive(source_name_of(chat));
      if (!source) {
        refused_ =
            source.error().why == hunt::source_error::taken_down
                ? source_name_of(chat) + " was taken down: nothing of it is taken in again"
                : source_name_of(chat) + " is no name for a source: letters, digits, \"_\", \"-\", \".\"";
        co_return;
      }
      found = known_.emplace(chat, *std::move(source)).first;
    }
    hunt::page_of_posts page;
    page.posts = posts;
    page.title = reader_->counts().chats[chat].name;
    page.back_fill = true;
    const auto taken = co_await way_in_->take(found->second, page);
    sum_.added += taken.added;
    sum_.edited += taken.edited;
    sum_.dropped += taken.dropped;
    sum_.repeats += taken.repeats;
    sum_.passed += taken.passed;
  }

  int report() const {
    const auto& counts = reader_->counts();
    here_.out << fmt::format(
        "{} messages: {} new, {} edited, {} were there already\n"
        "  {} go to the judge, {} repeat others, {} are dropped by rules\n",
        counts.messages, sum_.added, sum_.edited, counts.messages - sum_.added - sum_.edited, sum_.passed,
        sum_.repeats, sum_.dropped);
    here_.out << fmt::format("  left out: {} service messages, {} without text, {} of private talk\n",
                             counts.service, counts.without_text, counts.personal);
    if (counts.cut > 0) here_.out << fmt::format("  {} texts were too long and are cut\n", counts.cut);
    for (const auto& one : counts.first_unreadable) std::cerr << "  unreadable: " << one << "\n";
    if (counts.unreadable > 0) std::cerr << fmt::format("{} messages could not be read\n", counts.unreadable);
    if (!refused_.empty()) {
      std::cerr << refused_ << "\n";
      return 1;
    }
    if (!reader_->error().empty()) {
      std::cerr << "The file is broken: " << reader_->error()
                << ". What came before is taken in; export again and repeat, nothing comes twice.\n";
      return 1;
    }
    if (counts.chats.empty() ||
        (counts.messages + counts.service + counts.without_text + counts.personal == 0)) {
      std::cerr
          << "There are no messages in this file: is it result.json of Telegram Desktop (format JSON)?\n";
      return 1;
    }
    return 0;
  }

  office& here_;
  std::string name_;
  metrics::registry figures_;
  queue_engine queue_;
  std::unique_ptr<hunt::sources> sources_;
  std::unique_ptr<hunt::intake> way_in_;
  std::unique_ptr<hunt::export_reader> reader_ = hunt::export_reader::make();
  std::map<std::size_t, hunt::source> known_;
  hunt::intake_outcome sum_;
  std::string refused_;
};

}  // namespace

int import_export(const settings& all, const std::string& file, const std::string& source,
                  std::ostream& out) {
  std::ifstream in(file, std::ios::binary);
  std::error_code failure;
  const auto size = std::filesystem::file_size(file, failure);
  if (!in || failure) {
    std::cerr << file << " cannot be read\n";
    return 1;
  }
  return with_installation(all, out, [&](office& here) -> task<int> {
import work(here, source);
    co_return co_await work.run(in, size);
  });
}

}  // namespace tandem::app
