//! A browser under WebDriver: one driver and one headless window per test, both gone when the test ends. Chromium, or Firefox
//! where `GECKODRIVER` names its driver.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a state may take to come about: model loading included, on a busy two-core machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A window of a headless browser.
pub(crate) struct Browser {
    client: Client,
    _driver: Driver,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts a driver on a free port and opens a window of this size.
    pub(crate) async fn start(width: u32, height: u32, dark: bool) -> Self {
        Self::start_with(width, height, dark, &[]).await
    }

    /// As [`start`](Self::start), with more flags of the browser.
    pub(crate) async fn start_with(width: u32, height: u32, dark: bool, more: &[&str]) -> Self {
        let profile = tempfile::tempdir().unwrap();
        if let Some(geckodriver) = geckodriver() {
            assert!(more.is_empty(), "flags of Chromium: {more:?}");
            let driver = Driver::start(&geckodriver, "GECKODRIVER");
            let client = driver.connect(firefox(width, height, dark)).await;
            client.set_window_size(width, height).await.unwrap();
            return Self { client, _driver: driver, _profile: profile };
        }
        let driver = Driver::start(&std::env::var("CHROMEDRIVER").unwrap_or("chromedriver".to_owned()), "CHROMEDRIVER");
        let mut args: Vec<String> = flags();
        args.push(format!("--window-size={width},{height}"));
        args.push(format!("--user-data-dir={}", profile.path().display()));
        args.extend(more.iter().map(|&flag| flag.to_owned()));
        if dark {
            args.push("--blink-settings=preferredColorScheme=0".to_owned());
        }
        let mut options = json!({ "args": args });
        if let Ok(chrome) = std::env::var("CHROME") {
            options["binary"] = chrome.into();
        }
        if width < 500 {
            // a window can't be narrower than 500 px; a phone is emulated
            options["mobileEmulation"] =
                json!({ "deviceMetrics": { "width": width, "height": height, "pixelRatio": 2.0 } });
        }
        let mut capabilities = serde_json::Map::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        Self { client: driver.connect(capabilities).await, _driver: driver, _profile: profile }
    }

    /// Opens a page.
    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Runs a function body in the page.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap_or_else(|e| panic!("{script}: {e}"))
    }

    /// Runs an async function body in the page and waits for its value.
    pub(crate) async fn run_async(&self, body: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             (async () => {{ {body} }})().then((value) => done({{ value }}), (error) => done({{ error: String(error) }}));"
        );
        let answer = self.client.execute_async(&script, vec![]).await.unwrap();
        assert!(answer.get("error").is_none(), "{body}: {}", answer["error"]);
        answer["value"].clone()
    }

    /// Waits until an expression is truthy, and returns it.
    pub(crate) async fn until(&self, expression: &str) -> Value {
        let started = Instant::now();
        loop {
            let value = self.run(&format!("return {expression}")).await;
            if !matches!(value, Value::Null | Value::Bool(false)) && value != "" {
                return value;
            }
            assert!(started.elapsed() < PATIENCE, "not true within {PATIENCE:?}: {expression}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Types real key strokes into whatever has the focus.
    pub(crate) async fn keys(&self, text: &str) {
        let actions = text.chars().fold(KeyActions::new("keyboard".to_owned()), |actions, key| {
            actions.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key })
        });
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Calls a method of the browser's own protocol.
    pub(crate) async fn devtools(&self, method: &'static str) {
        self.client.issue_cmd(DevTools(method)).await.unwrap_or_else(|e| panic!("{method}: {e}"));
    }

    /// Saves what the window shows as `target/screenshots/NAME.png`; what Firefox shows as `firefox-NAME.png`.
    pub(crate) async fn screenshot(&self, name: &str) {
        let folder = screenshots();
        let browser = if geckodriver().is_some() { "firefox-" } else { "" };
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{browser}{name}.png")), self.client.screenshot().await.unwrap()).unwrap();
    }

    /// Closes the window.
    pub(crate) async fn close(self) {
        self.client.clone().close().await.unwrap();
    }
}

/// chromedriver's way to Chromium's DevTools protocol.
#[derive(Debug)]
struct DevTools(&'static str);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base_url: &url::Url, session_id: Option<&str>) -> Result<url::Url, url::ParseError> {
        base_url.join(&format!("session/{}/goog/cdp/execute", session_id.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "cmd": self.0, "params": {} }).to_string()))
    }
}

/// A driver on a port of its own, gone with the value; the browser is its child and ends with it.
struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    /// Starts a driver on a free port; `variable` is the one that names it.
    fn start(program: &str, variable: &str) -> Self {
        let mut process =
            Command::new(program).arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap_or_else(
                |e| panic!("{program} can't be started ({e}). Run ./build.sh setup, or set {variable}"),
            );
        let port = port_of(&mut process);
        Self { process, port }
    }

    /// Opens a window.
    async fn connect(&self, capabilities: serde_json::Map<String, Value>) -> Client {
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", self.port))
            .await
            .expect("the driver opens a window");
        let timeouts = fantoccini::wd::TimeoutConfiguration::new(Some(Duration::from_secs(600)), None, None);
        client.update_timeouts(timeouts).await.unwrap();
        client
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The driver of Firefox, where that is to be tested.
fn geckodriver() -> Option<String> {
    std::env::var("GECKODRIVER").ok()
}

/// What Firefox is started with.
fn firefox(width: u32, height: u32, dark: bool) -> serde_json::Map<String, Value> {
    let mut options = json!({
        "args": ["-headless", format!("--width={width}"), format!("--height={height}")],
        "prefs": {
            "layout.css.prefers-color-scheme.content-override": i32::from(!dark), // 0 is dark
            "network.captive-portal-service.enabled": false,
            "network.connectivity-service.enabled": false,
        },
    });
    if let Ok(binary) = std::env::var("FIREFOX") {
        options["binary"] = binary.into();
    }
    let mut capabilities = serde_json::Map::new();
    capabilities.insert("moz:firefoxOptions".to_owned(), options);
    capabilities
}

/// Flags of the headless browser, those that wasm-pack uses.
fn flags() -> Vec<String> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/webdriver.json");
    let json: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    serde_json::from_value(json["goog:chromeOptions"]["args"].clone()).unwrap()
}

/// A driver says on which port it listens: `… started successfully on port 4444.`, `… Listening on 127.0.0.1:4444`.
fn port_of(driver: &mut Child) -> u16 {
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
    let says = |line: &String| line.contains("started successfully on port") || line.contains("Listening on");
    let said = lines.find(says);
    std::thread::spawn(move || lines.for_each(drop)); // geckodriver ends when nobody listens any more
    let port = said.as_deref().and_then(|line| line.rsplit([' ', ':']).next()?.trim_end_matches('.').parse().ok());
    port.expect("the driver names its port")
}

fn screenshots() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/target").into(), PathBuf::from);
    target.join("screenshots")
}
