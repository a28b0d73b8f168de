#include <utility>
#include <vector>

#include "dating/notices/notices.hpp"
#include "dating/notices/notices_sql.hpp"

namespace tandem::dating {
namespace {

namespace sql = tandem::dating::sql::notices;

class pg_notices final : public notice_board {
 public:
  explicit pg_notices(const clock& time) : time_(time) {}

  task<> add(pg::transaction& in, user_id who, std::string_view kind, std::int64_t about_id,
             std::optional<instant> at) override {
    const auto now = time_.now();
    co_await in.along(sql::add, who, kind, about_id, now, at.value_or(now));
    if (at && *at > now) co_return;  // the courier finds it by its own looking
    in.after_commit([this] {
      for (const auto& told : told_) told();
    });
  }

  task<> withdraw(pg::session& in, user_id who, std::string_view kind, std::int64_t about_id) override {
    co_await in.along(sql::withdraw, who, kind, about_id);
  }

  void on_news(std::function<void()> told) override { told_.push_back(std::move(told)); }

 private:
  const clock& time_;
  std::vector<std::function<void()>> told_;
};

}  // namespace

std::unique_ptr<notice_board> make_notices(const clock& time) { return std::make_unique<pg_notices>(time); }

}  // namespace tandem::dating
