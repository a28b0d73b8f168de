// What the language model is asked about a post, and how its answer is read. No network and no database in
// here.
#pragma once
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hunt/vacancies/claims.hpp"
#include "hunt/verdicts/classifier.hpp"
#include "platform/llm/llm.hpp"

namespace tandem::hunt {

// A prompt as the operator writes it (models/hunt/prompt.txt): "[task]" with "{categories}" in it, then
// "[category SLUG]" for each category; a line beginning with ";" is a comment.
struct prompt {
  int version = 0;  // 0: not out of the database
  std::string task;
  std::vector<std::pair<category, std::string>> categories;  // in the order of the file
};

// The error is a sentence for the operator: what to write instead.
std::expected<prompt, std::string> parse_prompt(std::string_view body);

// A mark that a post cannot know.
std::string fresh_fence();

// The question about one post. The post is data between two lines with the fence, as a JSON string, shortened
// to a few thousand characters, without invisible characters.
llm::question question_about(std::string_view post, const prompt& with, std::string_view fence);
// The same, once more, after an answer that could not be used.
llm::question question_again(llm::question first, std::string_view answer, std::string_view why);

struct model_reading {
  verdict judgement;  // without `model`
  claims said;        // of a vacancy; not checked against the post yet
};

// The error is a sentence for the model: what is wrong with its answer.
std::expected<model_reading, std::string> read_model_answer(std::string_view json, const prompt& with);

}  // namespace tandem::hunt
