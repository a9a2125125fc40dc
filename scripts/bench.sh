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

# A large site of real pages: 12,447 files, of which the instruction sets' have a few passages each and two that list thousands of names.
LARGE=$TARGET/large
LARGE_PARTS=("${DEMO_BOOKS[@]}" rust-by-example unstable-book error_codes style-guide core/arch/x86_64 core/arch/arm)

copy_large_site() {
    local from=$1 part
    rm -rf "$LARGE" "$LARGE.new"
    mkdir -p "$LARGE.new"
    for part in "${LARGE_PARTS[@]}"; do
        mkdir -p "$LARGE.new/${part%/*}"
        cp -R "$from/$part" "$LARGE.new/$part"
        rm -f "$LARGE.new/$part/print.html"
    done
    rm -rf "$LARGE.new/book/first-edition" "$LARGE.new/book/second-edition" "$LARGE.new/book/2018-edition"
    mv "$LARGE.new" "$LARGE"
}

# What the first results cost a visitor, by the browser's resource timing, and what the index's shortcuts lose: of the folder of an
# indexed site, or of the large site above. That one is indexed with what is there already, so the second time is quick.
run_bench_bytes() {
    local site=${1:-$LARGE} from
    heading "The browser's half"
    build_wasm
    ensure_browser
    ensure_www_packages
    step "siteseer, release build" native-build "'cargo build --release' repeats it" build_siteseer
    if [[ $site == "$LARGE" && ! -d $LARGE ]]; then
        from=$(rust_docs)
        [[ $from ]] || die "there is no Rust documentation to make a large site of." "Name the folder of a site: ./build.sh bench bytes public"
        step "copy of a large site: $from" large-copy "check that there is room: df -h $TARGET" copy_large_site "$from"
    fi
    if [[ $site == "$LARGE" ]]; then
        heading "siteseer index"
        "$SITESEER" index "$site" --reranker none --related off --late off
    fi
    site=$(cd "$site" && pwd)
    heading "Bytes of a first query, by resource timing; fails over budget"
    SITESEER_DEMO_SITE=$site CHROMIUM=$CHROME npm --prefix "$ROOT/www" run test:site
    heading "siteseer inspect"
    "$SITESEER" inspect "$site"
}

# verb: bench [native|kernels|keystroke|bytes [SITE]|browser [OPTION…]|gpu-browser [OPTION…]|gpu-agreement [OPTION…]]
run_bench() {
    local part=${1:-}
    (($#)) && shift
    case $part in
    '') ;;
    native | kernels | keystroke) no_options "bench $part" "$@" ;;
    bytes) ;;
    browser | gpu-browser | gpu-agreement) ;;
    *) die "there is no benchmark '$part'." "./build.sh bench [native|kernels|keystroke|bytes [SITE]|browser|gpu-browser|gpu-agreement]" ;;
    esac
    set_up_build
    if [[ -z $part || $part == native ]]; then run_bench_native; fi
    if [[ -z $part || $part == kernels ]]; then run_bench_kernels; fi
    if [[ -z $part || $part == keystroke ]]; then run_bench_keystroke; fi
    if [[ $part == bytes ]]; then run_bench_bytes "$@"; fi
    if [[ -z $part || $part == browser ]]; then run_bench_browser "$@"; fi
    if [[ $part == gpu-browser ]]; then run_bench_gpu_browser "$@"; fi
    if [[ $part == gpu-agreement ]]; then run_bench_gpu_agreement "$@"; fi
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
