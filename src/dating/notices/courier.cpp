#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "async/crew.hpp"
#include "async/event.hpp"
#include "dating/notices/notices.hpp"
#include "dating/notices/notices_sql.hpp"
#include "platform/log/log.hpp"

namespace tandem::dating {
namespace {

namespace sql = tandem::dating::sql::notices;
using namespace std::chrono_literals;

constexpr std::size_t people_at_once = 64;
constexpr int looked_at = 256;
constexpr int most_tries = 16;
constexpr std::chrono::seconds until_it_takes_some = 30s;

const log::logger log_{"dating.notices"};

class notice_courier final : public async::part {
 public:
  notice_courier(courier_parts with, std::chrono::milliseconds poll)
      : with_(std::move(with)), poll_(poll), bell_(with_.on), work_(with_.on, log::failures_to(log_)) {
    with_.news.on_news([this] { bell_.ring(); });
  }

  std::string_view name() const override { return "notice courier"; }

  task<> start() override {
    if (work_.runs()) co_return;
    work_.begin();
    busy_.clear();
    work_.keep("look for notices", [this] { return look(); });
  }

  task<> stop() override { co_await work_.stop(); }

  async::health state() const override { return work_.state(); }

 private:
  struct due {
    notice what;
    int tries = 0;
  };

  task<> look() {
    co_await begin_some();
    co_await bell_.wait_for(poll_);
  }

  // One task for each person who has something due and is not being told anything now.
  task<> begin_some() {
    if (busy_.size() >= people_at_once) co_return;  // rung again when one of them is done
    const std::vector<user_id> busy(busy_.begin(), busy_.end());
    const auto rows = co_await with_.db(sql::due, with_.time.now(), looked_at, busy);
    std::map<user_id, std::vector<due>> by_person;
    for (int i = 0; i < rows.size(); ++i) {
      due one;
      one.what = {rows[i].get<std::int64_t>(0), rows[i].get<user_id>(1), rows[i].get<std::string>(2),
                  rows[i].get<std::int64_t>(3), rows[i].get<instant>(4)};
      one.tries = rows[i].get<int>(5);
      by_person[one.what.who].push_back(std::move(one));
    }
    for (auto& [who, all] : by_person) {
      if (busy_.size() >= people_at_once) break;
      busy_.insert(who);
      work_.spawn("tell", tell_person(who, std::move(all)));
    }
  }

  task<> tell_person(user_id who, std::vector<due> all) {
    struct done {
      notice_courier& of;
      user_id who;
      ~done() {
        of.busy_.erase(who);
        of.bell_.ring();
      }
    } const at_the_end{*this, who};
    for (const auto& one : all) {
      const auto outcome = co_await tell_one(one.what);
      const bool waits = outcome == told::nothing_taken;
      if (waits || (outcome == told::later && one.tries + 1 < most_tries)) {
        const auto now = with_.time.now();
        const auto pause = waits ? until_it_takes_some : std::chrono::seconds(1 << std::min(one.tries, 9));
        co_await with_.db(sql::put_off, one.what.id, who, now + pause, now, waits ? 0 : 1);
        co_return;  // what comes behind it waits as well
      }
      if (outcome == told::later)
        log_.warn("a notice is given up", {{"kind", one.what.kind}, {"tries", one.tries + 1}});
      // Until it is written: nobody is told twice for want of a database.
      std::function<task<>()> write = [this, id = one.what.id] { return written(id); };
      co_await async::insist(std::move(write), {});
    }
  }

  task<> written(std::int64_t notice) { co_await with_.db(sql::done, notice); }

  task<told> tell_one(const notice& what) {
    try {
      co_return co_await with_.tell(what);
    } catch (const std::exception& error) {
      log_.error("a notice cannot be told", {{"kind", what.kind}, {"error", error.what()}});
      co_return told::later;
    }
  }

  courier_parts with_;
  std::chrono::milliseconds poll_;
  async::event bell_;
  std::set<user_id> busy_;
  async::crew work_;
};

}  // namespace

std::unique_ptr<async::part> make_notice_courier(courier_parts with, std::chrono::milliseconds poll) {
  return std::make_unique<notice_courier>(std::move(with), poll);
}

}  // namespace tandem::dating
