// SPDX-License-Identifier: Apache-2.0
#include "training/network_state.hpp"

#include <utility>

#include "base/try.hpp"
#include "ml/tensor_file.hpp"
#include "training/checkpoint_file.hpp"

namespace tradewind::training {
namespace {

std::int64_t whole(std::uint64_t n) { return static_cast<std::int64_t>(n); }

template <typename T>
ml::Tensor list(std::string name, const std::vector<T>& values) {
    return ml::tensor(std::move(name), {values.size()}, values);
}

/// False where it is not there, or of another size.
template <typename T>
bool take(const ml::TensorFile& file, const char* name, std::size_t size, std::vector<T>& out) {
    const std::vector<T>* found = file.values<T>(name);
    if (found == nullptr || found->size() != size) return false;
    out = *found;
    return true;
}

}  // namespace

std::string to_checkpoint(const NetworkState& state, const std::string& fingerprint) {
    const std::vector<std::int64_t> places{whole(state.epoch), whole(state.batch),
                                           whole(state.adam.steps), whole(state.best_epoch)};
    const std::vector<double> numbers{state.loss, state.weight, state.best_loss};
    return checkpoint_bytes(
        fingerprint,
        {list("places", places), list("numbers", numbers), list("weights", state.weights),
         list("adam.mean", state.adam.mean), list("adam.square", state.adam.square),
         list("best", state.best), list("train_losses", state.train_losses),
         list("validation_losses", state.validation_losses)});
}

std::expected<std::optional<NetworkState>, std::string> read_checkpoint(
    const std::string& path, const std::string& fingerprint, std::size_t weights) {
    const auto file = TRY(open_checkpoint(path, fingerprint));
    if (!file) return std::nullopt;
    NetworkState out;
    std::vector<std::int64_t> places;
    std::vector<double> numbers;
    const std::vector<double>* validation = file->values<double>("validation_losses");
    const bool whole_file = take(*file, "places", 4, places) && take(*file, "numbers", 3, numbers);
    if (!whole_file || validation == nullptr) return std::nullopt;
    out.epoch = static_cast<std::size_t>(places[0]);
    out.batch = static_cast<std::size_t>(places[1]);
    out.adam.steps = static_cast<std::uint64_t>(places[2]);
    out.best_epoch = static_cast<std::size_t>(places[3]);
    out.loss = numbers[0];
    out.weight = numbers[1];
    out.best_loss = numbers[2];
    out.validation_losses = *validation;
    const bool fits = take(*file, "weights", weights, out.weights) &&
                      take(*file, "adam.mean", weights, out.adam.mean) &&
                      take(*file, "adam.square", weights, out.adam.square) &&
                      take(*file, "best", out.best_epoch == 0 ? 0 : weights, out.best) &&
                      take(*file, "train_losses", out.epoch, out.train_losses);
    if (!fits) return std::nullopt;
    return out;
}

}  // namespace tradewind::training
