#include "platform/queue/amqp_feed.hpp"

#include <limits>

#include "async/event.hpp"

namespace tandem::queue {

amqp_feed::amqp_feed(executor on, const amqp_options& broker, std::string lane, int prefetch,
                     metrics::registry& figures, std::function<void()> arrived)
    : on_(on),
      broker_(broker),
      lane_(std::move(lane)),
      prefetch_(prefetch),
      arrived_(std::move(arrived)),
      delivered_(figures.counter("tandem_amqp_delivered_total", "Messages that RabbitMQ has delivered to us.",
                                 {{"lane", lane_}})),
      again_(figures.counter("tandem_amqp_redelivered_total",
                             "Of these, the ones that it had delivered before.", {{"lane", lane_}})),
      work_(on, [told = broker.told](std::string_view, const std::exception_ptr& failure) {
        if (told) told(async::text_of(failure));
      }) {
  work_.spawn("consumers of " + lane_,
              amqp::keep_connected(on, link_of(broker_, "consumers of " + lane_), state_,
                                   [this](amqp::connection& link) { return session(link); }));
}

task<> amqp_feed::session(amqp::connection& link) {
  waiting_.clear();  // what was delivered and not picked comes again
  ++session_;
  async::event over(on_);
  std::string why;
  amqp::channel_events events;
  events.on_delivery = [this](amqp::delivered&& what) { on_delivery(std::move(what)); };
  events.on_end = [&](std::string_view reason) {
    why = reason;
    channel_ = nullptr;
    over.ring();
  };
  const auto channel = co_await link.open_channel(std::move(events));
  co_await declare_lane(*channel, broker_, lane_);
  co_await channel->prefetch(static_cast<std::uint16_t>(std::min(prefetch_, 65'535)));
  channel_ = channel.get();
  std::exception_ptr failure;
  try {
    for (const auto& name : queues_of(broker_, lane_)) co_await channel->consume(name);
    while (why.empty()) co_await over.wait();
  } catch (...) {
    failure = std::current_exception();
  }
  channel_ = nullptr;
  if (failure) std::rethrow_exception(failure);
  throw amqp::broken(why);
}

void amqp_feed::on_delivery(amqp::delivered&& what) {
  delivered_.add();
  if (what.again) again_.add();
  const auto tag = what.tag;
  const bool again = what.again;
  auto read = to_carried(std::move(what.what));
  if (!read || read->what.lane != lane_) return acknowledge(tag, session_);  // somebody else's: not for us
  // In our hands already: either the connection was lost in between, and what we hold has a new tag, or it
  // has been published twice.
  const auto first = held_.lower_bound({read->what.id, std::numeric_limits<std::int64_t>::min(), 0});
  for (auto at = first; at != held_.end() && at->first.id == read->what.id; ++at) {
    if (at->first.number != read->number) continue;
    if (at->second.session == session_) return acknowledge(tag, session_);
    at->second.tag = tag;
    at->second.session = session_;
    return;
  }
  waiting_.push_back({std::move(*read), tag, session_, again});
  arrived_();
}

std::vector<amqp_feed::delivery> amqp_feed::pick(std::int64_t lease, int most) {
  std::vector<delivery> out;
  for (auto at = waiting_.begin(); at != waiting_.end() && static_cast<int>(out.size()) < most;) {
    const auto& key = at->what.what.key;
    if (!key.empty() && keys_.try_emplace(key, lease, 0).first->second.lease != lease) {
      ++at;
      continue;
    }
    const auto [place, is_new] =
        held_.try_emplace({at->what.what.id, lease, at->what.number}, key, at->tag, at->session);
    if (is_new) {
      if (!key.empty()) ++keys_[key].copies;
      out.push_back(std::move(*at));
    } else {
      acknowledge(at->tag, at->session);
    }
    at = waiting_.erase(at);
  }
  return out;
}

void amqp_feed::put_back(std::int64_t lease, std::vector<delivery> what) {
  for (auto at = what.rbegin(); at != what.rend(); ++at) {
    const auto found = held_.find({at->what.what.id, lease, at->what.number});
    if (found == held_.end()) continue;
    at->tag = found->second.tag;
    at->session = found->second.session;
    let_go(found);
    at->again = true;  // whether the database has noted that we took it is not known
    if (at->session == session_) waiting_.push_front(std::move(*at));
  }
}

void amqp_feed::settle(std::int64_t lease, std::int64_t id) {
  auto at = held_.lower_bound({id, lease, std::numeric_limits<std::int64_t>::min()});
  while (at != held_.end() && at->first.id == id && at->first.lease == lease) {
    acknowledge(at->second.tag, at->second.session);
    at = let_go(at);
  }
}

void amqp_feed::settle(std::int64_t lease, std::int64_t id, std::int64_t number) {
  const auto found = held_.find({id, lease, number});
  if (found == held_.end()) return;
  acknowledge(found->second.tag, found->second.session);
  let_go(found);
}

amqp_feed::held_copies::iterator amqp_feed::let_go(held_copies::iterator which) {
  if (const auto key = keys_.find(which->second.key); key != keys_.end() && --key->second.copies == 0) {
    keys_.erase(key);
    if (!waiting_.empty()) arrived_();
  }
  return held_.erase(which);
}

void amqp_feed::acknowledge(std::uint64_t tag, std::int64_t session) {
  if (channel_ && session == session_) channel_->acknowledge(tag);
}

task<> amqp_feed::stop() { co_await work_.stop(); }

}  // namespace tandem::queue
