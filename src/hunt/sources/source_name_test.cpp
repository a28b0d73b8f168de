#include "hunt/sources/source_name.hpp"

namespace tandem::hunt {
namespace {

TEST(SourceName, EveryUsualSpellingGivesTheSameName) {
  for (const auto* written :
       {"Design_Jobs", "@design_jobs", " t.me/design_jobs ", "https://t.me/s/Design_jobs?before=5",
        "http://telegram.me/design_jobs/12", "https://t.me/design_jobs#x"}) {
    EXPECT_EQ(parse_source_name(written), "design_jobs") << written;
  }
}

TEST(SourceName, WhatIsNoUsernameIsRefused) {
  for (const auto* written :
       {"", "  ", "abc", "1jobs", "jobs!", "работа", "t.me/+AbCdEf", "t.me/joinchat/x y",
        "https://example.org/jobs", "@", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "jobs\n../x"}) {
    EXPECT_EQ(parse_source_name(written), std::nullopt) << written;
  }
}

}  // namespace
}  // namespace tandem::hunt
