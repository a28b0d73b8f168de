#include "hunt/model/model_judge.hpp"

#include <fmt/format.h>

#include <list>

#include "async/event.hpp"
#include "hunt/model/model_sql.hpp"
#include "platform/log/log.hpp"

namespace tandem::hunt {
namespace {

namespace statements = sql::model;
using namespace std::chrono_literals;
using kind = model_refusal::kind;

const log::logger log_{"hunt.model"};

constexpr auto prompt_is_fresh = 5s;  // how soon a published prompt is used
constexpr auto somebody_acts = 5min;  // how soon it is tried again where somebody has to do something
constexpr auto longest_wish = 10min;  // of a server that asks to wait
constexpr std::int64_t no_cap = INT64_MAX;

// Requests at once: whoever finds none free waits in line.
class slots {
 public:
  slots(executor on, int count) : on_(std::move(on)), free_(count) {}

  task<> take() {
    if (free_ > 0 && waiting_.empty()) {
      --free_;
      co_return;
    }
    waiting_.emplace_back(on_);
    const auto me = std::prev(waiting_.end());
    std::exception_ptr failure;
    try {
      while (!me->mine) co_await me->bell.wait();
    } catch (...) {
      failure = std::current_exception();
    }
    const bool given = me->mine;
    waiting_.erase(me);
    if (!failure) co_return;
    if (given) give_back();
    std::rethrow_exception(failure);
  }
  void give_back() {
    for (auto& next : waiting_) {
      if (next.mine) continue;
      next.mine = true;
      next.bell.ring();
      return;
    }
    ++free_;
  }
  bool busy() const { return free_ == 0; }

 private:
  struct waiter {
    explicit waiter(const executor& on) : bell(on) {}
    async::event bell;
    bool mine = false;
  };
  executor on_;
  int free_;
  std::list<waiter> waiting_;
};

class asking_judge final : public model_judge {
 public:
  asking_judge(model_parts with, model_terms terms)
      : with_(std::move(with)),
        terms_(std::move(terms)),
        slots_(with_.on, terms_.parallel),
        breaker_(terms_.patience_with_it),
        took_(with_.figures.histogram("tandem_model_seconds", "One request to the language model")),
        tokens_in_(tokens("in")),
        tokens_out_(tokens("out")),
        cost_(with_.figures.counter("tandem_model_cost_total",
                                    "What the language model cost, in the prices' currency")),
        open_(with_.figures.gauge("tandem_model_closed", "1 while the language model is not asked")) {}

  std::string_view name() const override { return "model judge"; }
  task<> start() override {
    running_ = true;
    co_return;
  }
  task<> stop() override {
    running_ = false;
    co_return;
  }
  // A model that does not answer is no reason to take the process out of service.
  async::health state() const override {
    async::health out;
    out.ready = running_;
    if (condition_ != model_condition::works)
      out.detail = fmt::format("{}: {}", hunt::name(condition_), detail_);
    return out;
  }

  std::optional<model_refusal> closed() const override {
    const auto until = breaker_.open_until(with_.time.now());
    if (!until) return std::nullopt;
    return model_refusal{condition_ == model_condition::works || condition_ == model_condition::down
                             ? kind::later
                             : kind::closed,
                         *until, detail_};
  }

  task<std::expected<model_verdict, model_refusal>> judge(model_question what) override {
    co_await slots_.take();
    std::exception_ptr failure;
    std::expected<model_verdict, model_refusal> out;
    try {
      // While it waited in line the breaker may have opened.
      if (auto refusal = closed()) {
        out = std::unexpected(std::move(*refusal));
      } else {
        breaker_.asking();
        out = co_await ask(std::move(what));
      }
    } catch (...) {
      failure = std::current_exception();
    }
    slots_.give_back();
    if (failure) {
      breaker_.gave_up();
      std::rethrow_exception(failure);
    }
    co_return out;
  }

 private:
  metrics::counter tokens(const char* direction) const {
    return with_.figures.counter("tandem_model_tokens_total", "Tokens that the language model counted",
                                 {{"direction", direction}});
  }

  task<std::expected<model_verdict, model_refusal>> ask(model_question what) {
    co_await know_prompt();
    const auto with = prompt_;  // another one may go live meanwhile
    const auto cap = terms_.daily_cap == 0 ? no_cap : what.again ? terms_.daily_cap / 2 : terms_.daily_cap;
    metered_chat chat(with_.chat, with_.database, with_.time, terms_, cap);
    const auto begun = std::chrono::steady_clock::now();
    const auto changes = changes_;
    auto asked = co_await ask_model(chat, what.text, *with, std::min(what.limit, terms_.timeout));
    took_.observe(std::chrono::steady_clock::now() - begun);
    tokens_in_.add(static_cast<double>(chat.tokens_in));
    tokens_out_.add(static_cast<double>(chat.tokens_out));
    cost_.add(static_cast<double>(chat.cost_micros) / 1e6);
    if (chat.capped) {
      auto refusal = co_await capped(what.again);
      co_return std::unexpected(std::move(refusal));
    }
    count(asked.reading ? "answered" : asked.answered ? "bad_answer" : llm::name(asked.reading.error().what));
    if (!asked.reading) {
      auto refusal = co_await refused(asked.reading.error(), asked.answered, changes);
      co_return std::unexpected(std::move(refusal));
    }
    co_await works(changes);
    model_verdict out;
    out.judgement = std::move(asked.reading->judgement);
    out.judgement.model = fmt::format("model {} p{}", terms_.name, with->version);
    out.judgement.reason = "language model";
    out.read = check_claims(asked.reading->said, what.text, stems_);
    out.tokens_in = chat.tokens_in;
    out.tokens_out = chat.tokens_out;
    out.cost_micros = chat.cost_micros;
    co_return out;
  }

  task<> know_prompt() {
    const auto now = std::chrono::steady_clock::now();
    if (prompt_ && now - prompt_read_ < prompt_is_fresh) co_return;
    const auto live = co_await with_.database(statements::live_prompt);
    if (live.empty()) throw std::runtime_error("no prompt is live: `tandem prompts publish VERSION`");
    const int version = live.front().get<int>(0);
    if (!prompt_ || prompt_->version != version) {
      auto parsed = parse_prompt(live.front().get<std::string_view>(1));
      if (!parsed) throw std::runtime_error("the live prompt cannot be read: " + parsed.error());
      parsed->version = version;
      // Others may be in the middle of a question with the old one.
      prompt_ = std::make_shared<const prompt>(std::move(*parsed));
    }
    prompt_read_ = now;
  }

  task<model_refusal> capped(bool again) {
    count("cap");
    model_refusal out;
    const auto next_day = co_await with_.database(statements::next_day, with_.time.now(), terms_.zone);
    out.what = kind::closed;
    out.again_at = next_day.front().get<instant>(0);
    out.detail = "the day's cap is reached";
    breaker_.gave_up();
    // What is judged again has a smaller share: fresh posts may still be asked about.
    if (!again) {
      breaker_.wait(out.again_at);
      co_await note(model_condition::cap, out.detail);
    }
    co_return out;
  }

  // What becomes of the post, and of those after it.
  task<model_refusal> refused(const llm::problem& why, bool answered, std::uint64_t changes) {
    const auto now = with_.time.now();
    model_refusal out;
    out.detail = fmt::format("{}: {}", llm::name(why.what), why.detail);
    log_.info("the model did not judge",
              {{"why", llm::name(why.what)}, {"detail", why.detail}, {"request", why.request_id}});
    if (answered) {
      out.what = kind::this_post;
      co_await works(changes);
      co_return out;
    }
    switch (why.what) {
      case llm::trouble::no_money:
      case llm::trouble::bad_key:
      case llm::trouble::no_such_model: {
        out.what = kind::closed;
        out.again_at = now + somebody_acts;
        breaker_.wait(out.again_at);
        const bool money = why.what == llm::trouble::no_money;
        co_await note(money ? model_condition::no_money : model_condition::bad_key, out.detail);
        break;
      }
      case llm::trouble::rate_limited:
      case llm::trouble::overloaded:
      case llm::trouble::timed_out:
      case llm::trouble::unreachable:
      case llm::trouble::not_understood: {
        breaker_.failed(now);
        if (why.retry_after)
          breaker_.wait(now + std::min<std::chrono::milliseconds>(*why.retry_after, longest_wish));
        const auto until = breaker_.open_until(now);
        out.again_at = until.value_or(now + 1s);
        if (until) co_await note(model_condition::down, out.detail);
        break;
      }
      default:  // it answers, but never to this question
        out.what = kind::this_post;
        co_await works(changes);
    }
    co_return out;
  }

  // What was asked before the state changed says nothing about the new one.
  task<> works(std::uint64_t changes) {
    if (changes != changes_) {
      breaker_.gave_up();  // it may have been the one that tries
      co_return;
    }
    breaker_.succeeded();
    co_await note(model_condition::works, "");
  }

  task<> note(model_condition what, std::string detail) {
    open_.set(what == model_condition::works ? 0 : 1);
    detail_ = detail;
    if (condition_ == what && noted_) co_return;
    condition_ = what;
    ++changes_;
    noted_ = true;  // others are under way and say the same
    co_await with_.database(statements::note_state, hunt::name(what), with_.time.now(), detail);
    log_.warn("the language model's state changed", {{"state", hunt::name(what)}, {"detail", detail}});
    const auto told = co_await with_.database(statements::tell_once);
    const bool first_good_news =
        !told.empty() && what == model_condition::works && told.front().get<std::string_view>(2).empty();
    if (!told.empty() && !first_good_news && with_.told) with_.told(what, std::move(detail));
  }

  void count(std::string_view outcome) {
    const metrics::labels with{{"outcome", std::string(outcome)}};
    with_.figures
        .counter("tandem_model_requests_total", "Requests to the language model by what became of them", with)
        .add();
  }

  model_parts with_;
  model_terms terms_;
  slots slots_;
  breaker breaker_;
  metrics::histogram took_;
  metrics::counter tokens_in_, tokens_out_, cost_;
  metrics::gauge open_;
  text::stemmer stems_;
  std::shared_ptr<const prompt> prompt_;
  std::chrono::steady_clock::time_point prompt_read_;
  model_condition condition_ = model_condition::works;
  std::string detail_;
  std::uint64_t changes_ = 0;  // of the condition
  bool noted_ = false, running_ = false;
};

}  // namespace

std::string_view name(model_condition what) {
  switch (what) {
    case model_condition::works: return "works";
    case model_condition::no_money: return "no_money";
    case model_condition::bad_key: return "bad_key";
    case model_condition::cap: return "cap";
    case model_condition::down: break;
  }
  return "down";
}

std::unique_ptr<model_judge> make_model_judge(model_parts with, model_terms terms) {
  return std::make_unique<asking_judge>(std::move(with), std::move(terms));
}

task<asked_model> ask_model(llm::chat& chat, std::string post, const prompt& with,
                            std::chrono::milliseconds limit) {
  asked_model out;
  auto question = question_about(post, with, fresh_fence());
  question.limit = limit;
  auto first = question;
  auto answer = co_await chat.ask(std::move(first));
  for (bool repaired = false; answer; repaired = true) {
    auto reading = read_model_answer(answer->content, with);
    if (reading) {
      out.reading = std::move(*reading);
      out.answered = true;
      co_return out;
    }
    if (repaired) {
      llm::problem useless;
      useless.what = llm::trouble::not_understood;
      useless.detail = reading.error();
      out.reading = std::unexpected(std::move(useless));
      out.answered = true;
      co_return out;
    }
    auto again = question_again(question, answer->content, reading.error());
    answer = co_await chat.ask(std::move(again));
  }
  const auto why = answer.error().what;
  // A refusal and an answer that was cut off are answers.
  out.answered = why == llm::trouble::refused || why == llm::trouble::truncated || why == llm::trouble::empty;
  out.reading = std::unexpected(std::move(answer.error()));
  co_return out;
}

metered_chat::metered_chat(llm::chat& chat, pg::pool& database, const clock& time, const model_terms& terms,
                           std::int64_t cap)
    : chat_(chat), database_(database), time_(time), terms_(terms), cap_(cap) {}

task<llm::reply> metered_chat::ask(llm::question what) {
  const auto most = cost_of(terms_, chat_.most_tokens_in(what), what.most_tokens);
  const auto set_aside = co_await database_(statements::set_aside, time_.now(), terms_.zone, most, cap_);
  capped = set_aside.empty();
  if (capped) {
    llm::problem none;
    none.what = llm::trouble::no_money;
    none.detail = "the day's cap is reached";
    co_return std::unexpected(std::move(none));
  }
  auto answer = co_await chat_.ask(std::move(what));
  const auto& used = answer ? answer->used : answer.error().used;
  const auto cost = cost_of(terms_, used.tokens_in, used.tokens_out);
  tokens_in += used.tokens_in;
  tokens_out += used.tokens_out;
  cost_micros += cost;
  const auto day = set_aside.front().get<std::string>(0);
  co_await database_(statements::settle, day, used.tokens_in, used.tokens_out, cost - most);
  co_return answer;
}

std::int64_t cost_of(const model_terms& terms, std::int64_t tokens_in, std::int64_t tokens_out) {
  constexpr std::int64_t million = 1'000'000;
  return (tokens_in * terms.price_in + tokens_out * terms.price_out + million - 1) / million;
}

task<model_report> look_at_model(pg::session& in, instant now, std::string zone) {
  model_report out;
  const auto state = co_await in(statements::state);
  if (!state.empty()) {
    out.state = state.front().get<std::string>(0);
    out.since = state.front().get<instant>(1);
    out.detail = state.front().get<std::string>(2);
  }
  const auto spent = co_await in(statements::spent, now, zone);
  if (!spent.empty()) {
    out.requests = spent.front().get<std::int64_t>(0);
    out.tokens_in = spent.front().get<std::int64_t>(1);
    out.tokens_out = spent.front().get<std::int64_t>(2);
    out.cost_micros = spent.front().get<std::int64_t>(3);
  }
  co_return out;
}

}  // namespace tandem::hunt
