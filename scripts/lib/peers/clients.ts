/** The clients that others wrote: where each is found, and how it is told what to do. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Browser, type Page } from "../../../test/harness/browser.ts";
import { findChrome } from "../../../test/harness/chrome.ts";

/** A client that does as it is told. */
export interface Driven {
  readonly version: string;
  readonly pings: boolean;
  order(act: "open" | "send" | "ping", text: string): Promise<void>;
  /** What it tells next: `opened SUBPROTOCOL`, `heard TEXT`, `pong DATA`, `closed CODE`. Undefined when it has ended. */
  next(): Promise<string | undefined>;
  end(): Promise<void>;
}

export interface Client {
  readonly name: string;
  /** What to do where it is not installed. */
  readonly missing: string;
  /** Undefined when it is not installed. `web` is the server's: a page has to come from somewhere. */
  start(web: string): Promise<Driven | undefined>;
}

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

const DRIVE = `data:text/javascript,${encodeURIComponent(readFileSync(here("./drive.mjs"), "utf8"))}`;
/** What it tells waits in a stream until it is asked for. */
const IN_PAGE = `(async () => {
  const { drive } = await import(${JSON.stringify(DRIVE)});
  const stream = new ReadableStream({
    start(told) { globalThis.driver = drive(WebSocket, (text) => told.enqueue(text)); },
  });
  globalThis.told = stream.getReader();
})()`;

export const ws: Client = {
  name: "ws",
  missing: "npm install brings it",
  start: async () => {
    const version = found(() => createRequire(import.meta.url)("ws/package.json").version);
    return inProcess(version, true, [process.execPath, here("./drive-node.mjs"), "ws"]);
  },
};

/** Node 20 has it behind a flag. */
const own: Client = {
  name: "Node",
  missing: "", // every Node that the course runs on has it
  start: async () => {
    const flag = "WebSocket" in globalThis ? [] : ["--experimental-websocket"];
    const argv = [process.execPath, "--no-warnings", ...flag, here("./drive-node.mjs"), "own"];
    return inProcess(process.versions.node, false, argv);
  },
};

const python: Client = {
  name: "websockets",
  missing: "pip install websockets, for the python3 on the PATH, brings it",
  start: async () => {
    const ask = ["-c", "import websockets; print(websockets.__version__)"];
    const version = found(() =>
      execFileSync("python3", ask, { encoding: "utf8", stdio: "pipe" }).trim(),
    );
    return inProcess(version, true, ["python3", here("./drive.py")]);
  },
};

const chromium: Client = {
  name: "Chromium",
  missing:
    "On Debian: apt install chromium; CHROME_PATH says where it is, if it is in no usual place",
  start: async (web) => {
    const path = findChrome();
    if (path === undefined) return undefined;
    const browser = new Browser(path);
    const { product } = await browser.send("Browser.getVersion");
    const page = await browser.open(`${web}/healthz`); // a page of its own origin: others may not chat
    await page.run(IN_PAGE);
    return new InPage(browser, page, `${product}`.replace(/^.*\//, ""));
  },
};

export const clients: readonly Client[] = [ws, own, python, chromium];

function inProcess(
  version: string | undefined,
  pings: boolean,
  [program = "", ...args]: readonly string[],
): Driven | undefined {
  if (version === undefined) return undefined;
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  return new InProcess(child, version, pings);
}

/** It ends when we do, since its stdin ends then. */
class InProcess implements Driven {
  readonly version: string;
  readonly pings: boolean;
  readonly #child: ChildProcess;
  readonly #orders: Writable;
  readonly #told: AsyncIterator<string>;

  constructor(child: ChildProcess, version: string, pings: boolean) {
    this.version = version;
    this.pings = pings;
    this.#child = child;
    this.#orders = child.stdin as Writable;
    this.#orders.on("error", () => {}); // it has ended, and next() says so
    this.#told = createInterface({ input: child.stdout as Readable })[Symbol.asyncIterator]();
  }

  async order(...order: [act: string, text: string]): Promise<void> {
    this.#orders.write(`${JSON.stringify(order)}\n`);
  }

  async next(): Promise<string | undefined> {
    const { value, done } = await this.#told.next();
    return done ? undefined : JSON.parse(value);
  }

  async end(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    this.#child.kill();
    await once(this.#child, "exit");
  }
}

class InPage implements Driven {
  readonly version: string;
  readonly pings = false; // a browser's script has none
  readonly #browser: Browser;
  readonly #page: Page;

  constructor(browser: Browser, page: Page, version: string) {
    this.version = version;
    this.#browser = browser;
    this.#page = page;
  }

  async order(act: string, text: string): Promise<void> {
    await this.#page.run(`driver.${act}(${JSON.stringify(text)})`);
  }

  next(): Promise<string> {
    return this.#page.run("told.read().then(({ value }) => value)");
  }

  end(): Promise<void> {
    return this.#browser.close();
  }
}

/** What is asked for; undefined when it is not installed. */
function found(ask: () => string): string | undefined {
  try {
    return ask();
  } catch {
    return undefined; // its answer would be no version, either
  }
}
