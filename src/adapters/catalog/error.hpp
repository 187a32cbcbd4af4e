// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "disk/error.hpp"

namespace tradewind::catalog {

using disk::Error;
using disk::ErrorKind;
using disk::Result;

}  // namespace tradewind::catalog
