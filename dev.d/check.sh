# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The steps of `./dev check`; sourced by ./dev. Each step is a function check_<name>.

readonly check_steps=(format spdx rooms words links tidy sanitize)

command_check() {
    local step passed=0 failed=() started
    (($#)) || set -- "${check_steps[@]}"
    for step in "$@"; do
        [[ " ${check_steps[*]} " == *" $step "* ]] ||
            stop "no check '$step'; there are: ${check_steps[*]}"
    done
    setup build check
    for step in "$@"; do
        started=$SECONDS
        # A subshell, so that one failed step does not hide the next; not behind `||` or `if`,
        # because there bash would ignore errexit inside it.
        local status=0
        set +e
        (
            set -e
            "check_$step"
        )
        status=$?
        set -e
        if ((status == 0)); then
            passed=$((passed + 1))
            printf 'check %-9s passed, %d s\n' "$step" $((SECONDS - started))
        else
            failed+=("$step")
            printf 'check %-9s FAILED, %d s\n' "$step" $((SECONDS - started))
        fi
    done
    ((${#failed[@]} == 0)) || say "failed: ${failed[*]} (one alone: ./dev check ${failed[0]})"
    printf 'checks: %d passed, %d failed\n' "$passed" "${#failed[@]}"
    ((${#failed[@]} == 0))
}

# The C++ sources, NUL-separated: those that git knows or would add; all of them without git.
cpp_files() {
    if git -C "$root" rev-parse --git-dir >/dev/null 2>&1; then
        git ls-files -z --cached --others --exclude-standard -- '*.cpp' '*.hpp' '*.h' |
            while IFS= read -r -d '' file; do
                if [[ -f $file ]]; then printf '%s\0' "$file"; fi # not one deleted just now
            done
    else
        find src tests bench examples \( -name '*.cpp' -o -name '*.hpp' -o -name '*.h' \) -print0 2>/dev/null || true
    fi
}

check_format() {
    # shellcheck disable=SC2016
    cpp_files | xargs -0 -r -n 1 -P "$(nproc)" sh -c '
        clang-format-19 --dry-run -Werror "$0" >/dev/null 2>&1 && exit 0
        echo "$0: ./dev format would change it"
        exit 1'
}
check_spdx() { "$python" tests/house/check_spdx.py; }
check_rooms() { "$python" tests/house/check_rooms.py; }
check_words() { "$python" tests/house/check_words.py; }
check_links() { "$python" tests/house/check_links.py; }

check_tidy() {
    configure tidy
    "$python" dev.d/tidy.py --build build/tidy --jobs "$(job_count)"
}

check_sanitize() {
    compile asan-ubsan unit_tests
    ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 \
        ctest --preset asan-ubsan --label-regex 'unit|fuzz-replay' --parallel "$(nproc)"
}
