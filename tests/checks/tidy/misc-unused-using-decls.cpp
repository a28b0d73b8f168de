#include <memory>
using std::unique_ptr;
