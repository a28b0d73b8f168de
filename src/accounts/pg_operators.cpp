#include <sodium.h>

#include "accounts/operators_sql.hpp"
#include "accounts/users.hpp"

namespace tandem::accounts {
namespace {

namespace sql = tandem::accounts::sql::operators;

constexpr auto code_lives = std::chrono::hours(24);
// Letters and digits that are not mistaken for one another when typed from a screen.
constexpr std::string_view code_alphabet = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";
constexpr int code_length = 12;  // 31^12: about 59 bits, alive for a day

std::vector<std::byte> hash_of(std::string_view code) {
  std::vector<std::byte> out(crypto_generichash_BYTES);
  crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                     reinterpret_cast<const unsigned char*>(code.data()), code.size(), nullptr, 0);
  return out;
}

class pg_operators final : public operators {
 public:
  explicit pg_operators(const clock& time) : time_(time) {}

  task<std::string> new_code(pg::session& in) override {
    std::string code;
    for (int i = 0; i < code_length; ++i) {
      code += code_alphabet[randombytes_uniform(static_cast<std::uint32_t>(code_alphabet.size()))];
    }
    const auto hash = hash_of(code);
    const std::span<const std::byte> hashed = hash;
    co_await in(sql::add_code, hashed, time_.now() + code_lives);
    co_return code;
  }

  task<bool> claim(pg::session& in, std::string_view code, operator_chat chat) override {
    const auto hash = hash_of(code);
    const std::span<const std::byte> hashed = hash;
    const auto used = co_await in(sql::use_code, hashed, time_.now());
    if (used.empty()) co_return false;
    co_await in(sql::add_chat, chat.bot_id, chat.chat_id, chat.who, time_.now());
    co_return true;
  }

  task<std::vector<operator_chat>> chats(pg::session& in) override {
    const auto rows = co_await in(sql::chats);
    std::vector<operator_chat> out;
    for (int i = 0; i < rows.size(); ++i) {
      out.push_back({rows[i].get<std::int64_t>(0), rows[i].get<std::int64_t>(1), rows[i].get<user_id>(2)});
    }
    co_return out;
  }

  task<bool> is_operator(pg::session& in, user_id who) override {
    const auto rows = co_await in(sql::is_operator, who);
    co_return rows.front().get<bool>(0);
  }
  task<> forget(pg::session& in, operator_chat chat) override {
    co_await in(sql::forget_chat, chat.bot_id, chat.chat_id);
  }
  task<> moved(pg::session& in, std::int64_t bot_id, std::int64_t from, std::int64_t to) override {
    co_await in(sql::move_chat, bot_id, from, to);
  }

 private:
  const clock& time_;
};

}  // namespace

std::unique_ptr<operators> make_operators(const clock& time) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
  return std::make_unique<pg_operators>(time);
}

}  // namespace tandem::accounts
