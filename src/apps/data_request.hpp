// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>

#include "adapters/importers/importer.hpp"
#include "apps/data_common.hpp"
#include "apps/data_options.hpp"

namespace tradewind::apps {

/// What the options of a reading verb ask of the importers; the instrument and the file's path are
/// still to be filled in.
[[nodiscard]] std::expected<importers::ImportRequest, Failure> make_import_request(
    const DataImportOptions& options);

}  // namespace tradewind::apps
