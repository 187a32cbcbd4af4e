# SPDX-License-Identifier: Apache-2.0
# Every third-party package, found once. Only Debian packages; nothing is downloaded.
# Imported targets are system includes, so their headers raise no warning of ours.

set(CMAKE_FIND_PACKAGE_PREFER_CONFIG OFF)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(fmt 9 REQUIRED CONFIG)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto SSL)
find_package(Boost 1.81 REQUIRED)  # headers: Asio and Beast
find_package(ZLIB REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED CONFIG)
find_package(simdjson 3 REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(toml11 REQUIRED CONFIG)
find_package(Eigen3 3.4 REQUIRED CONFIG)

# libzip's own CMake file also asks for its command line tools, which Debian packages apart.
find_package(PkgConfig REQUIRED)
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET GLOBAL libzip)

# For the room `training` alone. XGBoost's CMake file names a program that Debian packages apart;
# libtorch's asks for gflags, glog and protobuf and adds flags to whatever links it.
pkg_check_modules(xgboost REQUIRED IMPORTED_TARGET GLOBAL xgboost)
find_path(TRADEWIND_TORCH_INCLUDE ATen/ATen.h REQUIRED)
find_library(TRADEWIND_TORCH_CPU torch_cpu REQUIRED)
find_library(TRADEWIND_C10 c10 REQUIRED)
find_library(TRADEWIND_BLAS NAMES libblas.so.3 blas REQUIRED)  # the one that libtorch is linked with
add_library(tradewind::torch INTERFACE IMPORTED)
target_include_directories(tradewind::torch INTERFACE
    "${TRADEWIND_TORCH_INCLUDE}/torch/csrc/api/include")
target_link_libraries(tradewind::torch INTERFACE "${TRADEWIND_TORCH_CPU}" "${TRADEWIND_C10}"
    "${TRADEWIND_BLAS}")

if(TRADEWIND_TESTS)
    find_package(GTest REQUIRED)
    find_package(rapidcheck REQUIRED CONFIG)
endif()
if(TRADEWIND_BENCH)
    find_package(benchmark QUIET CONFIG)
endif()
