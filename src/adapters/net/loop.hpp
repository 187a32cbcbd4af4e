// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

namespace tradewind::net {

class LoopCore;

/// One thread that waits for the network, and on which every callback of this room runs. Servers
/// and clients share a loop or have one each; nothing that runs on it may block.
///
/// When it stops, everything on it is closed: calls end with `stopped`, sockets close. Servers,
/// clients and handles may outlive it; they then do nothing.
class Loop {
public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Runs `work` on the loop's thread, soon. False, and `work` is dropped, once the loop stops.
    /// Any thread.
    bool post(std::move_only_function<void()> work);

    /// Closes everything, waits for the thread. Any thread but its own. Again: no effect.
    void stop();

    /// Whether the caller is the loop's thread.
    [[nodiscard]] bool is_here() const;

    /// For the files of this room alone.
    [[nodiscard]] const std::shared_ptr<LoopCore>& core() const { return core_; }

private:
    std::shared_ptr<LoopCore> core_;
};

}  // namespace tradewind::net
