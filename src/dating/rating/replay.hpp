// The core of `tandem replay`: the deck's scores over showings of the past, each as it would have been given
// before its judgement was known.
#pragma once
#include <iosfwd>

namespace tandem::dating {

// `profiles`: person_id,sex,age,seeks,interests,photos,about_length (sex f/m; interests separated by ";";
// empty: unknown). `showings`: seq,viewer_id,candidate_id,liked (0/1), in order of time. Columns are found by
// their names in the first line; others are ignored. Writes "seq,p_like,p_match" for each showing. Returns
// the exit status: 0, or 1 after telling `mistakes` what is wrong in which line; nothing is guessed.
int replay(std::istream& profiles, std::istream& showings, std::ostream& scores, std::ostream& mistakes);

}  // namespace tandem::dating
