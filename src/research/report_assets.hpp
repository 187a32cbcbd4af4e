// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tradewind::research {

/// What the files of report/ hold, embedded by report/embed.cmake. The page names its holes
/// {{title}},
/// {{style}},
/// {{script}}, {{data}} and {{nonce}}.
extern const std::string_view kReportHtml;
extern const std::string_view kReportCss;
extern const std::string_view kReportJs;
extern const std::string_view kSearchJs;
extern const std::string_view kFeaturesJs;

}  // namespace tradewind::research
