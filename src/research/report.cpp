// SPDX-License-Identifier: Apache-2.0
#include "research/report.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "research/report_assets.hpp"
#include "research/report_data.hpp"

namespace tradewind::research {
namespace {

std::string html_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
    return out;
}

struct Hole {
    std::string_view name;
    std::string_view value;
};

/// Fills the {{holes}} of the page in one pass, so that what goes in is never read again.
std::string filled(std::string_view page, std::span<const Hole> holes) {
    std::string out;
    while (true) {
        const std::size_t open = page.find("{{");
        if (open == std::string_view::npos) break;
        const std::size_t close = page.find("}}", open);
        ASSERT(close != std::string_view::npos);
        const std::string_view name = page.substr(open + 2, close - open - 2);
        out += page.substr(0, open);
        for (const Hole& hole : holes) {
            if (hole.name == name) out += hole.value;
        }
        page.remove_prefix(close + 2);
    }
    out += page;
    return out;
}

}  // namespace

std::string render_report(const ReportInput& input) {
    const std::string data = report_json(input);
    const std::string title = html_escaped(input.title);
    // Scripts and styles run only with this mark, which no text of the input can know beforehand:
    // it is a hash of all of it.
    const std::string nonce = fmt::format("{:016x}", base::fnv1a(data));
    const std::array<Hole, 5> holes{{{"title", title},
                                     {"style", kReportCss},
                                     {"script", kReportJs},
                                     {"data", data},
                                     {"nonce", nonce}}};
    return filled(kReportHtml, holes);
}

}  // namespace tradewind::research
