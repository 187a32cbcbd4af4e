// SPDX-License-Identifier: Apache-2.0
#include "training/trainer.hpp"

#include <fmt/format.h>

#include <exception>
#include <new>
#include <optional>
#include <utility>
#include <variant>

#include "base/try.hpp"
#include "disk/files.hpp"
#include "training/attribution.hpp"
#include "training/control.hpp"
#include "training/dataset.hpp"
#include "training/fields.hpp"
#include "training/forest_training.hpp"
#include "training/job.hpp"
#include "training/network_training.hpp"
#include "training/samples.hpp"
#include "training/whole_file.hpp"

namespace tradewind::training {
namespace {

constexpr std::size_t kJobBytesMax = std::size_t{16} << 20U;

struct Made {
    std::string path;
    std::string address;
};
/// nullopt: stopped.
using Ran = std::expected<std::optional<Made>, std::string>;

std::string text_of(const Json& json) {
    // paths are bytes, and JSON is UTF-8
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Control control_of(const std::string& path, const Surroundings& surroundings) {
    Control out;
    out.code_version = surroundings.code_version;
    out.stop = surroundings.stop;
    out.started = [&surroundings, path](std::size_t epoch) {
        surroundings.tell(text_of({{"event", "started"}, {"job", path}, {"resumed_epoch", epoch}}));
    };
    out.progress = [&surroundings, path](const Progress& now) {
        Json event{{"event", "epoch"},
                   {"job", path},
                   {"epoch", now.epoch},
                   {"epochs", now.epochs},
                   {"train_loss", now.train_loss},
                   {"validation_loss", nullptr},
                   {"best", now.best},
                   {"seconds", now.seconds},
                   {"seconds_left", now.seconds_left}};
        if (now.validation_loss) event["validation_loss"] = *now.validation_loss;
        surroundings.tell(text_of(event));
    };
    return out;
}

Ran run(const TrainJob& job, const Control& control) {
    const Dataset data = TRY(read_dataset(job.dataset));
    const Selection selection = TRY(select_samples(data, job));
    auto trained = job.family == ml::Family::xgboost
                       ? TRY(train_forest(job, data, selection, control))
                       : TRY(train_network(job, data, selection, control));
    if (!trained) return std::nullopt;
    const std::string bytes = ml::to_bytes(*trained);
    TRY_VOID(write_whole(job.model, bytes));
    if (!job.checkpoint.empty()) disk::remove_file(job.checkpoint);
    return Made{.path = job.model, .address = ml::address_of(bytes)};
}

Ran run(const AttributeJob& job, const Control& control) {
    control.started(0);
    return Made{.path = job.attributions, .address = TRY(run_attribution(job))};
}

Ran run_file(const std::string& path, const Surroundings& surroundings) {
    const auto text = disk::read_file(path, kJobBytesMax);
    if (!text) return std::unexpected(text.error().text);
    if (!*text) return std::unexpected(path + ": there is no such file");
    const auto job = parse_job(**text);
    if (!job) return std::unexpected(fmt::format("{}: {}", path, job.error()));
    const Control control = control_of(path, surroundings);
    return std::visit([&](const auto& one) { return run(one, control); }, *job);
}

/// The libraries below throw; an event is all that goes out.
Ran run_caught(const std::string& path, const Surroundings& surroundings) {
    try {
        return run_file(path, surroundings);
    } catch (const std::bad_alloc&) {
        return std::unexpected(path +
                               ": there is not enough memory for it; give fewer rows, a "
                               "shorter window or a smaller batch");
    } catch (const std::exception& e) {
        const std::string text = e.what();
        return std::unexpected(fmt::format("{}: {}", path, text.substr(0, text.find('\n'))));
    }
}

}  // namespace

bool run_job(const std::string& path, const Surroundings& surroundings) {
    const Ran ran = run_caught(path, surroundings);
    if (!ran) {
        surroundings.tell(text_of({{"event", "failed"}, {"job", path}, {"error", ran.error()}}));
        return true;
    }
    if (!*ran) return false;
    surroundings.tell(text_of(
        {{"event", "done"}, {"job", path}, {"model", (*ran)->path}, {"address", (*ran)->address}}));
    return true;
}

}  // namespace tradewind::training
