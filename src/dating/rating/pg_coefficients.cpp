#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "async/offload.hpp"
#include "dating/rating/coefficients.hpp"
#include "dating/rating/coefficients_sql.hpp"
#include "dating/rating/rows.hpp"

namespace tandem::dating {
namespace {

namespace json = boost::json;
namespace statements = sql::coefficients;
using namespace std::chrono_literals;

constexpr int showings_used = 20'000;        // the latest
constexpr std::size_t least_held_out = 500;  // a fifth of what there must be to learn at all
constexpr double least_matches = 200;        // before the usual share of talks is looked at

// What a stored number may be: a body from elsewhere cannot turn the order upside down.
struct bounded {
  std::string_view name;
  double coefficients::* which;
  double least, most;
};
constexpr bounded numbers[] = {
    {"receive_weight", &coefficients::receive_weight, 2, 8},
    {"give_weight", &coefficients::give_weight, 2, 12},
    {"primary_share", &coefficients::primary_share, 0, 1},
    {"memory", &coefficients::memory, 0.9, 1},
    {"viewer", &coefficients::viewer, 0, 1},
    {"age_gap", &coefficients::age_gap, 0, 0.1},
    {"back_age_gap", &coefficients::back_age_gap, 0, 0.1},
    {"back", &coefficients::back, 0, 1},
    {"usual_rate", &coefficients::usual_rate, 0.05, 0.7},
    {"outcome_weight", &coefficients::outcome_weight, 2, 50},
    {"usual_talk", &coefficients::usual_talk, 0.1, 0.9},
    {"talk_share", &coefficients::talk_share, 0, 1},
    {"newcomer", &coefficients::newcomer, 0, 1},
};

std::string to_body(const fitted& what) {
  json::object formula;
  for (const auto& one : numbers) formula[one.name] = what.numbers.*one.which;
  json::array weights;
  for (const double weight : what.primary.weights()) weights.push_back(weight);
  json::object body{
      {"formula", std::move(formula)}, {"weights", std::move(weights)}, {"centre", what.primary.centre()}};
  return json::serialize(body);
}

// Empty: the defaults.
fitted from_body(int version, const std::string& text) {
  fitted is;
  is.numbers.version = version;
  if (text.empty()) return is;
  const auto parsed = json::parse(text);
  const auto& body = parsed.as_object();
  const auto& formula = body.at("formula").as_object();
  for (const auto& one : numbers)
    if (const auto* found = formula.if_contains(one.name))
      is.numbers.*one.which = std::clamp(found->to_number<double>(), one.least, one.most);
  std::vector<double> weights;
  for (const auto& weight : body.at("weights").as_array()) weights.push_back(weight.to_number<double>());
  is.primary = primary_model::restore(weights, body.at("centre").to_number<double>());
  return is;
}

std::vector<showing_evidence> as_known_with(const primary_model& primary,
                                            std::span<const learned_showing> seen) {
  std::vector<showing_evidence> evidence;
  evidence.reserve(seen.size());
  for (const auto& one : seen) evidence.push_back({one.good, one.count, primary.log_odds(one.x), one.liked});
  return evidence;
}

class pg_coefficient_store final : public coefficient_store {
 public:
  explicit pg_coefficient_store(const clock& time) : time_(time) {}

  task<std::shared_ptr<const fitted>> current(pg::session& in) override {
    const auto now = time_.now();
    if (!known_ || now - read_at_ >= 1min || now < read_at_) {
      const auto rows = co_await in(statements::current);
      known_ = std::make_shared<const fitted>(
          from_body(rows.front().get<int>(0), rows.front().get<std::string>(1)));
      read_at_ = now;
    }
    co_return known_;
  }

  task<std::vector<coefficient_version>> list(pg::session& in) override {
    const auto state = co_await in(statements::current);
    const bool held = state.front().get<bool>(2);
    const auto rows = co_await in(statements::list);
    std::vector<coefficient_version> all;
    bool any_in_use = false;
    for (int i = 0; i < rows.size(); ++i) {
      const auto row = rows[i];
      const auto version = row.get<int>(0);
      const bool in_use = row.get<bool>(3);
      any_in_use = any_in_use || in_use;
      all.push_back({version, row.get<instant>(1), row.get<std::string>(2), in_use, in_use && held,
                     from_body(version, row.get<std::string>(4)).numbers});
    }
    coefficient_version shipped;
    shipped.in_use = !any_in_use;
    shipped.held = shipped.in_use && held;
    all.push_back(shipped);
    co_return all;
  }

  task<bool> use(pg::session& in, int version) override {
    known_.reset();
    if (version != 0) {
      const auto all = co_await list(in);
      if (std::ranges::find(all, version, &coefficient_version::version) == all.end()) co_return false;
    }
    co_await in(statements::put_down);
    if (version != 0) co_await in(statements::take_up, version);
    co_await in(statements::hold, true);
    co_return true;
  }

  task<refit_report> refit(pg::transaction& in, bool by_hand) override {
    using end = refit_report::end;
    co_await in(statements::lock);
    const auto state = co_await in(statements::current);
    refit_report report;
    report.version = state.front().get<int>(0);
    if (state.front().get<bool>(2)) {
      report.what = end::held;
      if (!by_hand) co_return report;
      co_await in(statements::hold, false);
    }
    const auto seen = co_await showings(in);
    report.showings = seen.size();
    report.held_out = seen.size() / 5;
    report.what = end::too_few;
    if (report.held_out < least_held_out) co_return report;

    const auto from = from_body(report.version, state.front().get<std::string>(1));
    async::thread_pool apart(1);
    auto made = co_await apart.run([&from, &seen, &report] { return fit_to(from, seen, report.held_out); });
    report.before = made.before;
    report.after = made.after;
    report.what = end::no_better;
    if (!made.better()) co_return report;

    const auto talks = co_await in(statements::talks);
    if (const auto matched = talks.front().get<double>(0); matched >= least_matches)
      made.to.numbers.usual_talk = std::clamp(talks.front().get<double>(1) / matched, 0.1, 0.9);
    co_await in(statements::put_down);
    const auto body = to_body(made.to);
    const auto why = fmt::format("{} showings; log loss of the latest {}: {:.4f} instead of {:.4f}",
                                 report.showings, report.held_out, report.after, report.before);
    const auto added = co_await in(statements::add, time_.now(), body, why);
    report.version = added.front().get<int>(0);
    report.what = end::taken;
    in.after_commit([this] { known_.reset(); });
    co_return report;
  }

  task<bool> applied(pg::session& in, int version) override {
    const auto state = co_await in(statements::current);
    co_return state.front().get<int>(3) == version;
  }
  task<> note_applied(pg::session& in, int version) override { co_await in(statements::applied, version); }

 private:
  task<std::vector<learned_showing>> showings(pg::session& in) {
    const auto now = time_.now();
    const auto rows = co_await in(statements::evidence, showings_used);
    std::vector<learned_showing> seen;
    seen.reserve(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i) {
      const auto row = rows[i];
      const auto viewer = profile_in(row, 4, now), candidate = profile_in(row, 10, now);
      seen.push_back(
          {features_of(viewer, candidate), row.get<double>(0), row.get<double>(1), row.get<bool>(2)});
    }
    co_return seen;
  }

  const clock& time_;
  std::shared_ptr<const fitted> known_;
  instant read_at_{};
};

}  // namespace

std::string_view name_of(refit_report::end what) {
  switch (what) {
    case refit_report::end::taken: return "taken over";
    case refit_report::end::no_better: return "foretells no better";
    case refit_report::end::too_few: return "too few showings";
    case refit_report::end::held: return "held by hand";
  }
  return "";
}

fitting fit_to(const fitted& from, std::span<const learned_showing> seen, std::size_t held_out) {
  const auto past = seen.first(seen.size() - held_out), latest = seen.last(held_out);
  std::vector<primary_sample> samples;
  samples.reserve(past.size());
  for (const auto& one : past) samples.push_back({one.x, one.liked});
  fitting made;
  made.to.primary = primary_model::fit(samples);
  made.to.numbers = refit(from.numbers, as_known_with(made.to.primary, past));
  made.before = log_loss(as_known_with(from.primary, latest), from.numbers);
  made.after = log_loss(as_known_with(made.to.primary, latest), made.to.numbers);
  return made;
}

std::unique_ptr<coefficient_store> make_coefficient_store(const clock& time) {
  return std::make_unique<pg_coefficient_store>(time);
}

}  // namespace tandem::dating
