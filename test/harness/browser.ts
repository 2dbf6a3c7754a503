/** A Chrome or Chromium without a window: it is driven over a pipe, and no package is needed for that. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { CHROME_ARGS } from "./chrome.ts";
import { eventually } from "./server.ts";
import { Failure } from "./transcript.ts";

const MOST_SHOWN = 1000; // characters of a page, in a report

type Values = Record<string, unknown>;
/** A message of the DevTools protocol: JSON, ended by a zero byte. A `sessionId` says which page it is about. */
interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Values;
  readonly result?: Values;
  readonly error?: { readonly message: string };
}

export class Browser {
  readonly #child: ChildProcess;
  /** A profile of its own, so that whoever runs the tests finds nothing changed in theirs. */
  readonly #profile = mkdtempSync(join(tmpdir(), "chrome-"));
  readonly #waiting = new Map<number, (answer: Message) => void>();
  readonly #pages = new Map<string, Page>();
  readonly #orders: Writable;
  #sent = 0;
  #rest = "";

  /** `path` is what {@link findChrome} has found; it ends when we do, since the pipe is closed then. */
  constructor(path: string, ...args: string[]) {
    const own = ["--headless", "--remote-debugging-pipe", `--user-data-dir=${this.#profile}`];
    this.#child = spawn(path, [...CHROME_ARGS, ...own, ...args], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    const [, , , orders, answers] = this.#child.stdio;
    this.#orders = orders as Writable;
    (answers as Readable).setEncoding("utf8").on("data", (text: string) => this.#hear(text));
    for (const source of [this.#child, this.#orders])
      source.on("error", ({ message }: Error) => this.#over(message));
    this.#child.on("exit", (code) => this.#over(`exit code ${code}`));
  }

  async send(method: string, params: Values = {}, sessionId?: string): Promise<Values> {
    const id = ++this.#sent;
    this.#orders.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    const { result, error } = await new Promise<Message>((done) => this.#waiting.set(id, done));
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  async open(url: string): Promise<Page> {
    const { targetId } = await this.send("Target.createTarget", {
      url: "about:blank",
      newWindow: true,
    });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, sessionId as string);
    this.#pages.set(sessionId as string, page);
    for (const domain of ["Page", "Runtime", "Log", "Performance"])
      await page.send(`${domain}.enable`);
    await page.send("Page.navigate", { url });
    await eventually(() => page.run("document.readyState === 'complete'"), `${url} is there`);
    return page;
  }

  async close(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#orders.destroy();
    await ended;
    rmSync(this.#profile, { recursive: true, maxRetries: 5 }); // Windows lets go of the files a moment later
  }

  /** Nobody waits for an answer any more. */
  #over(why: string): void {
    const error = { message: `the browser has ended (${why})` };
    for (const done of this.#waiting.values()) done({ error });
  }

  #hear(text: string): void {
    const messages = (this.#rest + text).split("\0");
    this.#rest = messages.pop() ?? "";
    for (const each of messages) {
      const message: Message = JSON.parse(each);
      this.#waiting.get(message.id ?? 0)?.(message);
      this.#waiting.delete(message.id ?? 0);
      this.#pages.get(message.sessionId ?? "")?.hear(message);
    }
  }
}

export class Page {
  /** What a page without faults is silent about: errors, warnings, dialogs, and what it prints. */
  readonly complaints: string[] = [];
  readonly #browser: Browser;
  readonly #session: string;

  constructor(browser: Browser, session: string) {
    this.#browser = browser;
    this.#session = session;
  }

  send(method: string, params?: Values): Promise<Values> {
    return this.#browser.send(method, params, this.#session);
  }

  hear({ method = "", params }: Message): void {
    const news = /^(Runtime.consoleAPICalled|Runtime.exceptionThrown|Log.entryAdded)$/;
    if (news.test(method)) this.complaints.push(JSON.stringify(params));
    if (method !== "Page.javascriptDialogOpening") return;
    this.complaints.push(`a dialog: ${params?.message}`);
    void this.send("Page.handleJavaScriptDialog", { accept: false }); // or the page would stand still
  }

  /** What the expression is, in the page; a promise is waited for. */
  async run<T>(expression: string): Promise<T> {
    const how = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", how);
    if (exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return (result as { value: T }).value;
  }

  /** Waits until the page shows the text somewhere. */
  async shows(text: string): Promise<void> {
    const look = () => this.run<string>("document.body.innerText");
    const shown = async () => (await look()).includes(text);
    await eventually(shown, `the page shows ${text}`).catch(async (error: Failure) => {
      throw new Failure(
        error.kind,
        `${error.summary}; it ends in:\n${(await look()).slice(-MOST_SHOWN)}`,
      );
    });
  }

  /** How often the browser has worked out where everything stands. */
  async layouts(): Promise<number> {
    const { metrics } = await this.send("Performance.getMetrics");
    const all = metrics as { name: string; value: number }[];
    return all.find(({ name }) => name === "LayoutCount")?.value ?? Number.NaN;
  }

  /** Opens another tab before it: nobody sees it, and nothing of it is drawn, until {@link reveal}. */
  async hide(): Promise<void> {
    await this.reveal();
    await this.#browser.send("Target.createTarget", { url: "about:blank" });
    await eventually(() => this.run("document.hidden"), "the page is hidden");
  }

  async reveal(): Promise<void> {
    await this.send("Page.bringToFront");
  }

  async close(): Promise<void> {
    await this.send("Page.close");
  }

  /** As from a keyboard: into what has the focus. */
  async type(text: string): Promise<void> {
    await this.send("Input.insertText", { text });
  }

  async press(key: keyof typeof KEYS): Promise<void> {
    const { code, text } = KEYS[key];
    const event = { key, code: key, windowsVirtualKeyCode: code, text };
    for (const type of ["keyDown", "keyUp"])
      await this.send("Input.dispatchKeyEvent", { ...event, type });
  }
}

const KEYS = {
  Tab: { code: 9, text: "" },
  Enter: { code: 13, text: "\r" },
  ArrowDown: { code: 40, text: "" },
} as const;
