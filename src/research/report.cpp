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

/// Scripts and styles run only with a mark that no text of the input can know beforehand: it is a
/// hash of all of it.
std::string page_of(std::string_view title, std::string_view script, const std::string& data) {
    const std::string escaped = html_escaped(title);
    const std::string nonce = fmt::format("{:016x}", base::fnv1a(data));
    const std::array<Hole, 5> holes{{{"title", escaped},
                                     {"style", kReportCss},
                                     {"script", script},
                                     {"data", data},
                                     {"nonce", nonce}}};
    return filled(kReportHtml, holes);
}

/// A document that can stand inside a script element: no '<' in it.
std::string without_tags(const std::string& json) {
    std::string out;
    for (const char c : json) {
        if (c == '<') {
            out += "\\u003c";
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

std::string render_report(const ReportInput& input) {
    return page_of(input.title, kReportJs, report_json(input));
}

std::string render_search_page(std::string_view title, const std::string& data) {
    return page_of(title, kSearchJs, without_tags(data));
}

std::string render_features_page(std::string_view title, const std::string& data) {
    return page_of(title, kFeaturesJs, without_tags(data));
}

}  // namespace tradewind::research
