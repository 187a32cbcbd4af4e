// SPDX-License-Identifier: Apache-2.0
#include "training/cells_of.hpp"

namespace tradewind::training {
namespace {
using size_type = decltype(sizeof 0);
#include "training/cells_body.hpp"
}  // namespace

const Cells& cells_plain() { return kCells; }

}  // namespace tradewind::training
