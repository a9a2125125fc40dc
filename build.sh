#!/usr/bin/env bash
# The only door: provisions the machine, builds, tests, measures and shows Siteseer. `./build.sh help` explains the verbs.
# The parts are in scripts/, one subject each: common (messages, steps), rust, tools, arm, wasm, size, docs, demo, test, lint,
# bench, bench-browser, lighthouse.

set -Eeuo pipefail

HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=scripts/common.sh
source "$HERE/scripts/common.sh"
# shellcheck source=scripts/rust.sh
source "$HERE/scripts/rust.sh"
# shellcheck source=scripts/tools.sh
source "$HERE/scripts/tools.sh"
# shellcheck source=scripts/arm.sh
source "$HERE/scripts/arm.sh"
# shellcheck source=scripts/size.sh
source "$HERE/scripts/size.sh"
# shellcheck source=scripts/wasm.sh
source "$HERE/scripts/wasm.sh"
# shellcheck source=scripts/docs.sh
source "$HERE/scripts/docs.sh"
# shellcheck source=scripts/demo.sh
source "$HERE/scripts/demo.sh"
# shellcheck source=scripts/test.sh
source "$HERE/scripts/test.sh"
# shellcheck source=scripts/lint.sh
source "$HERE/scripts/lint.sh"
# shellcheck source=scripts/bench-browser.sh
source "$HERE/scripts/bench-browser.sh"
# shellcheck source=scripts/bench.sh
source "$HERE/scripts/bench.sh"
# shellcheck source=scripts/lighthouse.sh
source "$HERE/scripts/lighthouse.sh"

print_help() {
    cat <<HELP
build.sh: everything about Siteseer starts here. It installs what it lacks by itself and is quick the second time.

  ./build.sh demo [--no-serve] [--port N]
                      From nothing to a served search page: builds the engine and the command line, copies a real
                      documentation site (the Rust books that rustup installs, or docs/), indexes it, and serves it
                      on http://127.0.0.1:8080/ . Type: make the binary smaller
  ./build.sh test [SUITE…]
                      Every test, in order: ${SUITES[*]}. When named only: ${MORE_SUITES[*]}.
                      Ends with a table; fails when a suite fails, is skipped, or ran no test. arm: the library for
                      aarch64 in an emulator, QEMU, which it installs (on an aarch64 machine: as it is).
  ./build.sh wasm     The browser's half only: www/dist/ with the client and the engines (relaxed SIMD, plain SIMD).
  ./build.sh size     Raw, gzip and brotli bytes of www/dist/; fails when an engine is over its budget.
  ./build.sh lint     rustfmt, clippy (native, aarch64, browser), rustdoc, shellcheck, TypeScript; warnings are errors.
  ./build.sh bench [native|kernels|keystroke|bytes [SITE]|browser [--rounds N] [--only TEXT,TEXT] [--without-avx-vnni]|
                   gpu-browser [--rounds N] [--turns N] [--pairs N] [--only TEXT,TEXT]|gpu-agreement [--queries N]]
                      native: indexing and search timed on the demo site, the scans, and passages embedded beside
                      onnxruntime and candle, same weights, same tokens. browser: the engine against onnxruntime-web and
                      transformers.js in headless Chromium, likewise. kernels: MaxSim in wasm against plain loops, the
                      flat scan against a sum of its bytes. keystroke: from the key to the rows in the demo's search box. Without a
                      word: these.
                      bytes: what the first results cost a visitor of SITE, an indexed site, and what its index loses; without one, of
                      12,000 pages of Rust's documentation, which it indexes.
                      gpu-browser: the reranker on WebGPU against onnxruntime-web's WebGPU provider; gpu-agreement: its order against
                      the CPU's on 200 queries. Both on Chromium's adapter in software, so they take most of an hour.
  ./build.sh docs     The documentation as a site, by mdBook (compiled once, some minutes), with Siteseer's search in it.
  ./build.sh lighthouse
                      Lighthouse (npm) on the demo's page, phone and desktop; fails below 95 points in performance, accessibility
                      or best practices.
  ./build.sh recipes  The recipes of docs/recipes.md with the generators themselves: built, indexed, asked in Chromium.
  ./build.sh setup    Only installs: Rust for the browser, wasm-bindgen, wasm-pack, wasm-opt, Chromium with its
                      driver, a Vulkan driver, an emulator of aarch64 with its compiler, the f32 weights that the int8 model
                      is tested against.
  ./build.sh clean [--all]
                      Removes the bundles, the demo and the logs; with --all everything that was compiled, too.
  ./build.sh help     This text.

A first change, from clone to proof: edit src/, then './build.sh lint' and './build.sh test native'. After a change to
src/kernels also './build.sh test arm'; to what runs in the browser: './build.sh test wasm-scalar wasm-simd wasm-relaxed browser'.

Where things are: results in www/dist/ and $TARGET/, logs in $LOGS/,
installed tools in $CACHE/ (remove it to start from nothing).

Environment: CARGO_TARGET_DIR (compile elsewhere), SITESEER_CACHE (keep the tools elsewhere), CHROME and CHROMEDRIVER,
FIREFOX and GECKODRIVER (test with another browser), SITESEER_WASM_RUST=rustup|debian (force one way to get Rust for the browser), CI (plain
output).
HELP
}

set_up_build() {
    heading "Tools"
    ensure_cc
    ensure_rust
    ensure_wasm_rust
    ensure_wasm_bindgen
    ensure_wasm_opt
    note "rust $(rust_version_of rustc), for the browser $(cd "$ROOT" && wasm_rust rustc --version | awk '{ print $2 }')," \
        "wasm-bindgen $(locked_version wasm-bindgen), binaryen $BINARYEN_VERSION, node $(node --version)"
}

set_up_lint() {
    heading "Tools"
    ensure_cc
    ensure_rust
    ensure_wasm_rust
    ensure_arm_rust
    ensure_node
    ensure_lint_tools
}

set_up_all() {
    set_up_build
    ensure_wasm_pack
    ensure_browser
    ensure_vulkan
    ensure_reference_model
    note "wasm-pack $WASM_PACK_VERSION, $("$CHROME" --version 2>/dev/null | head -n 1), reference weights in the cache"
}

clean() {
    case ${1:-} in
    '')
        rm -rf "$DIST" "$TARGET/demo" "$DOCS_SITE" "$LOGS" "$TARGET"/wasm-* "$TARGET/webdriver.json"
        say "removed: bundles, demo, logs. Kept: compiled Rust ($TARGET) and the tools ($CACHE)."
        ;;
    --all)
        rm -rf "$DIST" "$TARGET" "$ROOT/www/node_modules"
        say "removed: everything built. Kept: the tools; 'rm -r $CACHE' removes them."
        ;;
    *) die "clean does not know '$1'." "./build.sh help lists the options." ;;
    esac
}

# no_options VERB ARGUMENT…
no_options() {
    if (($# > 1)); then die "$1 takes no options, but got '$2'." "./build.sh help lists the verbs."; fi
}

main() {
    local verb=${1:-help} start
    (($#)) && shift
    cd "$ROOT"
    start=$(now_ms)
    case $verb in
    demo) run_demo "$@" ;;
    test) run_tests "$@" ;;
    bench) run_bench "$@" ;;
    docs)
        no_options docs "$@"
        run_docs
        ;;
    recipes)
        no_options recipes "$@"
        run_recipes
        ;;
    lighthouse)
        no_options lighthouse "$@"
        run_lighthouse
        ;;
    lint)
        no_options lint "$@"
        run_lint
        ;;
    clean) clean "$@" ;;
    setup)
        no_options setup "$@"
        set_up_all
        ensure_arm
        say "setup: $(seconds_since "$start") s, cache: $CACHE"
        ;;
    wasm)
        no_options wasm "$@"
        set_up_build
        heading "The browser's half"
        build_wasm
        print_dist_sizes
        say "wasm: $(seconds_since "$start") s"
        ;;
    size)
        no_options size "$@"
        set_up_build
        heading "The browser's half"
        build_wasm
        heading "Sizes"
        check_sizes || die "an engine is over its budget." "DESIGN §2 says why it matters; 'twiggy' shows what is in a wasm file."
        ;;
    help | -h | --help) print_help ;;
    *) die "there is no verb '$verb'." "./build.sh help lists the verbs." ;;
    esac
}

main "$@"
