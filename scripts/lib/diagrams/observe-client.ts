/** Watches the terminal client: its two tasks, and the screen and the link between which they stand. */
import type { Socket } from "node:net";
import { type Class, Observer } from "./observe.ts";

/** The only user there is: what is typed comes from there, what is printed goes there. */
const SCREEN = "Screen alice";

/** What the link hands out; see link.ts of the chapter. */
interface News {
  readonly kind: "line" | "lost" | "back";
  readonly wait?: number;
}

export class ClientObserver extends Observer {
  protected readonly main = "main";
  #socket: Socket | undefined;
  /** A socket that is made now is the link's. */
  #connecting = false;
  #waiting = false;
  #quit = false;
  #over = false;
  #closed = false;
  #state = "[*]";
  /** What the link's next step will come of. */
  #why = "";
  #lastLine = "";

  async watch(folder: string): Promise<void> {
    const { TaskGroup } = await this.load(folder, "tasks.ts");
    const { Screen } = await this.load(folder, "screen.ts");
    const { Link } = await this.load(folder, "link.ts");
    if (TaskGroup) this.watchTasks(TaskGroup);
    if (Screen) this.#watchScreen(Screen);
    if (Link) this.#watchLink(Link);
    this.#watchSocket();
  }

  #watchScreen(Screen: Class): void {
    const observer = this;
    for (const [name, end] of [
      ["print", ""],
      ["ask", ">"],
    ] as const) {
      this.wrap(
        Screen,
        name,
        (method) =>
          function (this: object, text: unknown) {
            observer.note({
              from: observer.actor,
              to: SCREEN,
              kind: "text",
              text: `${text}${end}`,
            });
            return method.call(this, text);
          },
      );
    }
    this.wrap(
      Screen,
      "lines",
      (lines) =>
        async function* (this: object) {
          const to = observer.actor;
          observer.waitsFor("screen");
          for await (const text of lines.call(this) as AsyncGenerator<string>) {
            observer.note({ from: SCREEN, to, kind: "bytes", text });
            yield text;
          }
          observer.waitsFor("screen ended");
          observer.note({ from: SCREEN, to, kind: "control", text: "no more lines" });
        },
    );
    this.wrap(
      Screen,
      "close",
      (close) =>
        function (this: object) {
          const from = observer.actor;
          if (!observer.#closed)
            observer.note({ from, to: SCREEN, kind: "control", text: "close" });
          observer.#closed = true;
          return close.call(this);
        },
    );
  }

  #watchLink(Link: Class): void {
    const observer = this;
    this.wrap(
      Link,
      "connect",
      (connect) =>
        async function (this: object) {
          const first = observer.#socket === undefined;
          observer.#connecting = true;
          const attempt = connect.call(this);
          observer.#connecting = false;
          observer.#waiting = false;
          observer.#moved(first ? "main: connect" : "the wait is over");
          await observer.#attempted(attempt, first);
        },
    );
    this.wrap(
      Link,
      "send",
      (send) =>
        async function (this: object, text: unknown) {
          const from = observer.actor;
          observer.note({ from, to: "Link", kind: "message", text: `send ${`${text}`.trimEnd()}` });
          const sent = await send.call(this, text);
          if (!sent) observer.note({ from: "Link", to: from, kind: "control", text: "false" });
          return sent;
        },
    );
    this.wrap(
      Link,
      "quit",
      (quit) =>
        function (this: object, ...args: unknown[]) {
          const from = observer.actor;
          if (!observer.#quit) observer.note({ from, to: "Link", kind: "control", text: "quit" });
          observer.#quit = true;
          if (observer.#waiting) observer.#why = `${from}: quit`;
          const result = quit.apply(this, args);
          observer.#moved(`${from}: quit`);
          return result;
        },
    );
    this.#watchNews(Link);
  }

  #watchNews(Link: Class): void {
    const observer = this;
    this.wrap(
      Link,
      "news",
      (news) =>
        async function* (this: object) {
          const to = observer.actor;
          observer.waitsFor("link");
          for await (const each of news.call(this) as AsyncGenerator<News>) {
            const { kind, wait } = each;
            const text = { line: "a line", lost: `lost, next try in ${wait} s`, back: "back" }[
              kind
            ];
            observer.note({ from: "Link", to, kind: "message", text });
            observer.#waiting = kind === "lost";
            observer.#moved(observer.#why);
            yield each;
          }
          observer.#over = true;
          observer.waitsFor("link ended");
          observer.note({ from: "Link", to, kind: "control", text: "no more news" });
          observer.#moved(observer.#why);
        },
    );
  }

  async #attempted(attempt: unknown, first: boolean): Promise<void> {
    const step = { from: "Link", to: "server" };
    try {
      await attempt;
      this.note({ ...step, kind: "bytes", text: "connects" });
      this.#moved("the server accepts");
    } catch (error) {
      this.note({ ...step, kind: "control", text: "connects, and nobody is there" });
      this.#why = "nobody is there";
      this.#over = first;
      if (first) this.#moved(this.#why);
      throw error;
    }
  }

  #watchSocket(): void {
    const observer = this;
    this.wrapSocket(
      "on",
      (on) =>
        function (this: object, ...args: unknown[]) {
          if (observer.#connecting) observer.#socket = this as Socket;
          return on.apply(this, args);
        },
    );
    this.wrapSocket(
      "iterator",
      (iterator) =>
        function (this: object, ...args: unknown[]) {
          const chunks = iterator.apply(this, args) as AsyncIterable<Buffer>;
          return observer.#socket === this ? observer.#read(chunks) : chunks;
        },
    );
    const step = { from: "Link", to: "server" };
    this.wrapSocket(
      "write",
      (write) =>
        function (this: object, ...args: unknown[]) {
          const text = `${args[0]}`.trimEnd();
          if (observer.#socket === this && text !== "")
            observer.note({ ...step, kind: "bytes", text });
          return write.apply(this, args);
        },
    );
    this.wrapSocket(
      "end",
      (end) =>
        function (this: object, ...args: unknown[]) {
          const { readableEnded, writableEnded } = this as Socket;
          // Where the server has ended, Node ends our side by itself.
          if (observer.#socket === this && !readableEnded && !writableEnded)
            observer.note({ ...step, kind: "control", text: "ends its side" });
          return end.apply(this, args);
        },
    );
  }

  async *#read(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const step = { from: "server", to: "Link" };
    for await (const chunk of chunks) {
      const text = chunk.toString().trimEnd();
      this.#lastLine = text.split("\n").at(-1) ?? "";
      this.note({ ...step, kind: "bytes", text });
      yield chunk;
    }
    this.note({ ...step, kind: "control", text: "ends its side" });
    this.#why = this.#quit ? "the server ends its side" : `last words: ${this.#lastLine}`;
    this.#moved("the server ends its side");
  }

  #moved(by: string): void {
    this.events += 1;
    const state = this.#stateNow();
    if (state === this.#state) return;
    this.moves.push({ addr: "", from: this.#state, to: state, by });
    this.#state = state;
  }

  #stateNow(): string {
    if (this.#over) return "over";
    if (this.#waiting) return "waiting";
    const state = this.#socket?.readyState;
    if (state === "opening") return "connecting";
    if (state === "open") return "connected";
    return this.#quit ? "quitting" : "lost";
  }
}
