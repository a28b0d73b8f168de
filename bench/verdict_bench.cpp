// Posts a second of one core from rule to verdict, in memory: split, rules, fingerprint, verdict.
//   verdict_bench MODEL_FOLDER POSTS.jsonl     posts as {"text": …} a line
// The figure is items_per_second; run it on a release build.
#include <benchmark/benchmark.h>

#include <boost/json.hpp>
#include <fstream>
#include <iostream>

#include "hunt/repeats/fingerprint.hpp"
#include "hunt/rules/rules.hpp"
#include "hunt/verdicts/local_classifier.hpp"

namespace {

using namespace tandem;

std::vector<std::string> posts;
std::unique_ptr<hunt::classifier> judge;

void rule_to_verdict(benchmark::State& state) {
  const auto rules = hunt::rule_set::parse(
      "+ #вакансия | ищем | нужен | требуется | needed | вакансия | ищу | опыт | в\n"
      "- казино | \"ставки на спорт\"\n- #реклама\n");
  text::stemmer stems;
  std::size_t at = 0, passed = 0, vacancies = 0;
  for (auto _ : state) {
    const std::string& post = posts[at++ % posts.size()];
    const auto tokens = text::split(post, stems);
    benchmark::DoNotOptimize(hunt::fingerprint(tokens));
    if (!rules->evaluate(post, tokens).passed) continue;
    ++passed;
    vacancies += judge->judge(post).kind == hunt::post_kind::vacancy;
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["passed_rules"] = static_cast<double>(passed) / static_cast<double>(state.iterations());
  state.counters["vacancies"] = static_cast<double>(vacancies) / static_cast<double>(state.iterations());
}

void verdict_only(benchmark::State& state) {
  std::size_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(judge->judge(posts[at++ % posts.size()]));
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc != 3) {
    std::cerr << "usage: verdict_bench MODEL_FOLDER POSTS.jsonl\n";
    return 2;
  }
  auto opened = hunt::make_local_classifier(argv[1]);
  if (!opened) {
    std::cerr << opened.error() << '\n';
    return 1;
  }
  judge = std::move(*opened);
  std::ifstream in(argv[2]);
  for (std::string line; std::getline(in, line);)
    posts.emplace_back(boost::json::parse(line).as_object().at("text").as_string());
  if (posts.empty()) {
    std::cerr << argv[2] << " has no posts\n";
    return 1;
  }
  benchmark::RegisterBenchmark("rule_to_verdict", rule_to_verdict);
  benchmark::RegisterBenchmark("verdict_only", verdict_only);
  benchmark::RunSpecifiedBenchmarks();
}
