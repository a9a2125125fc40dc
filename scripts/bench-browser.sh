# shellcheck shell=bash
# The engine against other runtimes in one headless Chromium: benches/browser/. What they need is installed in the cache,
# at pinned versions; the ONNX models are made there from the weights that Siteseer's own come from.

ORT_VERSION=1.30.0
TRANSFORMERS_VERSION=4.3.1
BENCH_PYTHON_PACKAGES=(onnx==1.23.2 onnxruntime==1.32.0 safetensors==0.8.0 numpy==2.4.6)

BENCH_DIR=$TARGET/bench
BENCH_ROUNDS=3
BENCH_ONLY=

# peer_folder PACKAGE VERSION: where npm puts it.
peer_folder() { printf '%s' "$CACHE/bench-${1##*/}-$2"; }

ensure_peer() {
    local package=$1 version=$2 folder
    folder=$(peer_folder "$package" "$version")
    [[ -f $folder/node_modules/$package/package.json ]] && return
    step "$package $version by npm" "bench-${package##*/}" "check that 'npm install $package@$version' works by hand" \
        npm_tool "$folder" "$package@$version"
}

make_bench_python() {
    local folder=$1
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --disable-pip-version-check --quiet "${BENCH_PYTHON_PACKAGES[@]}"
    touch "$folder/complete"
}

# The models as ONNX, and in the folders that transformers.js reads: NAME/config.json, NAME/onnx/model*.onnx.
make_onnx() {
    local python=$1 out=$2 name
    rm -rf "$out"
    "$python" "$ROOT/benches/browser/make_onnx.py" "$SITESEER_REFERENCE_MODEL" "$ROOT/models" "$out.part"
    for name in bi cross; do
        mkdir -p "$out.part/$name/onnx"
        cp "$SITESEER_REFERENCE_MODEL/config.json" "$out.part/$name/config.json"
        ln "$out.part/$name-int8.onnx" "$out.part/$name/onnx/model_quantized.onnx"
    done
    cp "$SITESEER_REFERENCE_MODEL/model.safetensors" "$out.part/bi.safetensors" # candle's; make_onnx.py wrote the other
    mv "$out.part" "$out"
}

ensure_onnx() {
    local python=$CACHE/bench-python out=$BENCH_DIR/onnx script=$ROOT/benches/browser/make_onnx.py
    local cross=$ROOT/models/siteseer-cross-encoder.safetensors bi=$ROOT/models/all-MiniLM-L6-v2.safetensors
    ensure_reference_model
    [[ -d $out && $out -nt $script && $out -nt $cross && $out -nt $bi ]] && return
    ensure_python
    if [[ ! -f $python/complete ]]; then
        step "onnx, onnxruntime by pip (once)" bench-python \
            "check that python3 has 'venv' (Debian: python3-venv) and pip works" make_bench_python "$python"
    fi
    rm -rf "$out.part"
    step "ONNX models, fp32 and int8" bench-onnx "read the log" make_onnx "$python/bin/python" "$out"
    touch "$out"
}

compile_bench_engine() {
    LLVM_ARGS=$KERNEL_ARGS wasm_level "$1" cargo build --target "$WASM_TARGET" --profile wasm --no-default-features \
        --example bench_engine
    bind "$BENCH_DIR/engine" "engine-$1" "$1" "$TARGET/wasm-$1/$WASM_TARGET/wasm/examples/bench_engine.wasm"
}

# candle has no instruction for int8 dot products and gains nothing from relaxed SIMD's, so one file is enough. Its dependencies want
# to know where random numbers would come from, which nobody draws.
compile_candle() {
    local flags=$'-Ctarget-feature=+simd128\x1f--cfg\x1fgetrandom_backend="wasm_js"'
    wasm_rust env CARGO_ENCODED_RUSTFLAGS="$flags" CARGO_TARGET_DIR="$TARGET/wasm-candle" \
        cargo build --target "$WASM_TARGET" --profile wasm --package bench-candle
    "$BINDGEN_BIN/wasm-bindgen" --target web --no-typescript --out-dir "$BENCH_DIR/candle" --out-name candle \
        "$TARGET/wasm-candle/$WASM_TARGET/wasm/bench_candle.wasm"
}

bench_engines() {
    local level
    for level in "${SHIPPED_LEVELS[@]}"; do
        step "engine with a door for token ids, $level" "bench-engine-$level" "read the log" compile_bench_engine "$level"
    done
    echo '{ "type": "module" }' >"$BENCH_DIR/engine/package.json"
}

# A browser, and what runs in it besides what a verb adds: the engine and onnxruntime-web, with the same models.
ensure_compared() {
    ensure_browser
    ensure_www_packages
    heading "What is compared"
    ensure_peer onnxruntime-web "$ORT_VERSION"
    ensure_onnx
    bench_engines
}

# verb: bench kernels
run_bench_kernels() {
    ensure_browser
    ensure_www_packages
    heading "The engine's file"
    bench_engines
    heading "Kernels, in headless Chromium"
    CHROMIUM=$CHROME node "$ROOT/benches/browser/kernels.js" "$BENCH_DIR/engine"
}

# verb: bench keystroke
run_bench_keystroke() {
    ensure_browser
    ensure_www_packages
    heading "The browser's half"
    build_wasm
    heading "The demo"
    make_demo
    heading "Keystrokes, in headless Chromium"
    CHROMIUM=$CHROME node "$ROOT/benches/browser/keystroke.js" "$DEMO"
}

# verb: bench gpu-browser [--rounds N] [--turns N] [--pairs N] [--only TEXT,TEXT]
run_bench_gpu_browser() {
    local option
    local -a options=()
    while (($#)); do
        case $1 in
        --rounds | --turns | --pairs | --only) option=$1 ;;
        *) die "bench gpu-browser does not know '$1'." "Options: --rounds N, --turns N (of each round), --pairs N, --only TEXT,TEXT (parts of engine names)." ;;
        esac
        options+=("$option" "${2:?$option needs a value}")
        shift 2
    done
    ensure_compared
    build_wasm
    heading "In headless Chromium, on its adapter in software: minutes a round"
    CHROMIUM=$CHROME node "$ROOT/benches/browser/gpu.js" ${options[@]+"${options[@]}"} --out "$BENCH_DIR/gpu-browser.json" \
        --engine "$BENCH_DIR/engine" --dist "$DIST" --onnx "$BENCH_DIR/onnx" \
        --onnxruntime "$(peer_folder onnxruntime-web "$ORT_VERSION")/node_modules/onnxruntime-web/dist"
    note "JSON: $BENCH_DIR/gpu-browser.json"
}

# verb: bench gpu-agreement [--queries N]
run_bench_gpu_agreement() {
    local queries=200
    case ${1:-} in
    '') ;;
    --queries) queries=${2:?--queries needs a number} ;;
    *) die "bench gpu-agreement does not know '$1'." "Option: --queries N." ;;
    esac
    ensure_browser
    ensure_www_packages
    heading "The browser's half"
    build_wasm
    heading "The demo"
    make_demo
    heading "In headless Chromium, on its adapter in software: some twelve seconds a query"
    mkdir -p "$BENCH_DIR"
    CHROMIUM=$CHROME node "$ROOT/benches/browser/gpu-agreement.js" --siteseer "$SITESEER" --dist "$DIST" --site "$DEMO" \
        --work "$BENCH_DIR/agreement" --out "$BENCH_DIR/gpu-agreement.json" --queries "$queries"
    note "JSON: $BENCH_DIR/gpu-agreement.json"
}

# verb: bench browser [--rounds N] [--only TEXT,TEXT] [--without-avx-vnni]
run_bench_browser() {
    local ort transformers
    local -a flags=()
    while (($#)); do
        case $1 in
        --without-avx-vnni)
            flags=(--without-avx-vnni)
            shift
            continue
            ;;
        --rounds) BENCH_ROUNDS=${2:?--rounds needs a number} ;;
        --only) BENCH_ONLY=${2:?--only needs parts of engine names} ;;
        *) die "bench browser does not know '$1'." "Options: --rounds N, --only TEXT,TEXT (parts of engine names), --without-avx-vnni." ;;
        esac
        shift 2
    done
    ensure_compared
    ensure_peer @huggingface/transformers "$TRANSFORMERS_VERSION"
    step "candle" bench-candle "read the log" compile_candle
    ort=$(peer_folder onnxruntime-web "$ORT_VERSION")/node_modules
    transformers=$(peer_folder @huggingface/transformers "$TRANSFORMERS_VERSION")/node_modules
    heading "In headless Chromium"
    CHROMIUM=$CHROME node "$ROOT/benches/browser/run.js" ${flags[@]+"${flags[@]}"} --rounds "$BENCH_ROUNDS" --only "$BENCH_ONLY" \
        --out "$BENCH_DIR/browser.json" --engine "$BENCH_DIR/engine" --onnx "$BENCH_DIR/onnx" \
        --candle "$BENCH_DIR/candle" --onnxruntime "$ort/onnxruntime-web/dist" \
        --transformers "$transformers/@huggingface/transformers/dist" \
        --transformers-onnxruntime "$transformers/onnxruntime-web/dist"
    note "JSON: $BENCH_DIR/browser.json"
}
