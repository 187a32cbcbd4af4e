// SPDX-License-Identifier: Apache-2.0
#include "research/models/trainers.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/try.hpp"
#include "disk/files.hpp"

// POSIX's own; it is only read here.
extern char** environ;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

namespace tradewind::research::models {
namespace {

using Json = nlohmann::json;
using Done = std::expected<void, std::string>;

constexpr std::size_t kLineMax = 1 << 20;
constexpr int kPollMs = 200;

/// Set by a signal while jobs run. The only state that a signal's handler can reach.
std::atomic<int> caught_signal{0};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
void note_signal(int number) { caught_signal.store(number); }

/// Takes SIGINT and SIGTERM, and leaves writes to a dead trainer to errno, for as long as it lives.
class SignalsTaken {
public:
    SignalsTaken() {
        caught_signal.store(0);
        take(SIGINT, note_signal, old_interrupt_);
        take(SIGTERM, note_signal, old_terminate_);
        take(SIGPIPE, SIG_IGN, old_pipe_);
    }
    ~SignalsTaken() {
        sigaction(SIGINT, &old_interrupt_, nullptr);
        sigaction(SIGTERM, &old_terminate_, nullptr);
        sigaction(SIGPIPE, &old_pipe_, nullptr);
    }
    SignalsTaken(const SignalsTaken&) = delete;
    SignalsTaken& operator=(const SignalsTaken&) = delete;

private:
    static void take(int number, void (*handler)(int), struct sigaction& old) {
        struct sigaction action{};
        action.sa_handler = handler;
        sigemptyset(&action.sa_mask);
        sigaction(number, &action, &old);
    }
    struct sigaction old_interrupt_{};
    struct sigaction old_terminate_{};
    struct sigaction old_pipe_{};
};

std::string system_error(std::string_view what) {
    return fmt::format("{}: {}", what, std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
}

struct Pipe {
    disk::Descriptor read;
    disk::Descriptor write;
};

std::expected<Pipe, std::string> make_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::unexpected(system_error("pipe"));
    return Pipe{.read = disk::Descriptor{ends[0]}, .write = disk::Descriptor{ends[1]}};
}

/// One process of tradewind-trainer, and the job that it is at.
class Trainer {
public:
    static std::expected<std::unique_ptr<Trainer>, std::string> start(const std::string& program) {
        auto out = std::make_unique<Trainer>();
        Pipe in = TRY(make_pipe());
        Pipe told = TRY(make_pipe());
        posix_spawn_file_actions_t actions{};
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, in.read.get(), STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, told.write.get(), STDOUT_FILENO);
        std::string name = program;
        std::array<char*, 2> arguments{name.data(), nullptr};
        const int failed =
            posix_spawnp(&out->pid_, program.c_str(), &actions, nullptr, arguments.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        if (failed != 0) {
            errno = failed;
            out->pid_ = -1;
            return std::unexpected(system_error(program));
        }
        out->commands_ = std::move(in.write);
        out->answers_ = std::move(told.read);
        return out;
    }
    Trainer() = default;
    ~Trainer() { finish(SIGTERM); }
    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;

    [[nodiscard]] int answers() const { return answers_.get(); }
    [[nodiscard]] std::optional<std::size_t> job() const { return job_; }
    void give(std::size_t job, const std::string& path) {
        job_ = job;
        const std::string line = path + "\n";
        // a trainer that is gone is noticed by the end of its answers
        [[maybe_unused]] const auto n = write(commands_.get(), line.data(), line.size());
    }
    void is_free() { job_.reset(); }
    /// Whole lines that came; nullopt: it has nothing more to say.
    [[nodiscard]] std::optional<std::vector<std::string>> read_lines() {
        std::array<char, 65536> buffer{};
        const auto n = read(answers_.get(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) return std::vector<std::string>{};
        if (n <= 0 || partial_.size() > kLineMax) return std::nullopt;
        partial_.append(buffer.data(), static_cast<std::size_t>(n));
        std::vector<std::string> out;
        for (std::size_t end = 0; (end = partial_.find('\n')) != std::string::npos;) {
            out.push_back(partial_.substr(0, end));
            partial_.erase(0, end + 1);
        }
        return out;
    }
    /// Ends it (number 0: it has ended by itself) and says how it did.
    int finish(int number) {
        if (pid_ <= 0) return 0;
        commands_ = {};
        if (number != 0) kill(pid_, number);
        int status = 0;
        while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
        pid_ = -1;
        return status;
    }

private:
    pid_t pid_ = -1;
    disk::Descriptor commands_;
    disk::Descriptor answers_;
    std::string partial_;
    std::optional<std::size_t> job_;
};

std::string describe_end(int status) {
    if (WIFSIGNALED(status)) return fmt::format("was killed by signal {}", WTERMSIG(status));
    return fmt::format("ended with code {}", WEXITSTATUS(status));
}

/// Hands jobs out and takes answers in.
class Foreman {
public:
    Foreman(const std::vector<std::string>& jobs, const TrainersSettings& settings)
        : jobs_(jobs), settings_(settings), attempts_(jobs.size()) {
        for (std::size_t i = 0; i < jobs.size(); ++i) waiting_.push_back(i);
    }

    Done run() {
        while (done_ < jobs_.size()) {
            TRY_VOID(hand_out());
            if (caught_signal.load() != 0) return std::unexpected(kInterrupted);
            TRY_VOID(listen());
        }
        return {};
    }

private:
    Done hand_out() {
        while (trainers_.size() < settings_.processes && trainers_.size() < jobs_.size() - done_) {
            trainers_.push_back(TRY(Trainer::start(settings_.program)));
        }
        for (const auto& trainer : trainers_) {
            if (trainer->job() || waiting_.empty()) continue;
            const std::size_t job = waiting_.front();
            waiting_.pop_front();
            ++attempts_[job];
            trainer->give(job, jobs_[job]);
        }
        return {};
    }
    Done listen() {
        std::vector<pollfd> watched;
        for (const auto& trainer : trainers_) {
            watched.push_back({.fd = trainer->answers(), .events = POLLIN, .revents = 0});
        }
        if (poll(watched.data(), watched.size(), kPollMs) < 0 && errno != EINTR) {
            return std::unexpected(system_error("poll"));
        }
        for (std::size_t i = watched.size(); i-- > 0;) {
            if (watched[i].revents == 0) continue;
            const auto lines = trainers_[i]->read_lines();
            if (!lines) {
                TRY_VOID(bury(i));
                continue;
            }
            for (const std::string& line : *lines) TRY_VOID(take(*trainers_[i], line));
        }
        return {};
    }
    /// A trainer that died: its job goes to the next one, unless it killed several.
    Done bury(std::size_t i) {
        const std::optional<std::size_t> job = trainers_[i]->job();
        const std::string how = describe_end(trainers_[i]->finish(0));
        trainers_.erase(trainers_.begin() + static_cast<std::ptrdiff_t>(i));
        if (caught_signal.load() != 0) return std::unexpected(kInterrupted);
        if (!job) return {};
        if (attempts_[*job] >= settings_.attempts) {
            return give_up(*job,
                           fmt::format("{}: the trainer {} {} times; its last words are above",
                                       jobs_[*job], how, attempts_[*job]));
        }
        waiting_.push_front(*job);
        return {};
    }
    Done give_up(std::size_t job, const std::string& error) {
        if (!settings_.on_failed) return std::unexpected(error);
        ++done_;
        settings_.on_failed(job, error);
        return {};
    }
    Done take(Trainer& trainer, const std::string& line) {
        const Json said = Json::parse(line, nullptr, false);
        if (!trainer.job() || !said.is_object() || !said.contains("event")) {
            return std::unexpected(
                fmt::format("tradewind-trainer said what it should not: {}", line.substr(0, 200)));
        }
        try {
            return take(trainer, said);
        } catch (const Json::exception& e) {
            return std::unexpected(fmt::format("tradewind-trainer: {}", e.what()));
        }
    }
    Done take(Trainer& trainer, const Json& said) {
        const std::size_t job = *trainer.job();
        const std::string event = said.at("event").get<std::string>();
        if (event == "failed") {
            trainer.is_free();
            return give_up(job, said.at("error").get<std::string>());
        }
        if (event == "epoch" && settings_.on_progress) {
            TrainProgress progress{.job = job,
                                   .epoch = said.at("epoch").get<std::uint64_t>(),
                                   .epochs = said.at("epochs").get<std::uint64_t>(),
                                   .train_loss = said.value("train_loss", 0.0),
                                   .seconds_left = said.value("seconds_left", 0.0)};
            if (said.contains("validation_loss") && said["validation_loss"].is_number()) {
                progress.validation_loss = said["validation_loss"].get<double>();
            }
            settings_.on_progress(progress);
        }
        if (event == "done") {
            ++done_;
            trainer.is_free();
            if (settings_.on_done) settings_.on_done(job);
        }
        return {};
    }

    const std::vector<std::string>& jobs_;
    const TrainersSettings& settings_;
    std::deque<std::size_t> waiting_;
    std::vector<std::size_t> attempts_;
    std::vector<std::unique_ptr<Trainer>> trainers_;
    std::size_t done_ = 0;
};

}  // namespace

std::expected<void, std::string> run_jobs(const std::vector<std::string>& jobs,
                                          const TrainersSettings& settings) {
    const SignalsTaken signals;
    return Foreman{jobs, settings}.run();
}

}  // namespace tradewind::research::models
