// SPDX-License-Identifier: Apache-2.0
// Private to this room: sees Asio.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "base/assert.hpp"
#include "domain/time.hpp"

namespace tradewind::net {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Clock = std::chrono::steady_clock;

/// co_await with the error as a value: `auto [error, n] = co_await f(..., kAwait)`.
inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

inline std::chrono::nanoseconds chrono(Duration d) { return std::chrono::nanoseconds{d.ns}; }

/// Something with sockets or timers on a loop. On the loop's thread alone.
class Closable {
public:
    Closable() = default;
    virtual ~Closable() = default;
    Closable(const Closable&) = delete;
    Closable& operator=(const Closable&) = delete;

    /// Cancels what it waits for, so that its coroutines end.
    virtual void close_now() = 0;
};

/// What a Loop is made of. Shared by all that lives on the loop, so that a handle which outlives
/// the loop finds it closed instead of gone. Sockets and timers, however, must go before the
/// io_context: they live in the frames of coroutines, which the io_context destroys with itself.
class LoopCore {
public:
    LoopCore();
    ~LoopCore();
    LoopCore(const LoopCore&) = delete;
    LoopCore& operator=(const LoopCore&) = delete;

    bool post(std::move_only_function<void()> work);
    void stop();
    [[nodiscard]] bool is_here() const { return std::this_thread::get_id() == id_; }

    /// Runs `work` on the loop's thread and returns when it is done; at once where it is this
    /// thread or the loop has stopped and nothing runs any more.
    void run_and_wait(std::move_only_function<void()> work);

    // Below: on the loop's thread alone.

    [[nodiscard]] asio::io_context& context() { return *context_; }
    /// Whether everything is being closed: nothing new may begin.
    [[nodiscard]] bool is_draining() const { return draining_; }
    void enlist(const std::shared_ptr<Closable>& one) { alive_.emplace(one.get(), one); }
    void dismiss(const Closable* one) { alive_.erase(one); }
    /// Starts a coroutine; it owns what it needs.
    void spawn(asio::awaitable<void> coroutine);

private:
    void run();
    void drain();

    std::optional<asio::io_context> context_;
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
    bool draining_ = false;
    std::unordered_map<const Closable*, std::weak_ptr<Closable>> alive_;

    std::mutex mutex_;     // guards closed_, and that nothing is posted to a context that is gone
    bool closed_ = false;  // posts are refused
    std::mutex stop_mutex_;
    std::promise<void> ended_;
    std::thread::id id_;
    std::thread thread_;
};

/// Puts a Closable on its loop's list for as long as this stands in its coroutine.
class Enlisted {
public:
    Enlisted(std::shared_ptr<LoopCore> core, const std::shared_ptr<Closable>& one)
        : core_(std::move(core)), one_(one.get()) {
        core_->enlist(one);
    }
    ~Enlisted() { core_->dismiss(one_); }
    Enlisted(const Enlisted&) = delete;
    Enlisted& operator=(const Enlisted&) = delete;

private:
    std::shared_ptr<LoopCore> core_;
    const Closable* one_;
};

}  // namespace tradewind::net
