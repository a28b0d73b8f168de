#include "async/offload.hpp"
#include "platform/blob/blob.hpp"
#include "platform/s3/s3.hpp"

namespace tandem::blob {
namespace {

using namespace std::chrono_literals;

class s3_store final : public store {
 public:
  s3_store(s3::bucket& under, const clock& time) : under_(under), time_(time) {}

  // Put again also when it is there: it becomes young, so that the clean-up of orphans does not take it.
  task<blob_id> put(std::vector<std::byte> bytes) override {
    auto id = co_await hash_of(bytes);
    co_await under_.put(id, std::move(bytes), id);
    co_return id;
  }

  task<std::optional<std::vector<std::byte>>> get(blob_id id) override {
    if (!is_blob_id(id)) co_return std::nullopt;
    auto found = co_await under_.get(id);
    if (!found) co_return std::nullopt;
    const auto hash = co_await hash_of(*found);
    if (hash != id) throw damaged("the bytes of blob " + id + " are not those that were put");
    co_return found;
  }

  task<bool> remove(blob_id id) override {
    if (!is_blob_id(id)) co_return false;
    const bool there = co_await under_.exists(id);
    if (there) co_await under_.remove(std::move(id));
    co_return there;
  }

  // What others keep under our prefix is left out.
  task<std::vector<blob_entry>> list(blob_id after, std::size_t limit) override {
    std::vector<blob_entry> out;
    while (out.size() < limit) {
      const auto wanted = limit - out.size();
      auto page = co_await under_.list(after, wanted);
      if (page.empty()) break;
      after = page.back().key;
      const bool last = page.size() < wanted;
      for (auto& one : page) {
        if (is_blob_id(one.key)) out.push_back({std::move(one.key), one.bytes, one.stored_at});
      }
      if (last) break;
    }
    co_return out;
  }

  std::string link(const blob_id& id, instant until) const override {
    const auto now = time_.now();
    // S3 knows no moment of expiry, only how long a link lasts: one that has expired is dated back.
    if (until <= now) return under_.link("GET", id, until - 1s, 1s);
    return under_.link("GET", id, now, std::chrono::ceil<std::chrono::seconds>(until - now));
  }

 private:
  task<std::string> hash_of(const std::vector<std::byte>& bytes) {
    std::function<std::string()> work = [&bytes] { return s3::sha256_hex(bytes); };
    co_return co_await burning_.run(std::move(work));
  }

  s3::bucket& under_;
  const clock& time_;
  async::thread_pool burning_{1};
};

}  // namespace

std::unique_ptr<store> make_s3_store(s3::bucket& under, const clock& time) {
  return std::make_unique<s3_store>(under, time);
}

}  // namespace tandem::blob
