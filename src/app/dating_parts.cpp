#include "app/dating_parts.hpp"

#include <charconv>
#include <stdexcept>

#include "app/repeated.hpp"
#include "app/resources.hpp"
#include "async/within.hpp"
#include "dating/bot/photo_intake.hpp"
#include "dating/bot/routes.hpp"
#include "dating/bot/safety_desk.hpp"
#include "dating/bot/talk_screens.hpp"
#include "dating/decks/matching_part.hpp"
#include "dating/jobs/jobs.hpp"
#include "dating/rating/ratings.hpp"
#include "platform/images/images.hpp"
#include "platform/log/log.hpp"

namespace tandem::app {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t pictures_at_once = 2;  // children of tandem-image, of some 100 MB each

dating::like_limits like_limits_of(const settings& all) {
  dating::like_limits out;
  out.likes = static_cast<int>(all.dating_likes_a_day);
  out.premium_likes = static_cast<int>(all.dating_premium_likes_a_day);
  out.letters = static_cast<int>(all.dating_letters_a_day);
  out.premium_letters = static_cast<int>(all.dating_premium_letters_a_day);
  out.undos = static_cast<int>(all.dating_undos_a_day);
  return out;
}

dating::deck_settings deck_settings_of(const settings& all) {
  dating::deck_settings out;
  out.showings_a_day = static_cast<int>(all.dating_showings_a_day);
  out.engine = all.dating_engine;
  return out;
}

dating::growth_settings growth_settings_of(const settings& all) {
  dating::growth_settings out;
  out.reward = std::chrono::days(all.dating_invite_days);
  out.rewards_a_month = static_cast<int>(all.dating_invites_a_month);
  return out;
}

dating::photo_options photo_options_of(const settings& all, bool sandbox) {
  dating::photo_options out;
  out.approve_all = all.photos_approve == "automatic" || (all.photos_approve == "by_mode" && sandbox);
  if (out.approve_all) out.notice_delay = 0s;  // there is nobody who would undo it
  return out;
}

std::unique_ptr<places::gazetteer> load_towns() {
  const auto file = share_folder() / "places.tsv";
  auto towns = places::load_gazetteer(file);
  if (!towns) throw std::runtime_error(towns.error());
  return *std::move(towns);
}

std::filesystem::path image_program() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "tandem-image";
}

// Parts that start and stop together, in this order.
class several final : public async::part {
 public:
  several(std::string_view name, std::vector<std::unique_ptr<async::part>> all)
      : name_(name), all_(std::move(all)) {}
  std::string_view name() const override { return name_; }
  task<> start() override {
    if (!life_.running().empty()) co_return;
    for (const auto& one : all_) co_await life_.start(*one);
  }
  task<> stop() override { return life_.stop(); }
  async::health state() const override {
    for (const auto& one : all_) {
      auto now = one->state();
      if (!now.ready) return {false, std::string(one->name()) + ": " + now.detail};
    }
    return {true, {}};
  }

 private:
  std::string_view name_;
  std::vector<std::unique_ptr<async::part>> all_;
  async::life_cycle life_;
};

class built_dating final : public dating_house {
 public:
  explicit built_dating(dating_town with)
      : town_(std::move(with)),
        towns_(load_towns()),
        shop_(images::make_workshop(pictures_, image_program())),
        learned_(dating::make_coefficient_store(time())),
        ratings_(dating::make_ratings({time(), *learned_})),
        news_(dating::make_notices(time())),
        members_(
            dating::make_profiles({time(), *towns_, town_.keys.derive("dating erasures"), note_change()})),
        photos_(dating::make_photos({town_.blobs, *shop_, time(), *news_,
                                     [this](pg::session& in, user_id who, bool approved) {
                                       return members_->approved(in, who, approved);
                                     },
                                     note_change()},
                                    photo_options_of(town_.all, town_.sandbox))),
        decks_(dating::make_decks({town_.lanes, time(), *ratings_}, deck_settings_of(town_.all))),
        likes_(dating::make_likes({time(), town_.keys, *news_, ratings_.get()}, like_limits_of(town_.all))),
        safety_(dating::make_safety({time(), town_.keys, *members_, *photos_, *news_})),
        talks_(dating::make_talks({time(), town_.stage.people, town_.keys, *safety_, ratings_.get()},
                                  dating_limits_of(town_.all))),
        growth_(dating::make_growth(time(), growth_settings_of(town_.all))),
        parts_{
            town_.stage,
            *members_,
            *photos_,
            *decks_,
            *likes_,
            *talks_,
            *safety_,
            *growth_,
            *news_,
            *towns_,
            town_.keys,
            *shop_,
            town_.background,
            town_.bot_id,
            town_.username,
            {town_.all.operator_name, town_.all.operator_contact, static_cast<int>(town_.all.journal_days)},
            like_limits_of(town_.all)} {
    parts_.growing = growth_settings_of(town_.all);
  }

  telegram::routes routes() override { return dating::bot::bot_routes(parts_); }
  task<> introduce() override {
    auto* out = parts_.senders(parts_.bot_id);
    if (out) co_await dating::bot::introduce(parts_, *out);
  }
  task<> chat_closed(std::int64_t chat_id) override { co_await dating::bot::chat_closed(parts_, chat_id); }
  task<> erase(pg::transaction& in, const accounts::user& who) override {
    co_await talks_->withdraw_copies(in, who.id);
    co_await photos_->erase(in, who.id);
    co_await members_->erase(in, who.id, who.telegram_id);
  }

  std::unique_ptr<async::part> couriers(pg::pool& db) override {
    dating::courier_parts news{town_.on, db, time(), *news_, dating::bot::announcer(parts_)};
    dating::talk_courier_parts words{town_.on,   db,      time(),         town_.stage.people,
                                     town_.keys, *talks_, parts_.senders, dating::bot::words_of(parts_)};
    std::vector<std::unique_ptr<async::part>> both;
    both.push_back(dating::make_notice_courier(std::move(news)));
    both.push_back(dating::make_talk_courier(std::move(words)));
    both.push_back(make_repeated(town_.on, "dating", "dating catch-up", 60s, [this] { return catch_up(); }));
    return std::make_unique<several>("dating couriers", std::move(both));
  }

  std::unique_ptr<async::part> matching() override {
    dating::matching_parts with{town_.on, parts_.db, town_.lanes, time(), *ratings_, columns_, town_.figures};
    dating::matching_settings settings;
    settings.decks = deck_settings_of(town_.all);
    return dating::make_matching_part(std::move(with), settings);
  }

  void add_jobs(tasks::scheduler& to, pg::pool& db) override {
    dating::job_parts with{db,      time(),  *learned_, *members_, *photos_, *decks_,
                           *likes_, *talks_, *safety_,  *growth_,  *news_,   town_.all.dating_learn};
    dating::add_dating_jobs(to, with);
  }

 private:
  const clock& time() const { return town_.stage.time; }

  // What level 1 of the rating reads has changed.
  std::function<task<>(pg::session&, user_id)> note_change() {
    return [this](pg::session& in, user_id who) { return ratings_->changed(in, who); };
  }

  task<> catch_up() {
    co_await parts_.arriving->catch_up(parts_);
    co_await dating::bot::show_cases(parts_);
  }

  dating_town town_;
  async::thread_pool pictures_{pictures_at_once}, columns_{1};
  std::unique_ptr<places::gazetteer> towns_;
  std::unique_ptr<images::workshop> shop_;
  std::unique_ptr<dating::coefficient_store> learned_;
  std::unique_ptr<dating::ratings> ratings_;
  std::unique_ptr<dating::notice_board> news_;
  std::unique_ptr<dating::profiles> members_;
  std::unique_ptr<dating::photos> photos_;
  std::unique_ptr<dating::decks> decks_;
  std::unique_ptr<dating::likes> likes_;
  std::unique_ptr<dating::safety> safety_;
  std::unique_ptr<dating::talks> talks_;
  std::unique_ptr<dating::growth> growth_;
  dating::bot::parts parts_;
};

}  // namespace

std::optional<std::array<int, 3>> read_by_trust(const std::vector<std::string>& numbers) {
  std::array<int, 3> out{};
  if (numbers.size() != out.size()) return std::nullopt;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto* end = numbers[i].data() + numbers[i].size();
    const auto read = std::from_chars(numbers[i].data(), end, out[i]);
    if (read.ec != std::errc() || read.ptr != end || out[i] < 1) return std::nullopt;
  }
  return std::ranges::is_sorted(out) ? std::optional(out) : std::nullopt;
}

dating::daily_limits dating_limits_of(const settings& all) {
  dating::daily_limits out;
  if (const auto talks = read_by_trust(all.dating_talks_a_day)) out.new_talks = *talks;
  if (const auto messages = read_by_trust(all.dating_messages_a_day)) out.messages = *messages;
  return out;
}

std::unique_ptr<dating_house> build_dating(dating_town with) {
  return std::make_unique<built_dating>(std::move(with));
}

}  // namespace tandem::app
