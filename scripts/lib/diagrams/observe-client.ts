/** Watches the terminal client: its two tasks, and the screen and the link between which they stand. */
import { Socket } from "node:net";
import { type Class, load } from "./load.ts";
import { linesOf, Observer } from "./observe.ts";

/** The only user there is: what is typed comes from there, what is printed goes there. */
const SCREEN = "Screen alice";

/** What the link hands out; see link.ts of the chapter. */
type News =
  | { readonly kind: "line"; readonly line: string }
  | { readonly kind: "lost"; readonly wait: number }
  | { readonly kind: "back" };

export class ClientObserver extends Observer {
  protected readonly watched = "client";
  /** The link's, of its last try. */
  #socket: Socket | undefined;
  #waiting = false;
  #quit = false;
  #over = false;
  #closed = false;
  #state = "[*]";
  /** What the link's next step will come of. */
  #why = "";
  #lastLine = "";

  async watch(folder: string): Promise<void> {
    const { TaskGroup, Screen, Link } = await load(
      folder,
      "tasks.ts",
      "client/screen.ts",
      "client/link.ts",
    );
    this.tapTasks(TaskGroup);
    this.#tapScreen(Screen);
    this.#tapLink(Link);
    this.#tapSocket();
  }

  #tapScreen(Screen: Class<object>): void {
    const prints = (text: string) => this.note({ to: SCREEN, kind: "text", text });
    this.tap(Screen, "print", { before: (_, [text]) => prints(`${text}`) });
    this.tap(Screen, "ask", { before: (_, [prompt]) => prints(`${prompt}>`) });
    this.tap(Screen, "lines", {
      before: () => this.waitsFor("screen"),
      each: (_, line) => this.note({ from: SCREEN, to: this.actor, kind: "line", text: `${line}` }),
      after: () => {
        this.waitsFor("screen ended");
        this.tell(this.actor, "no more lines", SCREEN);
      },
    });
    this.tap(Screen, "close", {
      before: () => {
        if (!this.#closed) this.tell(SCREEN, "close");
        this.#closed = true;
      },
    });
  }

  #tapLink(Link: Class<object>): void {
    this.tap(Link, "connect", { after: (_, attempt) => this.#connects(attempt) });
    this.tap(Link, "send", {
      before: (_, [bytes]) =>
        this.note({ to: "Link", kind: "message", text: `send ${linesOf(bytes)}` }),
      after: async (_, sent) => {
        if (!(await sent)) this.tell(this.actor, "false", "Link");
      },
    });
    this.tap(Link, "quit", {
      before: () => {
        if (!this.#quit) this.tell("Link", "quit");
        this.#quit = true;
        if (this.#waiting) this.#why = `${this.actor}: quit`;
      },
      after: () => this.#moved(`${this.actor}: quit`),
    });
    this.tap(Link, "news", {
      before: () => this.waitsFor("link"),
      each: (_, news) => this.#hears(news as News),
      after: () => this.#hearsNoMore(),
    });
  }

  /** The only sockets that are made on the stage are the link's. */
  #tapSocket(): void {
    this.tap(Socket, "connect", {
      before: (socket) => {
        this.#socket = socket;
      },
    });
    this.tap(Socket, "write", {
      before: (_, [bytes]) => {
        const text = linesOf(bytes);
        if (text !== "") this.note({ from: "Link", to: "server", kind: "line", text });
      },
    });
    this.tap(Socket, "end", {
      before: ({ readableEnded, writableEnded }) => {
        // Where the server has ended, Node ends our side by itself.
        if (!readableEnded && !writableEnded) this.tell("server", "ends its side", "Link");
      },
    });
    this.tap(Socket, "iterator", { after: () => this.#serverEnds() });
  }

  async #connects(attempt: unknown): Promise<void> {
    const first = this.#state === "[*]";
    this.#waiting = false;
    this.#moved(first ? "main: connect" : "the wait is over");
    try {
      await attempt;
      this.note({ from: "Link", to: "server", kind: "line", text: "connects" });
      this.#moved("the server accepts");
    } catch {
      // The link says so itself to whoever called it.
      this.tell("server", "connects, and nobody is there", "Link");
      this.#why = "nobody is there";
      this.#over = first;
      if (first) this.#moved(this.#why);
    }
  }

  #hears(news: News): void {
    const from = "Link";
    if (news.kind === "line") {
      this.#lastLine = news.line;
      this.note({ from: "server", to: from, kind: "line", text: news.line });
    }
    const text = {
      line: "a line",
      lost: `lost, next try in ${"wait" in news && news.wait} s`,
      back: "back",
    }[news.kind];
    this.note({ from, to: this.actor, kind: "message", text });
    this.#waiting = news.kind === "lost";
    this.#moved(this.#why);
  }

  #hearsNoMore(): void {
    this.#over = true;
    this.waitsFor("link ended");
    this.tell(this.actor, "no more news", "Link");
    this.#moved(this.#why);
  }

  #serverEnds(): void {
    this.tell("Link", "ends its side", "server");
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
