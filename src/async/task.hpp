#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace tandem {

// A piece of asynchronous work. It starts when it is awaited or handed to a scope, and runs on the one
// event-loop thread of the process. Name owning arguments first and await afterwards ("name it, then await
// it").
template <class T = void>
using task = boost::asio::awaitable<T>;

using executor = boost::asio::any_io_executor;

}  // namespace tandem
