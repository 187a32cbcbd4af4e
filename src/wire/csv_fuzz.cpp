// SPDX-License-Identifier: Apache-2.0
// Any bytes, however they arrive, give the same records or the same refusal.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/assert.hpp"
#include "wire/csv.hpp"

namespace {

using namespace tradewind::wire;

class Pieces final : public TextFile {
public:
    Pieces(std::span<const char> text, std::size_t size) : text_(text), size_(size) {}
    std::expected<std::size_t, InputError> read(std::span<char> block) override {
        const std::size_t n = std::min({size_, block.size(), text_.size()});
        std::copy_n(text_.begin(), n, block.begin());
        text_ = text_.subspan(n);
        return n;
    }
    const std::string& name() const override { return name_; }
    std::uint64_t bytes_taken() const override { return 0; }
    std::uint64_t bytes_on_disk() const override { return 0; }

private:
    std::span<const char> text_;
    std::size_t size_;
    std::string name_ = "fuzz";
};

struct Outcome {
    std::vector<std::vector<std::string>> records;
    std::string error;

    bool operator==(const Outcome&) const = default;
};

Outcome read(std::span<const char> text, std::size_t piece) {
    Outcome out;
    auto reader = CsvReader::open(std::make_unique<Pieces>(text, piece));
    if (!reader) return {.records = {}, .error = to_string(reader.error())};
    CsvFields fields;
    while (true) {
        const auto more = reader->next(fields);
        if (!more) {
            out.error = to_string(more.error());
            return out;
        }
        if (!*more) return out;
        ASSERT(reader->line() >= 1);
        out.records.emplace_back(fields.begin(), fields.end());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span text{reinterpret_cast<const char*>(data), size};
    const Outcome whole = read(text, size + 1);
    ASSERT(whole == read(text, 1));
    ASSERT(whole == read(text, 7));
    ASSERT(!whole.error.contains('\n'));
    return 0;
}
