// SPDX-License-Identifier: Apache-2.0
#include "adapters/net/loop.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>

#include "adapters/net/loop_core.hpp"

namespace tradewind::net {
namespace {

/// What is left then (a name server that does not answer, say) is dropped.
constexpr auto kDrainWithin = std::chrono::seconds{2};

}  // namespace

LoopCore::LoopCore() {
    context_.emplace(1);  // one thread runs it
    work_.emplace(context_->get_executor());
    std::promise<std::thread::id> started;
    thread_ = std::thread{[this, &started] {
        started.set_value(std::this_thread::get_id());
        run();
    }};
    id_ = started.get_future().get();
}

LoopCore::~LoopCore() { ASSERT(!thread_.joinable()); }

void LoopCore::run() {
    context_->run();
    ended_.set_value();
}

bool LoopCore::post(std::move_only_function<void()> work) {
    const std::scoped_lock lock{mutex_};
    if (closed_) return false;
    asio::post(*context_, std::move(work));
    return true;
}

void LoopCore::run_and_wait(std::move_only_function<void()> work) {
    if (is_here()) return work();
    // The promise is broken when the loop goes before it comes to the work.
    std::promise<void> done;
    const auto waits = done.get_future();
    const bool posted = post([work = std::move(work), done = std::move(done)]() mutable {
        work();
        done.set_value();
    });
    if (posted) {
        waits.wait();
    } else {
        const std::scoped_lock lock{stop_mutex_};  // the thread has ended when we have it
    }
}

void LoopCore::spawn(asio::awaitable<void> coroutine) {
    asio::co_spawn(*context_, std::move(coroutine), [](const std::exception_ptr& thrown) {
        if (thrown) std::rethrow_exception(thrown);  // ours throw nothing: a bug, or no memory
    });
}

void LoopCore::drain() {
    draining_ = true;
    const auto alive = alive_;
    for (const auto& [key, one] : alive) {
        if (const auto held = one.lock()) held->close_now();
    }
    work_.reset();  // run() returns once nothing is waited for
}

void LoopCore::stop() {
    ASSERT(!is_here());
    const std::scoped_lock lock{stop_mutex_};
    if (!thread_.joinable()) return;
    post([this] { drain(); });
    if (ended_.get_future().wait_for(kDrainWithin) == std::future_status::timeout) context_->stop();
    thread_.join();
    {
        const std::scoped_lock guard{mutex_};
        closed_ = true;
    }
    context_.reset();  // not under the lock: what it destroys may call post()
}

Loop::Loop() : core_(std::make_shared<LoopCore>()) {}
Loop::~Loop() { stop(); }

bool Loop::post(std::move_only_function<void()> work) { return core_->post(std::move(work)); }
void Loop::stop() { core_->stop(); }
bool Loop::is_here() const { return core_->is_here(); }

}  // namespace tradewind::net
