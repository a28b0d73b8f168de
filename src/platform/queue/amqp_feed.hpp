#pragma once
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "async/scope.hpp"
#include "platform/queue/amqp_lane.hpp"

namespace tandem::queue {

// What RabbitMQ has delivered of one lane to this process: kept until a worker picks it, and until it is
// acknowledged. It has a connection of its own.
class amqp_feed {
 public:
  struct delivery {
    carried what;
    std::uint64_t tag = 0;
    std::int64_t session = 0;  // the connection that it came with: a tag means nothing on another one
    bool again = false;
  };

  // `arrived` is called when there is something to pick.
  amqp_feed(executor on, const amqp_options& broker, std::string lane, int prefetch,
            metrics::registry& figures, std::function<void()> arrived);

  // At most `most`, none of a key that another lease holds. What is picked is held under `lease`.
  std::vector<delivery> pick(std::int64_t lease, int most);
  // As if they had never been picked; those of an older connection come again by themselves.
  void put_back(std::int64_t lease, std::vector<delivery> what);
  // RabbitMQ may forget it, and its key is free. Does nothing when the lease does not hold it.
  void settle(std::int64_t lease, std::int64_t id);
  // The same for one copy of it, where RabbitMQ has delivered several.
  void settle(std::int64_t lease, std::int64_t id, std::int64_t number);

  const amqp::link_state& state() const { return state_; }
  task<> stop();

 private:
  struct copy {
    std::int64_t id = 0, lease = 0, number = 0;
    auto operator<=>(const copy&) const = default;
  };
  struct held {
    std::string key;
    std::uint64_t tag = 0;
    std::int64_t session = 0;
  };
  struct holder {  // of a key
    std::int64_t lease = 0;
    int copies = 0;
  };
  using held_copies = std::map<copy, held>;

  task<> session(amqp::connection& on);
  void on_delivery(amqp::delivered&& what);
  void acknowledge(std::uint64_t tag, std::int64_t session);
  held_copies::iterator let_go(held_copies::iterator which);

  executor on_;
  const amqp_options& broker_;
  std::string lane_;
  int prefetch_;
  std::function<void()> arrived_;
  metrics::counter delivered_, again_;
  amqp::link_state state_;
  amqp::channel* channel_ = nullptr;  // of the session that is there, if any
  std::int64_t session_ = 0;
  std::deque<delivery> waiting_;
  held_copies held_;
  std::map<std::string, holder> keys_;
  async::scope work_;
};

}  // namespace tandem::queue
