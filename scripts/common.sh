# shellcheck shell=bash
# What every verb shares: folders, messages, and the step runner that times a step, keeps its log and says what to do
# when it fails. Sourced by build.sh; defines functions and variables only.

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE=${SITESEER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}}/siteseer

# cargo reads a relative CARGO_TARGET_DIR from the folder it is called in; everything here runs in $ROOT.
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
case $TARGET in /*) ;; *) TARGET=$PWD/$TARGET ;; esac
export CARGO_TARGET_DIR=$TARGET
LOGS=$TARGET/build-logs

# Plain lines for logs and CI; a ticking line and bold headings for a person at a terminal.
if [[ -t 1 && -z ${CI:-} && ${TERM:-dumb} != dumb ]]; then
    FANCY=1 BOLD=$'\e[1m' RED=$'\e[31m' DIM=$'\e[2m' PLAIN=$'\e[0m'
else
    FANCY='' BOLD='' RED='' DIM='' PLAIN=''
fi

say() { printf '%s\n' "$*"; }
heading() { printf '\n%s%s%s\n' "$BOLD" "$*" "$PLAIN"; }
note() { printf '  %s\n' "$*"; }

# die MESSAGE [WHAT TO DO…]: one line for the fault, one for each next step.
die() {
    printf '\n%serror:%s %s\n' "$RED" "$PLAIN" "$1" >&2
    shift
    local line
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Milliseconds on a clock that runs while the script does; `seconds_since START` prints "12.3".
now_ms() {
    local t=${EPOCHREALTIME:-}
    if [[ -n $t ]]; then
        t=${t/[.,]/}
        printf '%s' "$((t / 1000))"
    else
        printf '%s000' "$(date +%s)" # bash before 5.0, as on macOS
    fi
}
seconds_since() {
    local ms=$(($(now_ms) - $1))
    printf '%d.%d' "$((ms / 1000))" "$((ms % 1000 / 100))"
}

# version_at_least HAVE WANT: dotted numbers compared field by field ("1.100.0" is at least "1.95").
version_at_least() {
    local -a have_parts want_parts
    IFS=.- read -r -a have_parts <<<"$1"
    IFS=.- read -r -a want_parts <<<"$2"
    local i h w
    for i in 0 1 2; do
        h=${have_parts[i]:-0} w=${want_parts[i]:-0}
        h=${h//[!0-9]/} w=${w//[!0-9]/}
        ((10#${h:-0} > 10#${w:-0})) && return 0
        ((10#${h:-0} < 10#${w:-0})) && return 1
    done
    return 0
}

# limited SECONDS COMMAND…: with a time limit where the system has `timeout` (macOS has not).
limited() {
    if have timeout; then timeout "$@"; else
        shift
        "$@"
    fi
}

TICKER= # process that keeps the line of the running step alive
stop_ticker() {
    [[ $TICKER ]] || return 0
    kill "$TICKER" 2>/dev/null || true
    wait "$TICKER" 2>/dev/null || true
    TICKER=
    printf '\r\e[K'
}
trap stop_ticker EXIT # also when the person interrupts

# step TITLE LOG HINT COMMAND…: runs COMMAND with its output in $LOGS/LOG.log and prints the seconds it took. On failure
# shows the end of the log, where the rest is, and HINT. Never call it in a condition: bash would drop `set -e` inside.
step() {
    local title=$1 log=$LOGS/$2.log hint=$3 start status
    shift 3
    mkdir -p "$LOGS"
    start=$(now_ms)
    if [[ $FANCY ]]; then
        (while :; do
            printf '\r  %s … %s%s s%s' "$title" "$DIM" "$(seconds_since "$start")" "$PLAIN"
            sleep 1
        done) &
        TICKER=$!
    else
        printf '  %s …\n' "$title"
    fi
    set +e
    (
        set -Eeuo pipefail
        "$@"
    ) >"$log" 2>&1 </dev/null
    status=$?
    set -e
    stop_ticker
    if ((status != 0)); then
        printf '\n%sfailed:%s %s (exit %d after %s s). The end of %s:\n' \
            "$RED" "$PLAIN" "$title" "$status" "$(seconds_since "$start")" "$log" >&2
        tail -n 25 "$log" | sed 's/^/    | /' >&2
        die "step failed: $title" "log: $log" "what to do: $hint"
    fi
    printf '  %s: %s s\n' "$title" "$(seconds_since "$start")"
}

# as_root COMMAND…: as it is when root, through sudo otherwise. can_be_root says beforehand whether that can work.
can_be_root() { [[ $(id -u) == 0 ]] || have sudo; }
as_root() {
    if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi
}

have_apt() { have apt-get && have dpkg-query; }
apt_has() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

install_packages() {
    as_root apt-get update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# apt_install WHY PACKAGE…: installs the packages that are missing. Where there is no apt or no root, says what is needed.
apt_install() {
    local why=$1 package missing=()
    shift
    for package in "$@"; do apt_has "$package" || missing+=("$package"); done
    ((${#missing[@]})) || return 0
    have_apt || die "$why is missing, and this is not a Debian-like system that the script could install it on." \
        "Install it by hand (on Debian: ${missing[*]}) and run the same command again."
    can_be_root || die "$why is missing, and installing it needs root." \
        "Run as root: apt-get install ${missing[*]}"
    [[ $(id -u) == 0 ]] || sudo -v # ask for the password before the output goes to a log
    step "apt: ${missing[*]} ($why)" "apt-${missing[0]}" \
        "run 'apt-get update && apt-get install ${missing[*]}' by hand and read what it says" \
        install_packages "${missing[@]}"
}

# locked_version CRATE: the version that Cargo.lock pins.
locked_version() {
    awk -v want="name = \"$1\"" '$0 == want { getline; gsub(/[^0-9.]/, ""); print; exit }' "$ROOT/Cargo.lock"
}

# size_of FILE…: bytes in all. tree_size FOLDER: bytes of all files under it.
size_of() { cat -- "$@" | wc -c | tr -d ' '; }
tree_size() { find "$1" -type f -exec cat {} + | wc -c | tr -d ' '; }
human() { awk -v n="$1" 'BEGIN { if (n < 1e4) printf "%d B", n; else if (n < 1e6) printf "%.1f kB", n / 1e3; else printf "%.1f MB", n / 1e6 }'; }
