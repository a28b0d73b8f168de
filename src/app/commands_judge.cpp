#include <iostream>

#include "app/commands.hpp"
#include "app/resources.hpp"
#include "hunt/verdicts/classify_stream.hpp"
#include "hunt/verdicts/local_classifier.hpp"

namespace tandem::app {

int classify(std::istream& in, std::ostream& out) {
  const auto model = hunt::make_local_classifier(share_folder() / "hunt");
  if (!model) {
    std::cerr << model.error() << "\n";
    return 1;
  }
  return hunt::classify_stream(in, out, **model);
}

}  // namespace tandem::app
