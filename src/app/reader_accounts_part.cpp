#include "app/reader_accounts_part.hpp"

#include "app/resources.hpp"

namespace tandem::app {
namespace {

constexpr std::string_view library_file = "libtdjson.so";

// A reader of accounts and what it stands on, as one part.
class reader_accounts_part final : public async::part {
 public:
  reader_accounts_part(reader_accounts_parts with, const settings& all)
      : library_(with.on, all),
        book_(hunt::make_account_book(with.database, with.secrets, with.time, with.observer)),
        reader_(make(with, all)) {}

  std::string_view name() const override { return reader_->name(); }
  task<> start() override { return reader_->start(); }
  task<> stop() override {
    co_await reader_->stop();
    co_await library_.stop();
  }
  async::health state() const override { return reader_->state(); }

 private:
  std::unique_ptr<async::part> make(const reader_accounts_parts& with, const settings& all) {
    hunt::account_reader_options options;
    options.folder = sessions_folder(all);
    options.api_id = all.telegram_api_id;
    options.api_hash = all.telegram_api_hash;
    options.app_version = TANDEM_VERSION;
    options.joins = join_pace_of(all);
    options.session.reading_gap = std::chrono::milliseconds(all.reader_request_gap_ms);
    options.session.searching_gap = 20 * options.session.reading_gap;
    options.times.polled = std::chrono::seconds(all.reader_poll_s);
    hunt::account_reader_parts parts{with.on,
                                     with.database,
                                     *book_,
                                     with.way_in,
                                     with.time,
                                     with.figures,
                                     [this] { return library_.connect(); },
                                     with.changed,
                                     with.left_out};
    return hunt::make_account_reader(std::move(parts), std::move(options));
  }

  telegram_library library_;
  std::unique_ptr<hunt::account_book> book_;
  std::unique_ptr<async::part> reader_;
};

}  // namespace

std::expected<const tdlib::library*, std::string> telegram_library::load() {
  if (library_) return library_.get();
  if (all_.telegram_api_id == 0 || all_.telegram_api_hash.empty()) {
    return std::unexpected(
        "telegram_api_id and telegram_api_hash are not set: docs/reader-accounts.md says how to get them");
  }
  std::vector<std::filesystem::path> places{all_.tdlib};
  if (all_.tdlib.empty()) {
    const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    places = {share_folder() / library_file, program / library_file};
  }
  auto loaded = tdlib::load_library(places);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  library_ = std::move(*loaded);
  return library_.get();
}

std::expected<tdlib::hub*, std::string> telegram_library::connect() {
  if (hub_) return hub_.get();
  const auto loaded = load();
  if (!loaded) return std::unexpected(loaded.error());
  hub_ = tdlib::make_hub(on_, **loaded);
  return hub_.get();
}

task<> telegram_library::stop() {
  if (hub_) co_await hub_->stop();
  hub_.reset();
}

std::filesystem::path sessions_folder(const settings& all) {
  return std::filesystem::path(all.data) / "tdlib";
}

hunt::join_pace join_pace_of(const settings& all) {
  hunt::join_pace out;
  out.per_day = static_cast<int>(all.reader_joins_per_day);
  out.gap = std::chrono::seconds(all.reader_join_gap_s);
  return out;
}

std::unique_ptr<async::part> make_reader_accounts_part(reader_accounts_parts with, const settings& all) {
  return std::make_unique<reader_accounts_part>(std::move(with), all);
}

}  // namespace tandem::app
