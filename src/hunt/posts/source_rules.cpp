#include "hunt/posts/source_rules.hpp"

#include "platform/log/log.hpp"

namespace tandem::hunt {
namespace {

const log::logger log_{"hunt.rules"};

}  // namespace

rule_outcome source_rules::evaluate(const source& of, std::string_view post, const text::token_list& words) {
  auto [found, fresh] = known_.try_emplace(of.id);
  if (fresh || found->second.text != of.rules) {
    found->second.text = of.rules;
    auto rules = rule_set::parse(of.rules);
    if (!rules) {
      log_.error("the rules of a source cannot be read; all its posts pass",
                 {{"source", of.name}, {"line", rules.error().line}, {"mistake", rules.error().message}});
    }
    found->second.rules = rules ? *std::move(rules) : rule_set();
  }
  return found->second.rules.evaluate(post, words);
}

}  // namespace tandem::hunt
