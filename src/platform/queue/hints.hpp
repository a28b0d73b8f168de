#pragma once
#include <memory>
#include <set>
#include <string>

#include "async/scope.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::queue {

// Tells the other processes of an installation, by NOTIFY, in which lanes there is something new, and hears
// it from them. NOTIFY takes a lock of the whole database at the commit, so it is not sent with every
// transaction: many publications become one hint, some 20 ms later. One that is lost costs the other process
// a poll interval.
class hints {
 public:
  hints(executor on, pg::pool& db, const queue_options& options);

  // Calls `heard` with each lane that another process has news of, and with "" after the listening connection
  // was lost: it may be any.
  void listen(std::function<void(std::string_view lane)> heard);
  void tell(std::string lane);
  // The same once `in` has committed, for several lanes, each of them told to `here` as well. The hook may
  // outlive this object.
  void tell_after(pg::transaction& in, std::set<std::string> lanes,
                  std::function<void(std::string_view)> here);
  task<> stop();

 private:
  struct state;
  static task<> send(pg::pool& db, std::shared_ptr<state> of);

  pg::pool& db_;
  std::shared_ptr<state> state_;
  async::scope work_;
};

}  // namespace tandem::queue
