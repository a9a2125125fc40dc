# shellcheck shell=bash
# All test suites, one after the other, and the table that says what ran. A suite counts as passed only when its runner
# exited 0, at least one test ran, and none was skipped.

SUITES=(native arm wasm-scalar wasm-simd wasm-relaxed www browser)
# When named only: it installs a second browser.
MORE_SUITES=(firefox)
# Of the end-to-end tests those that every browser has to pass: by words and by meaning, and with the keyboard alone.
FIREFOX_TESTS=(meaning::a_question_finds_the_page meaning::the_keyboard_is_enough)
SUITE_ROWS=()
SUITES_FAILED=0
TOTAL_PASSED=0
TOTAL_FAILED=0

suite_title() {
    case $1 in
    native) echo "cargo test (unit, integration and doc tests; GPU kernels on Vulkan, in software if need be)" ;;
    arm) echo "the library for aarch64, NEON kernels, $(arm_title)" ;;
    wasm-*) echo "wasm-pack test in headless Chromium, ${1#wasm-}" ;;
    www) echo "browser client (npm test in www/)" ;;
    browser) echo "end to end in headless Chromium (WebDriver)" ;;
    firefox) echo "end to end in headless Firefox (WebDriver)" ;;
    *) die "no such suite: $1" "Suites: ${SUITES[*]}; when named only: ${MORE_SUITES[*]}" ;;
    esac
}

# The capabilities that wasm-bindgen's runner hands to the driver: webdriver.json, and the browser that was found, so
# that CHROME is honoured here too.
webdriver_capabilities() {
    local file=$TARGET/webdriver.json
    node -e 'const fs = require("fs"), [from, to, binary] = process.argv.slice(1);
        const capabilities = JSON.parse(fs.readFileSync(from));
        capabilities["goog:chromeOptions"].binary = binary;
        fs.writeFileSync(to, JSON.stringify(capabilities));' "$ROOT/webdriver.json" "$file" "$CHROME"
    printf '%s' "$file"
}

run_suite_command() {
    case $1 in
    native) cargo test --release --no-fail-fast ;;
    arm) test_arm ;;
    wasm-*)
        WASM_BINDGEN_TEST_WEBDRIVER_JSON=$(webdriver_capabilities) WASM_BINDGEN_TEST_TIMEOUT=300 \
            wasm_level "${1#wasm-}" "$WASM_PACK" test --headless --chrome --chromedriver "$CHROMEDRIVER" --release \
            "$ROOT" --no-default-features --features battery,wasm-engine,wasm-tower,wasm-sparse,wasm-encoder --test wasm
        ;;
    www) CHROMIUM=$CHROME npm --prefix "$ROOT/www" test ;;
    browser)
        # one window at a time: on two cores, several would only wait for each other
        make_demo && SITESEER_DEMO_SITE=$DEMO SITESEER_WASM_TEST=$WASM_TEST_DIR CHROME=$CHROME CHROMEDRIVER=$CHROMEDRIVER \
            env -u GECKODRIVER cargo test --release --test browser -- --test-threads=1 --nocapture
        ;;
    firefox)
        FIREFOX=$FIREFOX GECKODRIVER=$GECKODRIVER \
            cargo test --release --test browser -- --test-threads=1 --nocapture "${FIREFOX_TESTS[@]}"
        ;;
    esac
}

# count_tests LOG: "passed failed skipped", summed over the closing lines of libtest, wasm-bindgen-test and node --test.
count_tests() {
    sed $'s/\e\\[[0-9;]*m//g' "$1" | awk '
        /^test result:/ {
            for (i = 2; i <= NF; i++) {
                if ($i ~ /^passed/) passed += $(i - 1)
                if ($i ~ /^failed/) failed += $(i - 1)
                if ($i ~ /^ignored/) skipped += $(i - 1)
            }
        }
        /^(#|ℹ) pass [0-9]+$/ { passed += $3 }
        /^(#|ℹ) (fail|cancelled) [0-9]+$/ { failed += $3 }
        /^(#|ℹ) (skipped|todo) [0-9]+$/ { skipped += $3 }
        END { print passed + 0, failed + 0, skipped + 0 }'
}

run_suite() {
    local suite=$1 log=$LOGS/test-$1.log start status passed failed skipped verdict=ok
    heading "$(suite_title "$suite")"
    start=$(now_ms)
    set +e
    run_suite_command "$suite" </dev/null 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    set -e
    read -r passed failed skipped < <(count_tests "$log")
    if ((status != 0 || failed > 0)); then
        verdict="FAILED (exit $status)"
    elif ((passed == 0)); then
        verdict="FAILED (no test ran)"
    elif ((skipped > 0)); then
        verdict="FAILED (tests were skipped)"
    fi
    [[ $verdict == ok ]] || SUITES_FAILED=$((SUITES_FAILED + 1))
    # A suite that broke without a failed test (it did not compile, it crashed) still counts as a failure.
    if [[ $verdict != ok ]] && ((failed == 0)); then failed=1; fi
    TOTAL_PASSED=$((TOTAL_PASSED + passed)) TOTAL_FAILED=$((TOTAL_FAILED + failed))
    SUITE_ROWS+=("$(printf '  %-14s %7d %7d %8d %8s  %s' "$suite" "$passed" "$failed" "$skipped" \
        "$(seconds_since "$start")" "$verdict")")
}

print_summary() {
    heading "Summary"
    printf '  %-14s %7s %7s %8s %8s  %s\n' suite passed failed skipped seconds verdict
    printf '%s\n' "${SUITE_ROWS[@]}"
    if ((SUITES_FAILED)); then
        say ''
        say "  logs: $LOGS/test-*.log"
        say "  one suite again: ./build.sh test SUITE"
    fi
    say ''
    say "$TOTAL_PASSED passed, $TOTAL_FAILED failed"
}

# verb: test [SUITE…]
run_tests() {
    local suite start
    local -a wanted=("$@")
    ((${#wanted[@]})) || wanted=("${SUITES[@]}")
    for suite in "${wanted[@]}"; do suite_title "$suite" >/dev/null; done
    start=$(now_ms)
    set_up_all
    for suite in "${wanted[@]}"; do
        case $suite in
        arm) ensure_arm ;;
        firefox) ensure_firefox ;;
        esac
    done
    heading "The browser's half"
    build_wasm
    build_scalar_encoder
    ensure_www_packages
    mkdir -p "$LOGS"
    for suite in "${wanted[@]}"; do run_suite "$suite"; done
    say ''
    say "all of it took $(seconds_since "$start") s"
    print_summary
    ((SUITES_FAILED == 0))
}
