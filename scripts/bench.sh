# shellcheck shell=bash
# Timings that a person can repeat: the demo site indexed from scratch, queries answered in the terminal, the scans, and
# passages embedded beside onnxruntime and candle (benches/*.rs). One run on a shared machine: trust ratios.

BENCH_QUERIES=("share code between several packages" "what happens when two threads write the same variable"
    "E0277" "run code before main" "how do I pin a dependency to a git commit")

# time_of TITLE COMMAND…: the seconds of one run; the output goes to a log.
time_of() {
    local title=$1 start
    shift
    start=$(now_ms)
    "$@" >>"$LOGS/bench.log" 2>&1 || die "this benchmark failed: $*" "log: $LOGS/bench.log"
    printf '  %-64s %8s s\n' "$title" "$(seconds_since "$start")"
}

# verb: bench [native|kernels|browser [OPTION…]]
run_bench() {
    local part=${1:-}
    (($#)) && shift
    case $part in
    '') ;;
    native | kernels) no_options "bench $part" "$@" ;;
    browser) ;;
    *) die "there is no benchmark '$part'." "./build.sh bench [native|kernels|browser]" ;;
    esac
    set_up_build
    if [[ -z $part || $part == native ]]; then run_bench_native; fi
    if [[ -z $part || $part == kernels ]]; then run_bench_kernels; fi
    if [[ -z $part || $part == browser ]]; then run_bench_browser "$@"; fi
}

run_bench_native() {
    local query site=$TARGET/demo/bench
    heading "The browser's half"
    build_wasm
    heading "The demo"
    make_demo
    mkdir -p "$LOGS"
    : >"$LOGS/bench.log"
    heading "Native, $(nproc 2>/dev/null || sysctl -n hw.ncpu) cores"
    rm -rf "$site"
    cp -R "$DEMO" "$site"
    rm -rf "$site/siteseer"
    time_of "siteseer index (whole demo site, from scratch)" "$SITESEER" index "$site"
    rm -rf "$site"
    for query in "${BENCH_QUERIES[@]}"; do
        time_of "siteseer search \"$query\" (process and load included)" "$SITESEER" search "$query" --index "$DEMO/siteseer"
    done
    heading "The scans, one thread"
    cargo bench --bench scan -- "$DEMO/siteseer"
    heading "Passages, against onnxruntime and candle"
    ensure_onnx
    SITESEER_BENCH_ONNX=$BENCH_DIR/onnx SITESEER_BENCH_PYTHON=$CACHE/bench-python/bin/python \
        cargo bench --bench passages
}
