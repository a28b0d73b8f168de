#include "hunt/day_figures.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include "platform/cache/cache.hpp"

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr auto kept_for = 10s;

std::string to_text(const day_counts& what) {
  return json::serialize(json::array{what.sources, what.vacancies});
}
void from_text(const std::string& text, day_counts& out) {
  const auto read = json::parse(text).as_array();
  out = {read.at(0).to_number<std::int64_t>(), read.at(1).to_number<std::int64_t>()};
}

std::string to_text(const std::vector<category_count>& what) {
  json::array out;
  for (const auto& one : what)
    out.push_back(json::array{one.what.id.value, one.what.slug, one.what.emoji, one.per_day});
  return json::serialize(out);
}
void from_text(const std::string& text, std::vector<category_count>& out) {
  const auto read = json::parse(text).as_array();
  for (const auto& each : read) {
    const auto& one = each.as_array();
    const listed_category what{category_id(one.at(0).to_number<std::int64_t>()),
                               std::string(one.at(1).as_string()), std::string(one.at(2).as_string())};
    out.push_back({what, one.at(3).to_number<std::int64_t>()});
  }
}

class kept_figures final : public day_figures {
 public:
  kept_figures(cache::cache& kept, const clock& time) : kept_(kept), time_(time) {}

  task<day_counts> counts(pg::session& in) override {
    cache::cache::filler count = [this, &in]() -> task<std::optional<std::string>> {
      const auto found = co_await count_day(in, time_.now() - 24h);
      co_return to_text(found);
    };
    const auto text = co_await kept_.get("hunt.day_counts", kept_for, std::move(count));
    day_counts out;
    from_text(text.value(), out);
    co_return out;
  }

  task<std::vector<category_count>> by_category(pg::session& in) override {
    cache::cache::filler count = [this, &in]() -> task<std::optional<std::string>> {
      const auto found = co_await count_by_category(in, time_.now() - 24h);
      co_return to_text(found);
    };
    const auto text = co_await kept_.get("hunt.day_by_category", kept_for, std::move(count));
    std::vector<category_count> out;
    from_text(text.value(), out);
    co_return out;
  }

 private:
  cache::cache& kept_;
  const clock& time_;
};

}  // namespace

std::unique_ptr<day_figures> make_day_figures(cache::cache& kept, const clock& time) {
  return std::make_unique<kept_figures>(kept, time);
}

}  // namespace tandem::hunt
