#include <boost/system/system_error.hpp>
#include <filesystem>
#include <fstream>

#include "async/loop.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/net/address_set.hpp"
#include "platform/net/self_signed.hpp"
#include "platform/net/stream.hpp"
#include "platform/net/tls.hpp"

using namespace tandem;
using namespace std::chrono_literals;

namespace {

struct folder {
  folder() : path(std::filesystem::temp_directory_path() / ("tandem-net-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path);
  }
  ~folder() { std::filesystem::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
  std::filesystem::path path;
};

task<std::string> rest_of(net::byte_stream& stream) {
  std::string all;
  char buffer[1000];
  while (const auto got = co_await stream.read_some(buffer)) all.append(buffer, got);
  co_return all;
}

// Sends back the first bytes that it gets.
task<> echo(net::acceptor& at, net::server_tls* tls, std::size_t size) {
  auto stream = co_await at.accept();
  if (tls != nullptr) stream = co_await tls->handshake(std::move(stream));
  std::string all;
  char buffer[1000];
  while (all.size() < size) {
    const auto got = co_await stream->read_some(buffer);
    if (got == 0) throw std::runtime_error("ended early");
    all.append(buffer, got);
  }
  co_await stream->write_all(all.substr(0, all.size() / 2), all.substr(all.size() / 2));
  co_await stream->end_writing();
}

async::scope::sink fail_the_test() {
  return [](std::string_view, std::exception_ptr why) { ADD_FAILURE() << async::text_of(why); };
}

}  // namespace

TEST(Tcp, BytesGoThereAndBackAlsoMoreThanTheSystemBuffers) {
  async::loop io;
  const std::string much(8 << 20, 'x');
  std::string back;
  auto main = [&]() -> task<> {
    async::scope side(io.on(), fail_the_test());
    const auto at = net::listen_tcp(io.on(), "127.0.0.1", 0);
    side.spawn("echo", echo(*at, nullptr, 4 + much.size()));
    auto stream = co_await net::connect_tcp("localhost", at->port(), 5s);
    EXPECT_EQ(stream->peer(), "127.0.0.1");
    EXPECT_FALSE(stream->encrypted());
    co_await stream->write_all("head", much);
    co_await stream->end_writing();
    back = co_await rest_of(*stream);
    co_await side.join();
  };
  io.run(main());
  EXPECT_EQ(back, "head" + much);
}

TEST(Tcp, AConnectionThatTheOtherSideClosedOrSpokeOnUnaskedIsNotUsable) {
  async::loop io;
  auto main = [&]() -> task<> {
    const auto at = net::listen_tcp(io.on(), "127.0.0.1", 0);
    auto first = co_await net::connect_tcp("127.0.0.1", at->port(), 5s);
    auto first_there = co_await at->accept();
    EXPECT_TRUE(first->usable());
    co_await first_there->write_all("!");
    EXPECT_FALSE(first->usable());
    auto second = co_await net::connect_tcp("127.0.0.1", at->port(), 5s);
    auto second_there = co_await at->accept();
    second_there->close();
    EXPECT_FALSE(second->usable());
  };
  io.run(main());
}

TEST(Tcp, NobodyListeningIsAnErrorAtOnce) {
  async::loop io;
  auto port = net::listen_tcp(io.on(), "127.0.0.1", 0)->port();
  EXPECT_THROW(io.run(net::connect_tcp("127.0.0.1", port, 5s)), boost::system::system_error);
  EXPECT_THROW(net::listen_tcp(io.on(), "not an address", 0), boost::system::system_error);
}

TEST(Tcp, CloseEndsAReadInWork) {
  async::loop io;
  bool ended = false;
  auto main = [&]() -> task<> {
    async::scope side(io.on(), fail_the_test());
    const auto at = net::listen_tcp(io.on(), "127.0.0.1", 0);
    auto stream = co_await net::connect_tcp("127.0.0.1", at->port(), 5s);
    auto there = co_await at->accept();
    auto read = [](net::byte_stream& from, bool& done) -> task<> {
      char byte = 0;
      try {
        co_await from.read_some(std::span(&byte, 1));
      } catch (const boost::system::system_error&) {
        done = true;
      }
    };
    side.spawn("read", read(*stream, ended));
    co_await async::yield();
    stream->close();
    stream->close();
    co_await side.join();
  };
  io.run(async::within(5s, main()));
  EXPECT_TRUE(ended);
}

TEST(Tls, TheClientSpeaksOnlyToWhomItsRootsVouchForAndToTheRightName) {
  async::loop io;
  const folder files;
  net::write_self_signed(files / "cert.pem", files / "key.pem", "tandem.test", "one");
  const auto server = net::make_server_tls(files / "cert.pem", files / "key.pem");
  const auto trusting = net::make_client_tls(files / "cert.pem");
  const auto distrusting = net::make_client_tls();
  auto talk = [&](net::client_tls& tls, std::string name) -> task<> {
    async::scope side(io.on(), [](std::string_view, std::exception_ptr) {});
    const auto at = net::listen_tcp(io.on(), "127.0.0.1", 0);
    side.spawn("echo", echo(*at, server.get(), 40'001));
    auto plain = co_await net::connect_tcp("127.0.0.1", at->port(), 5s);
    auto stream = co_await tls.handshake(std::move(plain), std::move(name));
    EXPECT_TRUE(stream->encrypted());
    const std::string much(40'000, 'a');
    co_await stream->write_all(much, "b");
    const auto back = co_await rest_of(*stream);
    EXPECT_EQ(back, much + "b");
    co_await stream->end_writing();
    co_await side.join();
  };
  EXPECT_NO_THROW(io.run(talk(*trusting, "tandem.test")));
  EXPECT_NO_THROW(io.run(talk(*trusting, "127.0.0.1")));
  EXPECT_THROW(io.run(talk(*trusting, "other.test")), boost::system::system_error);
  EXPECT_THROW(io.run(talk(*distrusting, "tandem.test")), boost::system::system_error);
}

TEST(Tls, ChangedFilesAreUsedForNewConnectionsAndBrokenOnesAreNot) {
  async::loop io;
  const folder files;
  const auto write = [&](const char* common_name) {
    net::write_self_signed(files / "new.pem", files / "new-key.pem", "tandem.test", common_name);
    std::filesystem::rename(files / "new.pem", files / "cert.pem");
    std::filesystem::rename(files / "new-key.pem", files / "key.pem");
  };
  write("one");
  std::filesystem::copy_file(files / "cert.pem", files / "old.pem");
  const auto server = net::make_server_tls(files / "cert.pem", files / "key.pem");
  auto greeted_by = [&](const std::string& root) {
    const auto client = net::make_client_tls(root);
    auto talk = [&]() -> task<std::string> {
      const auto at = net::listen_tcp(io.on(), "127.0.0.1", 0);
      async::scope side(io.on(), [](std::string_view, std::exception_ptr) {});
      auto greet = [&]() -> task<> {
        auto plain = co_await at->accept();
        auto stream = co_await server->handshake(std::move(plain));
        co_await stream->write_all("hello");
      };
      side.spawn("greet", greet());
      auto plain = co_await net::connect_tcp("127.0.0.1", at->port(), 5s);
      auto stream = co_await client->handshake(std::move(plain), "tandem.test");
      auto text = co_await rest_of(*stream);
      co_await side.join();
      co_return text;
    };
    return io.run(talk());
  };
  EXPECT_EQ(greeted_by(files / "old.pem"), "hello");
  EXPECT_FALSE(server->reload_if_changed());
  write("two");
  EXPECT_TRUE(server->reload_if_changed());
  EXPECT_THROW(greeted_by(files / "old.pem"), boost::system::system_error);
  EXPECT_EQ(greeted_by(files / "cert.pem"), "hello");
  std::filesystem::copy_file(files / "cert.pem", files / "good.pem");
  std::ofstream(files / "cert.pem") << "rubbish";
  EXPECT_THROW(server->reload_if_changed(), std::runtime_error);
  EXPECT_FALSE(server->reload_if_changed());
  EXPECT_EQ(greeted_by(files / "good.pem"), "hello");
}

TEST(Tls, ACertificateAndAForeignKeyAreRefusedWithTheFilesName) {
  const folder files;
  net::write_self_signed(files / "a.pem", files / "a-key.pem", "a.test", "a");
  net::write_self_signed(files / "b.pem", files / "b-key.pem", "b.test", "b");
  try {
    net::make_server_tls(files / "a.pem", files / "b-key.pem");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("b-key.pem"), std::string::npos);
  }
  EXPECT_THROW(net::make_server_tls(files / "none.pem", files / "a-key.pem"), std::runtime_error);
}

TEST(AddressSet, KnowsAddressesAndNetworksOfBothKinds) {
  const auto set = net::address_set::parse({"10.0.0.0/8", "192.0.2.7", "fd00::/8", "172.16.0.0/12"});
  ASSERT_TRUE(set);
  for (const char* in : {"10.255.1.2", "192.0.2.7", "fd12::1", "::ffff:10.1.1.1", "172.31.0.1"}) {
    EXPECT_TRUE(set->contains(in)) << in;
  }
  for (const char* out : {"11.0.0.1", "192.0.2.8", "fe80::1", "", "10.0.0", "unknown", "172.32.0.1"}) {
    EXPECT_FALSE(set->contains(out)) << out;
  }
  EXPECT_EQ(net::address_set::parse({"10.0.0.0/8", "proxy"}).error(), "proxy");
  EXPECT_FALSE(net::address_set::parse({"10.0.0.0/33"}));
}

TEST(Loopback, IsWhatOnlyThisMachineReaches) {
  for (const char* in : {"127.0.0.1", "127.8.8.8", "::1", "localhost", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(net::is_loopback(in)) << in;
  }
  for (const char* out : {"0.0.0.0", "::", "192.168.0.1", "", "localhost.evil"})
    EXPECT_FALSE(net::is_loopback(out)) << out;
}
