// SPDX-License-Identifier: Apache-2.0
// tradewind-trainer: paths of jobs come in, a line each; events of them go out.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "training/network.hpp"
#include "training/trainer.hpp"

namespace {

constexpr int kExitBadInput = 2;
constexpr int kExitInterrupted = 130;

/// A signal's handler can reach nothing but what is global.
volatile std::sig_atomic_t interrupted = 0;  // NOLINT(*-avoid-non-const-global-variables)

void note_interrupt(int) { interrupted = 1; }

void prepare_signals() {
    struct sigaction action{};
    action.sa_handler = note_interrupt;  // without SA_RESTART: reading the next job ends too
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);
    // a write past the limit of a file's size, or to nobody, is then an error like others
    std::signal(SIGXFSZ, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
}

/// Lines of standard input, as they come.
class Lines {
public:
    /// nullopt: there are no more, or a signal came.
    std::optional<std::string> next() {
        while (interrupted == 0) {
            const std::size_t end = read_.find('\n');
            if (end != std::string::npos) return take(end);
            if (!more()) return read_.empty() ? std::nullopt : std::optional{take(read_.size())};
        }
        return std::nullopt;
    }

private:
    std::string take(std::size_t end) {
        std::string out = read_.substr(0, end);
        read_.erase(0, end + 1);
        return out;
    }

    bool more() {
        std::array<char, 4096> block{};
        const ssize_t got = ::read(STDIN_FILENO, block.data(), block.size());
        if (got < 0 && errno == EINTR) return true;
        if (got <= 0) return false;
        read_.append(block.data(), static_cast<std::size_t>(got));
        return true;
    }

    std::string read_;
};

void tell(const std::string& line) {
    (void)std::fputs((line + '\n').c_str(), stdout);
    (void)std::fflush(stdout);
}

int run() {
    tradewind::training::use_one_thread();
    const tradewind::training::Surroundings surroundings{
        .tell = tell, .stop = [] { return interrupted != 0; }, .code_version = TRADEWIND_VERSION};
    Lines lines;
    while (const auto path = lines.next()) {
        if (path->empty()) continue;
        if (!tradewind::training::run_job(*path, surroundings)) break;
    }
    return interrupted != 0 ? kExitInterrupted : 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view{argv[1]} == "--version") {
        std::puts(TRADEWIND_VERSION);
        return 0;
    }
    if (argc != 1) {
        (void)std::fputs(
            "tradewind-trainer: it takes no arguments but --version; paths of job files go to its "
            "standard input, a line each\n",
            stderr);
        return kExitBadInput;
    }
    prepare_signals();
    return run();
}
