#include <fmt/chrono.h>
#include <fmt/format.h>

#include <iostream>

#include "app/command_input.hpp"
#include "app/commands.hpp"
#include "app/model_parts.hpp"
#include "app/office.hpp"
#include "app/resources.hpp"
#include "async/loop.hpp"
#include "hunt/model/prompts.hpp"
#include "hunt/verdicts/classify_stream.hpp"
#include "hunt/verdicts/local_classifier.hpp"

namespace tandem::app {
namespace {

std::string money(std::int64_t micros) { return fmt::format("{:.6f}", static_cast<double>(micros) / 1e6); }

double percent(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

bool has_model(const settings& all) {
  if (!all.model_url.empty()) return true;
  std::cerr << "There is no language model: set model_url and model_name, see docs/operator.md.\n";
  return false;
}

// The language model first, the local judge where it has no answer.
class model_first final : public hunt::classifier {
 public:
  model_first(async::loop& io, const settings& all, hunt::classifier& local)
      : io_(io),
        http_(http::make_plain_client(io.on(), {})),
        chat_(llm::make_chat(*http_, model_endpoint(all))),
        limit_(std::chrono::seconds(all.model_timeout)),
        local_(local) {
    auto parsed = hunt::parse_prompt(shipped_prompt());
    if (!parsed) throw std::runtime_error("prompt.txt: " + parsed.error());
    prompt_ = std::move(*parsed);
  }

  hunt::verdict judge(std::string_view text) override {
    auto asked = io_.run(hunt::ask_model(*chat_, std::string(text), prompt_, limit_));
    if (!asked.reading) return local_.judge(text);
    asked.reading->judgement.model = "model";
    return std::move(asked.reading->judgement);
  }

 private:
  async::loop& io_;
  std::unique_ptr<http::client> http_;
  std::unique_ptr<llm::chat> chat_;
  hunt::prompt prompt_;
  std::chrono::milliseconds limit_;
  hunt::classifier& local_;
};

task<int> try_on_posts(office& here, int version, int limit) {
  auto& db = here.db.pool();
  auto& out = here.out;
  const auto& all = here.all;
  const auto& time = here.time;
  const auto body = co_await hunt::prompt_body(db, version);
  if (!body) {
    std::cerr << "There is no version " << version << "; `tandem prompts list` lists them.\n";
    co_return 1;
  }
  auto parsed = hunt::parse_prompt(*body);
  if (!parsed) throw std::runtime_error(parsed.error());
  parsed->version = version;
  const auto http = http::make_plain_client(here.on, {});
  const auto chat = llm::make_chat(*http, model_endpoint(all));
  const auto terms = model_terms_of(all);
  const auto cap = terms.daily_cap == 0 ? INT64_MAX : terms.daily_cap;
  const auto posts = co_await hunt::posts_to_try(db, version, terms.name, limit);
  int failed = 0;
  for (const auto& post : posts) {
    hunt::metered_chat metered(*chat, db, time, terms, cap);
    const auto asked = co_await hunt::ask_model(metered, post.text, *parsed, terms.timeout);
    if (metered.capped) {
      out << "The day's cap is reached: go on tomorrow, or raise model_daily_cap.\n";
      break;
    }
    if (!asked.reading && !asked.answered) {
      out << fmt::format("post {}: {}: {}\n", post.post.value, llm::name(asked.reading.error().what),
                         asked.reading.error().detail);
      if (++failed == 3) co_return 1;
      continue;
    }
    // An answer of no use is a wrong one.
    hunt::verdict said;
    if (asked.reading) {
      said = asked.reading->judgement;
    } else {
      said.kind = post.kind == hunt::post_kind::none ? hunt::post_kind::vacancy : hunt::post_kind::none;
    }
    const bool right =
        co_await hunt::note_trial(db, version, terms.name, post, said, metered.cost_micros, time.now());
    if (!right)
      out << fmt::format("post {}: {} instead of {}\n", post.post.value, name(said.kind), name(post.kind));
  }
  const auto score = co_await hunt::score_of(db, version, terms.name);
  if (score.posts == 0) {
    std::cerr << "No stored post has a label of the operator or a reader yet: nothing to try it on.\n";
    co_return 1;
  }
  out << fmt::format(
      "version {} with {}: {} posts, kind right {:.1f} %, kind and category right {:.1f} %, cost {}\n",
      version, terms.name, score.posts, percent(score.kind_right, score.posts),
      percent(score.right, score.posts), money(score.cost_micros));
  co_return 0;
}

}  // namespace

int classify(std::istream& in, std::ostream& out, const settings* with_model) {
  const auto local = hunt::make_local_classifier(share_folder() / "hunt");
  if (!local) {
    std::cerr << local.error() << "\n";
    return 1;
  }
  if (!with_model) return hunt::classify_stream(in, out, **local);
  if (!has_model(*with_model)) return 1;
  async::loop io;
  model_first judge(io, *with_model, **local);
  return hunt::classify_stream(in, out, judge);
}

int list_prompts(const settings& all, std::ostream& out) {
  return with_installation(all, out, [&](office& here) -> task<int> {
    auto& db = here.db.pool();
    const auto known = co_await hunt::list_prompts(db);
    for (const auto& one : known) {
      out << fmt::format("{:<4} {:<8} {} {:%Y-%m-%d %H:%M}  tried on {} posts, {:.1f} % right, cost {}\n",
                         one.version, one.state, one.shipped ? "shipped" : "own    ", one.added_at, one.tried,
                         percent(one.right, one.tried), money(one.cost_micros));
    }
    out << fmt::format("{} prompts\n", known.size());
    co_return 0;
  });
}

int show_prompt(const settings& all, std::optional<int> version, std::ostream& out) {
  return with_installation(all, out, [&](office& here) -> task<int> {
    auto& db = here.db.pool();
    const auto body = co_await hunt::prompt_body(db, version);
    if (!body) {
      std::cerr << "There is no such version; `tandem prompts list` lists them.\n";
      co_return 1;
    }
    out << *body;
    co_return 0;
  });
}

int add_prompt(const settings& all, const std::string& file, std::ostream& out) {
  const auto body = read_text(file);
  if (!body) return 1;
  if (const auto parsed = hunt::parse_prompt(*body); !parsed) {
    std::cerr << file << ": " << parsed.error() << "\n";
    return 1;
  }
  return with_installation(all, out, [&](office& here) -> task<int> {
    auto& db = here.db.pool();
    const auto& time = here.time;
    const int version = co_await hunt::add_prompt(db, *body, time.now());
    out << fmt::format("Version {} is a draft. Try it: `tandem prompts try {}`.\n", version, version);
    co_return 0;
  });
}

int try_prompt(const settings& all, int version, int limit, std::ostream& out) {
  if (!has_model(all)) return 1;
  return with_installation(
      all, out, [&](office& here) -> task<int> { co_return co_await try_on_posts(here, version, limit); });
}

int publish_prompt(const settings& all, int version, bool force, std::ostream& out) {
  return with_installation(all, out, [&](office& here) -> task<int> {
    auto& db = here.db.pool();
    const auto& time = here.time;
    const auto done = co_await hunt::publish_prompt(db, version, all.model_name, force, time.now());
    if (done) {
      out << fmt::format("Version {} is live; running processes take it up within some seconds.\n", version);
      co_return 0;
    }
    switch (done.error()) {
      case hunt::publish_error::unknown:
        std::cerr << "There is no such version; `tandem prompts list` lists them.\n";
        break;
      case hunt::publish_error::live: std::cerr << "It is live already.\n"; break;
      case hunt::publish_error::untried:
        std::cerr << "It was not tried with this model: `tandem prompts try " << version
                  << "`, or --force.\n";
        break;
      case hunt::publish_error::not_compared:
        std::cerr << fmt::format(
            "Fewer than {} posts were tried with both this version and the live one: try both, or "
            "--force.\n",
            hunt::fewest_compared);
        break;
      case hunt::publish_error::worse:
        std::cerr << "It was right on fewer posts than the live one; --force publishes it all the same.\n";
        break;
    }
    co_return 1;
  });
}

int list_models(const settings& all, std::ostream& out) {
  return with_installation(all, out, [&](office& here) -> task<int> {
    auto& db = here.db.pool();
    const auto known = co_await hunt::list_models(db);
    const bool own = std::ranges::any_of(known, [](const auto& one) { return one.state == "live"; });
    out << fmt::format("{:<16} {}\n", hunt::shipped_model, own ? "" : "live");
    for (const auto& one : known) {
      out << fmt::format("{:<16} {:<8} {} labels, own posts right {:.1f} % of {} (before {:.1f} %); {}\n",
                         one.version, one.state, one.learned_from, 100 * one.accuracy, one.evaluated_on,
                         100 * one.accuracy_before, one.detail);
    }
    co_return 0;
  });
}

int train_model(const settings& all, std::ostream& out) {
  if (!all.learn_from_posts) {
    std::cerr << "learn_from_posts is off, so nothing is learned from posts. docs/operator.md says what to "
                 "think of "
                 "before it is switched on.\n";
    return 1;
  }
  return with_installation(all, out, [&](office& here) -> task<int> {
    auto& db = here.db.pool();
    const auto& time = here.time;
    hunt::learning_parts with{db, time, model_folders_of(all), this_program()};
    const auto made = co_await hunt::learn(std::move(with));
    if (!made) {
      std::cerr << made.error() << "\n";
      co_return 1;
    }
    out << fmt::format("{}: {}. Own posts right {:.1f} % of {}, before {:.1f} %; {}.\n", made->version,
                       made->state == "live" ? "it is live" : "it is worse and not used",
                       100 * made->accuracy, made->evaluated_on, 100 * made->accuracy_before, made->detail);
    co_return made->state == "live" ? 0 : 1;
  });
}

int use_model(const settings& all, const std::string& version, std::ostream& out) {
  return with_installation(all, out, [&](office& here) -> task<int> {
    auto& db = here.db.pool();
    const auto done = co_await hunt::use_model(db, version, model_folders_of(all));
    if (done) {
      out << version << " judges from now on.\n";
      co_return 0;
    }
    switch (done.error()) {
      case hunt::use_error::unknown:
        std::cerr << "There is no such model; `tandem models list` lists them.\n";
        break;
      case hunt::use_error::refused:
        std::cerr << "It was worse than the one before it and was not kept.\n";
        break;
      case hunt::use_error::not_here: std::cerr << "Its folder is not on this machine, or broken.\n"; break;
    }
    co_return 1;
  });
}

int learn_as_child(const std::string& folder) {
  hunt::learn_in_child(folder);
  return 0;
}

}  // namespace tandem::app
