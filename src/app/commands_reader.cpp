#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <deque>
#include <iostream>

#include "app/command_input.hpp"
#include "app/commands.hpp"
#include "app/database.hpp"
#include "app/qr_code.hpp"
#include "app/reader_accounts_part.hpp"
#include "app/resources.hpp"
#include "async/event.hpp"
#include "async/loop.hpp"
#include "async/offload.hpp"
#include "async/within.hpp"
#include "hunt/reader_accounts/account_reader.hpp"
#include "hunt/reader_accounts/sharing.hpp"
#include "platform/pg/migrate.hpp"
#include "platform/tdlib/authorization.hpp"
#include "platform/tdlib/message.hpp"

namespace tandem::app {
namespace {

using namespace std::chrono_literals;
using tdlib::login_step;
using tdlib::question;

constexpr auto logout_limit = 20s;

// What these commands work with, beside a running `tandem up` or alone.
struct reader_office {
  executor on;
  const settings& all;
  std::ostream& out;
  system_clock time;
  std::unique_ptr<hunt::account_book> book;
};

using office_work = std::function<task<int>(reader_office&)>;

task<int> open_office(executor on, const settings& all, std::ostream& out, office_work what) {
  const auto db = co_await database::open(on, all, cluster_use::beside);
  std::exception_ptr failure;
  int code = 1;
  try {
    const auto pending = co_await pg::pending_migrations(db->pool(), share_folder() / "migrations");
    if (pending.empty()) {
      const auto secrets = seal::open_vault(data_folder(all).key(), false);
      reader_office here{on, all, out, {}, nullptr};
      here.book = hunt::make_account_book(db->pool(), *secrets, here.time);
      code = co_await what(here);
    } else {
      std::cerr << "The database's schema is not up to date: start `tandem up`, or run `tandem migrate`.\n";
    }
  } catch (...) {
    failure = std::current_exception();
  }
  co_await db->close();
  if (failure) std::rethrow_exception(failure);
  co_return code;
}

int in_office(const settings& all, std::ostream& out, office_work what) {
  async::loop io;
  return io.run(open_office(io.on(), all, out, std::move(what)));
}

// A line that a person types; nothing at the end of the input. A secret is not shown on a terminal.
std::optional<std::string> read_line(bool secret) {
  termios before{};
  const bool hidden = secret && ::tcgetattr(STDIN_FILENO, &before) == 0;
  if (hidden) {
    auto silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &silent);
  }
  std::string line;
  const bool got = static_cast<bool>(std::getline(std::cin, line));
  if (hidden) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
    std::cout << "\n";
  }
  return got ? std::optional(line) : std::nullopt;
}

std::string wording(const login_step& step) {
  switch (step.what) {
    case question::phone:
      return "Phone number of the account, with the country's code (or qr, to scan a code): ";
    case question::email_address: return "Telegram wants an e-mail address for this account: ";
    case question::email_code: return fmt::format("Code that was sent to {}: ", step.detail);
    case question::code:
      return fmt::format("Code that Telegram sent{}{} (or again, for another one): ",
                         step.detail.empty() ? "" : " ", step.detail);
    case question::password:
      return step.detail.empty() ? "Password of two-step verification: "
                                 : fmt::format("Password of two-step verification (hint: {}): ", step.detail);
    case question::name:
      return fmt::format(
          "This number has no Telegram account yet. The terms of service:\n\n{}\n\nBy writing a first and a "
          "last "
          "name you accept them and make the account: ",
          step.detail);
    case question::none: break;
  }
  return {};
}

std::string_view what_is_wrong(question what) {
  return what == question::phone ? "Write the number as +79991234567, or qr.\n"
                                 : "Write something, please.\n";
}

// The talk of `tandem reader login`.
class login {
 public:
  login(reader_office& here, tdlib::hub& telegram, tdlib::session_parameters with)
      : here_(here),
        door_(std::move(with)),
        bell_(here.on),
        link_(telegram.make_client([this](const tdlib::json::object& update) { hear(update); })) {}

  // True: logged in.
  task<bool> talk() {
    for (;;) {
      while (states_.empty()) co_await bell_.wait();
      const auto state = std::move(states_.front());
      states_.pop_front();
      const auto step = door_.take(state);
      switch (step.next) {
        case login_step::kind::send: {
          auto request = step.request;
          const auto said = co_await link_->ask(std::move(request));
          if (!said) co_return refuse(tdlib::explain(said.error()).told);
          break;
        }
        case login_step::kind::ask: {
          const bool answered = co_await ask(step);
          if (!answered) co_return false;
          break;
        }
        case login_step::kind::show:
          here_.out << "Telegram on your phone: Settings, Devices, Link Desktop Device. Scan this:\n\n"
                    << draw_qr_code(step.detail) << "\n"
                    << step.detail << "\n"
                    << std::flush;
          break;
        case login_step::kind::ready: co_return true;
        case login_step::kind::hopeless: co_return refuse(step.detail);
        case login_step::kind::closed: co_return refuse("Telegram has closed the session; try again");
        case login_step::kind::wait:
        case login_step::kind::leaving: break;
      }
    }
  }

  struct person {
    std::int64_t id = 0;
    std::string shown;
  };
  task<person> who() {
    tdlib::json::object request{{"@type", "getMe"}};
    const auto me = co_await link_->ask(std::move(request));
    if (!me) throw std::runtime_error("Telegram does not say who this is: " + me.error().message);
    person out{tdlib::number(*me, "id"), std::string(tdlib::text(*me, "first_name"))};
    if (const auto last = tdlib::text(*me, "last_name"); !last.empty()) out.shown.append(" ").append(last);
    co_return out;
  }

  task<> close() { return link_->close(); }

 private:
  void hear(const tdlib::json::object& update) {
    if (tdlib::type_of(update) != "updateAuthorizationState") return;
    states_.push_back(*tdlib::object(update, "authorization_state"));
    bell_.ring();
  }

  static bool refuse(std::string_view why) {
    std::cerr << why << "\n";
    return false;
  }

  // Until there is an answer that Telegram takes. False: there will be none.
  task<bool> ask(const login_step& step) {
    for (;;) {
      here_.out << wording(step) << std::flush;
      const bool secret = step.what == question::password;
      const auto written = co_await typing_.run([secret] { return read_line(secret); });
      if (!written) co_return refuse("\nThe input has ended: nobody was logged in");
      auto request = door_.reply(*written);
      if (!request) {
        here_.out << what_is_wrong(step.what);
        continue;
      }
      const auto said = co_await link_->ask(std::move(*request));
      if (said) co_return true;
      const auto meaning = tdlib::explain(said.error());
      if (!meaning.again) co_return refuse(meaning.told);
      here_.out << meaning.told << ".\n";
    }
  }

  reader_office& here_;
  tdlib::authorization door_;
  async::event bell_;
  async::thread_pool typing_{1};
  std::deque<tdlib::json::object> states_;
  std::unique_ptr<tdlib::client> link_;
};

task<int> log_in(reader_office& here, const std::string& name, tdlib::hub& telegram) {
  const auto slot = co_await here.book->begin_login(name);
  if (!slot) {
    std::cerr << fmt::format(
        "The account {} is logged in. Log it out first (`tandem reader logout {}`), or give another one a "
        "name: "
        "`tandem reader login --name second`\n",
        name, name);
    co_return 1;
  }
  const auto folder = hunt::session_folder(sessions_folder(here.all), slot->id);
  tdlib::session_parameters with{here.all.telegram_api_id, here.all.telegram_api_hash, folder.string(),
                                 slot->key, TANDEM_VERSION};
  login one(here, telegram, std::move(with));
  std::exception_ptr failure;
  std::optional<login::person> person;
  try {
    const bool done = co_await one.talk();
    if (done) person = co_await one.who();
  } catch (...) {
    failure = std::current_exception();
  }
  co_await one.close();
  if (failure) std::rethrow_exception(failure);
  if (!person) co_return 1;
  // Only now that the session is closed: a running reader opens it at once.
  co_await here.book->end_login(slot->id, person->id, person->shown);
  here.out << fmt::format(
      "Logged in as {}.\nA running `tandem up` starts to read with it within a few seconds.\n",
      person->shown);
  co_return 0;
}

std::string when(const std::optional<instant>& until, instant now) {
  if (!until || *until <= now) return {};
  return fmt::format(", for {} minutes more", std::chrono::ceil<std::chrono::minutes>(*until - now).count());
}

task<int> show_readers(reader_office& here) {
  const auto accounts = co_await here.book->list();
  const auto sources = co_await here.book->read_sources();
  const auto pace = join_pace_of(here.all);
  const auto now = here.time.now();
  int left = 0;
  for (const auto& one : accounts) {
    int read = 0, joined = 0;
    for (const auto& source : sources) {
      const auto* place = source.seat_of(one.id);
      read += source.read_by == one.id;
      joined += place && place->state == hunt::membership::joined;
    }
    const auto more = hunt::joins_left(one, pace, now);
    left += more;
    here.out << fmt::format("{:<16} {:<11} {:<24} reads {}, member of {}, joins {} more today{}{}{}\n",
                            one.name, hunt::name_of(one.state), one.shown, read, joined, more,
                            when(one.limited_until, now), one.last_error.empty() ? "" : "; ", one.last_error);
  }
  for (const auto& source : sources) {
    const auto* place = source.seat_of(source.read_by);
    const auto title = source.what.title.empty() ? source.what.name : source.what.title;
    here.out << fmt::format("  {:<38} {:<9} {} {}\n", title, hunt::name_of(source.what.state),
                            source.read_by == hunt::account_id() ? std::string_view("read by nobody")
                            : place                              ? hunt::name_of(place->state)
                                                                 : std::string_view("to be joined"),
                            source.what.last_error);
  }
  here.out << fmt::format("{} accounts, {} sources; {} wait to be joined, {} more can be today\n",
                          accounts.size(), sources.size(), hunt::joins_waiting(sources), left);
  co_return 0;
}

task<int> log_out(reader_office& here, const std::string& name) {
  const bool known = co_await here.book->wish(name, hunt::account_state::leaving);
  if (!known) {
    std::cerr << name << " is not logged in; `tandem reader list` lists the accounts\n";
    co_return 1;
  }
  const auto until = std::chrono::steady_clock::now() + logout_limit;
  while (std::chrono::steady_clock::now() < until) {
    const auto accounts = co_await here.book->list();
    const auto found = std::ranges::find(accounts, name, &hunt::account::name);
    if (found != accounts.end() && found->state == hunt::account_state::logged_out) {
      here.out << "Logged out." << (found->last_error.empty() ? "" : " ") << found->last_error << "\n";
      co_return 0;
    }
    co_await async::sleep_for(200ms);
  }
  here.out << "It is logged out as soon as `tandem up` (or the role reader) runs.\n";
  co_return 0;
}

}  // namespace

int log_in_reader(const settings& all, const std::string& name, std::ostream& out) {
  return in_office(all, out, [&](reader_office& here) -> task<int> {
    telegram_library library(here.on, all);
    const auto telegram = library.connect();
    if (!telegram) {
      std::cerr << telegram.error() << "\n";
      co_return 1;
    }
    std::exception_ptr failure;
    int code = 1;
    try {
      code = co_await log_in(here, name, **telegram);
    } catch (...) {
      failure = std::current_exception();
    }
    co_await library.stop();
    if (failure) std::rethrow_exception(failure);
    co_return code;
  });
}

int list_readers(const settings& all, std::ostream& out) { return in_office(all, out, show_readers); }

int log_out_reader(const settings& all, const std::string& name, std::ostream& out) {
  return in_office(all, out, [&](reader_office& here) { return log_out(here, name); });
}

int pause_reader(const settings& all, const std::string& name, bool paused, std::ostream& out) {
  return in_office(all, out, [&](reader_office& here) -> task<int> {
    const auto wanted = paused ? hunt::account_state::paused : hunt::account_state::active;
    const bool done = co_await here.book->wish(name, wanted);
    if (!done) {
      std::cerr << fmt::format("{} cannot be {}; `tandem reader list` shows the accounts\n", name,
                               paused ? "paused" : "resumed");
      co_return 1;
    }
    here.out << name << (paused ? " rests; its sources go to the others.\n" : " reads again.\n");
    co_return 0;
  });
}

int add_reader_source(const settings& all, const std::string& name, const std::string& rules_file,
                      std::ostream& out) {
  std::optional<std::string> rules(std::in_place);
  if (!rules_file.empty()) rules = read_text(rules_file);
  if (!rules) return 1;
  return in_office(all, out, [&](reader_office& here) -> task<int> {
    const auto added = co_await here.book->add_source(name, *rules);
    if (added) {
      here.out << "An account reads it from now on; `tandem reader list` shows when it joins.\n";
      co_return 0;
    }
    switch (added.error().why) {
      case hunt::source_error::bad_name:
        std::cerr << "Write @name, or an invite link such as https://t.me/+AbCdEf\n";
        break;
      case hunt::source_error::bad_rules:
        std::cerr << rules_file << ": " << added.error().detail << "\n";
        break;
      default: std::cerr << "This is read by an account already\n"; break;
    }
    co_return 1;
  });
}

}  // namespace tandem::app
