# shellcheck shell=bash
# Lighthouse on the demo's page, as a visitor with a phone and as one with a desktop meets it: performance, accessibility and best
# practices, each of 100 points.

LIGHTHOUSE_VERSION=13.5.0
# Of each category at least.
LIGHTHOUSE_LEAST=95
LIGHTHOUSE_PORT=8137

ensure_lighthouse() {
    local folder=$CACHE/lighthouse-$LIGHTHOUSE_VERSION
    ensure_node
    LIGHTHOUSE=$folder/node_modules/.bin/lighthouse
    [[ -x $LIGHTHOUSE ]] && return
    step "lighthouse $LIGHTHOUSE_VERSION by npm" lighthouse "check that 'npm install lighthouse@$LIGHTHOUSE_VERSION' works by hand" \
        npm_tool "$folder" "lighthouse@$LIGHTHOUSE_VERSION"
}

# lighthouse_report FORM: writes target/lighthouse-FORM.json.
lighthouse_report() {
    local -a options=(--quiet --output=json --output-path="$TARGET/lighthouse-$1.json" --only-categories=performance,accessibility,best-practices
        --chrome-flags="--headless --no-sandbox --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync")
    [[ $1 != desktop ]] || options+=(--preset=desktop)
    CHROME_PATH=$CHROME "$LIGHTHOUSE" "http://127.0.0.1:$LIGHTHOUSE_PORT/" "${options[@]}"
}

# Prints the points of a report, and what cost some; fails when a category has too few.
print_lighthouse() {
    node -e 'const [file, form, least] = process.argv.slice(1);
        const { categories, audits } = JSON.parse(require("fs").readFileSync(file));
        const points = Object.values(categories).map(({ title, score }) => [title, Math.round(100 * score)]);
        console.log(`  ${form.padEnd(8)} ${points.map(([title, n]) => `${title} ${n}`).join(", ")}`);
        const lost = Object.values(categories).flatMap(({ auditRefs }) => auditRefs.filter(({ id, weight }) => weight && audits[id].score < 0.995));
        for (const { id } of lost) console.log(`             ${audits[id].title}: ${audits[id].displayValue ?? audits[id].score}`);
        process.exit(points.every(([, n]) => n >= Number(least)) ? 0 : 1);' "$TARGET/lighthouse-$1.json" "$1" "$LIGHTHOUSE_LEAST"
}

# verb: lighthouse
run_lighthouse() {
    local form server failed=''
    set_up_build
    ensure_browser
    ensure_lighthouse
    heading "The browser's half"
    build_wasm
    heading "The demo"
    make_demo
    "$SITESEER" serve "$DEMO" --port "$LIGHTHOUSE_PORT" >"$LOGS/lighthouse-serve.log" 2>&1 &
    server=$!
    # shellcheck disable=SC2064 # that server
    trap "kill $server 2>/dev/null; stop_ticker" EXIT
    for form in phone desktop; do
        step "Lighthouse $LIGHTHOUSE_VERSION, $form" "lighthouse-$form" "read the log" lighthouse_report "$form"
    done
    heading "Points, $LIGHTHOUSE_LEAST at least"
    for form in phone desktop; do print_lighthouse "$form" || failed=1; done
    [[ ! $failed ]] || die "a category is below $LIGHTHOUSE_LEAST." "Reports: $TARGET/lighthouse-*.json, for https://googlechrome.github.io/lighthouse/viewer/"
}
