// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <utility>

#define TRY_CONCAT_(a, b) a##b
#define TRY_NAME_(counter) TRY_CONCAT_(try_result_, counter)
#define TRY_VALUE_(name, expression) \
    __extension__({ \
        auto name = (expression); \
        if (!name.has_value()) return std::unexpected(std::move(name).error()); \
        std::move(name).value(); \
    })
#define TRY_NOTHING_(name, expression) \
    do { \
        auto name = (expression); \
        if (!name.has_value()) return std::unexpected(std::move(name).error()); \
    } while (false)

/// Evaluates to the value of a `std::expected`, or returns its error from the enclosing function.
/// A GNU statement expression, which both compilers we build with accept.
#define TRY(expression) TRY_VALUE_(TRY_NAME_(__COUNTER__), expression)

/// The same for `std::expected<void, E>`.
#define TRY_VOID(expression) TRY_NOTHING_(TRY_NAME_(__COUNTER__), expression)
