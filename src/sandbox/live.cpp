#include "sandbox/live.hpp"

namespace tandem::sandbox {

bool live::wanted() const {
  return !readers_.empty() || std::chrono::steady_clock::now() - quiet_since_ < std::chrono::minutes(1);
}

void live::publish(std::string_view name, std::string json, audience whose, std::int64_t person) {
  ++last_;
  if (!wanted()) {
    kept_.clear();
    bytes_ = 0;
    return;
  }
  std::string text = "id: " + std::to_string(last_) + "\nevent: ";
  text += name;
  text += "\ndata: ";
  text += json;
  text += "\n\n";
  bytes_ += text.size();
  kept_.push_back({std::move(text), whose, person});
  while (kept_.size() > kept_events || (bytes_ > kept_bytes && kept_.size() > 1)) {
    bytes_ -= kept_.front().text.size();
    kept_.pop_front();
  }
  for (const auto& one : readers_) one->news.ring();
}

task<> live::serve(http::stream_writer& out, wish what) {
  const auto me = std::make_shared<reader>(on_);
  readers_.push_back(me);
  // Leaves the list however this ends.
  const auto leave = [this](reader* left) {
    std::erase_if(readers_, [&](const auto& one) { return one.get() == left; });
    quiet_since_ = std::chrono::steady_clock::now();
  };
  const std::unique_ptr<reader, decltype(leave)> membership(me.get(), leave);

  std::uint64_t next = (what.continued ? what.after : last_) + 1;
  std::string text = ": tandem sandbox\nretry: 1000\n\n";
  co_await out.write(text);
  for (;;) {
    while (next <= last_ || next > last_ + 1) {
      const std::uint64_t first = last_ + 1 - kept_.size();
      text.clear();
      if (next < first || next > last_ + 1) {
        text = "id: " + std::to_string(last_) + "\nevent: reset\ndata: {}\n\n";
        next = last_ + 1;
      }
      for (; next <= last_ && text.size() < (256 << 10); ++next) {
        const entry& one = kept_[next - first];
        const bool hidden = one.whose == audience::panel ? !what.panel
                                                         : one.whose == audience::one_person &&
                                                               what.person != 0 && one.person != what.person;
        if (!hidden) text += one.text;
      }
      if (!text.empty()) co_await out.write(text);
    }
    if (!co_await me->news.wait_for(std::chrono::seconds(15))) {
      text = ": still here\n\n";
      co_await out.write(text);
    }
  }
}

}  // namespace tandem::sandbox
