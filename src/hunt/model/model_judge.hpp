#pragma once
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "async/part.hpp"
#include "hunt/model/breaker.hpp"
#include "hunt/model/prompt.hpp"
#include "platform/metrics/metrics.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

// Money is in millionths of the currency that the operator sets the prices in.
struct model_terms {
  std::string name;                           // of the model, for verdicts and reports
  int parallel = 4;                           // requests at once
  std::chrono::milliseconds timeout{20'000};  // of one request
  std::int64_t price_in = 0, price_out = 0;   // per million tokens
  std::int64_t daily_cap = 0;                 // 0: none
  std::string zone = "Europe/Moscow";         // whose midnight begins the day of the cap
  breaker::limits patience_with_it = {};
};

enum class model_condition : std::uint8_t { works, down, no_money, bad_key, cap };
std::string_view name(model_condition what);

struct model_refusal {
  enum class kind : std::uint8_t {
    later,      // it does not answer just now: the post can wait
    closed,     // no money, a bad key, the cap: somebody has to do something
    this_post,  // it answers, and has no useful answer about this post
  };
  kind what = kind::later;
  instant again_at;  // no use before; for later and closed
  std::string detail;
};

struct model_verdict {
  verdict judgement;
  checked_claims read;
  std::int64_t tokens_in = 0, tokens_out = 0, cost_micros = 0;
};

struct model_question {
  std::string text;
  std::chrono::milliseconds limit{20'000};  // never more than the terms' time-out
  // A post that is judged already: waits for free hands, and leaves half of the day's cap to fresh ones.
  bool again = false;
};

struct model_parts {
  executor on;
  pg::pool& database;
  llm::chat& chat;
  const clock& time;
  metrics::registry& figures;
  // The condition has changed, in whichever process; told once to one of them. May be empty.
  std::function<void(model_condition now, std::string detail)> told;
};

// The judge that asks a language model: one question, one repair, an answer that is checked against the post.
// It keeps to the limit of requests at once and to the day's cap (money is set aside in the database before a
// request, so that several processes and kills keep it too), and keeps away from a server that does not
// answer.
class model_judge : public async::part {
 public:
  // Why asking makes no sense just now; nothing when it does.
  virtual std::optional<model_refusal> closed() const = 0;
  virtual task<std::expected<model_verdict, model_refusal>> judge(model_question what) = 0;
};

std::unique_ptr<model_judge> make_model_judge(model_parts with, model_terms terms);

// One question with one repair.
struct asked_model {
  std::expected<model_reading, llm::problem> reading;
  bool answered = false;  // also where the answer was of no use
};
task<asked_model> ask_model(llm::chat& chat, std::string post, const prompt& with,
                            std::chrono::milliseconds limit);

// Asks at the expense of the day: sets money aside, asks, settles. A question that the cap does not allow is
// not asked.
class metered_chat final : public llm::chat {
 public:
  metered_chat(llm::chat& chat, pg::pool& database, const clock& time, const model_terms& terms,
               std::int64_t cap);
  task<llm::reply> ask(llm::question what) override;
  std::int64_t most_tokens_in(const llm::question& what) const override { return chat_.most_tokens_in(what); }

  bool capped = false;  // the last question was not asked
  std::int64_t tokens_in = 0, tokens_out = 0, cost_micros = 0;

 private:
  llm::chat& chat_;
  pg::pool& database_;
  const clock& time_;
  const model_terms& terms_;
  std::int64_t cap_;
};

// What that many tokens cost, rounded up.
std::int64_t cost_of(const model_terms& terms, std::int64_t tokens_in, std::int64_t tokens_out);

// For doctor.
struct model_report {
  std::string state, detail;
  std::optional<instant> since;
  std::int64_t requests = 0, tokens_in = 0, tokens_out = 0, cost_micros = 0;  // of the day
};
task<model_report> look_at_model(pg::session& in, instant now, std::string zone);

}  // namespace tandem::hunt
