/** What the user sees and may do: the menu and its modes, between the screen and the link. */
import { encode } from "../lines.ts";
import { TaskGroup } from "../tasks.ts";
import type { Link } from "./link.ts";
import type { Screen } from "./screen.ts";

/** `command` is what it sends. A server of a chapter before `since` takes that for text, and says it to all. */
type Entry = readonly [key: string, text: string, since?: number, command?: RegExp];

const ENTRIES: readonly Entry[] = [
  ["1", "public chat"],
  ["2", "private chat", 6, /^to\|/],
  ["3", "change name", 5, /^rename\|/],
  ["4", "who is online", 4, /^who$/],
  ["0", "quit"],
];

/** `[ADDR]NAME:TEXT`, where NAME is ADDR until a rename. */
const FRAME = /^(\[(.+?)\])(\2|[^:[\]\s]+)(:.*)$/s;

const LINGER_MS = 1000;

type Mode = "menu" | "public" | "pick" | "private" | "rename";

export class Chat {
  readonly #link: Link;
  readonly #screen: Screen;
  #mode: Mode = "menu";
  #name: string;
  /** Whom the private chat is with. */
  #partner = "";
  /** The names that the list showed, in its order. */
  #listed: string[] = [];
  /** The chapter that the server is from: 4 for v04. */
  #chapter: number;

  /** Takes `name` as soon as it is connected, unless `name` is empty. */
  constructor(link: Link, screen: Screen, name: string, chapter = 9) {
    this.#link = link;
    this.#screen = screen;
    this.#name = name;
    this.#chapter = chapter;
  }

  /** Until the user quits, or the server says goodbye. */
  async run(): Promise<void> {
    const tasks = new TaskGroup();
    this.#takeName();
    this.#enter("menu");
    tasks.go("network", () => this.#hear());
    tasks.go("keyboard", () => this.#type());
    await tasks.wait();
  }

  /** The network task. */
  async #hear(): Promise<void> {
    for await (const news of this.#link.news()) {
      if (news.kind === "line") this.#heard(news.line);
      else if (news.kind === "lost")
        this.#screen.print(`the server is gone; next try in ${news.wait} s`);
      else {
        this.#screen.print("the server is back");
        this.#takeName();
      }
    }
    this.#screen.close();
  }

  /** The keyboard task. */
  async #type(): Promise<void> {
    for await (const line of this.#screen.lines()) {
      if (line === "quit" || (line === "0" && this.#mode === "menu")) break;
      this.#typed(line);
    }
    this.#link.quit(LINGER_MS);
    this.#screen.close();
  }

  #heard(line: string): void {
    const [, addr = "", , name = "", text = ""] = FRAME.exec(line) ?? [];
    if (name === "") this.#screen.print(line);
    else if (text === ":online..." && this.#mode === "pick") {
      this.#screen.print(`${this.#listed.push(name)}  ${this.#screen.coloured(name)}`);
    } else this.#screen.print(`${addr}${this.#screen.coloured(name)}${text}`);
    if (line.startsWith("you are now ")) {
      this.#name = line.slice("you are now ".length);
      if (this.#mode === "rename") this.#enter("menu");
    }
    this.#learn(text.slice(1));
  }

  /** A server that says a command to all does not know it. We cannot try a command without the others hearing it. */
  #learn(said: string): void {
    for (const [, text, since = 0, command] of ENTRIES) {
      if (!command?.test(said) || since > this.#chapter) continue;
      this.#chapter = since - 1;
      this.#screen.print(`${text}: this server has none, and has said it to all`);
      if (this.#mode !== "public") this.#enter("menu");
    }
  }

  #typed(line: string): void {
    if (line === "exit" && this.#mode !== "menu") this.#enter("menu");
    else if (this.#mode === "menu") this.#choose(line);
    else if (line === "") this.#enter(this.#mode);
    else if (this.#mode === "public") void this.#send(line);
    else if (this.#mode === "private") void this.#send(`to|${this.#partner}|${line}`);
    else if (this.#mode === "rename") void this.#send(`rename|${line}`);
    else this.#pick(this.#listed[Number(line) - 1] ?? line);
  }

  #pick(partner: string): void {
    if (partner.includes("|")) {
      this.#screen.print(
        `no private chat with "${partner}": on the wire the bar would end the name`,
      );
      return;
    }
    this.#partner = partner;
    this.#enter("private");
  }

  #choose(key: string): void {
    const [, text, since = 0] = ENTRIES.find((entry) => entry[0] === key) ?? [];
    if (since > this.#chapter) this.#screen.print(`${text}: this server has none`);
    else if (key === "1") this.#enter("public");
    else if (key === "2") {
      this.#listed = [];
      this.#enter("pick");
      void this.#send("who");
    } else if (key === "3") this.#enter("rename");
    else if (key === "4") void this.#send("who");
    else {
      if (key !== "") this.#screen.print(`"${key}" is not on the menu:`);
      this.#enter("menu");
    }
  }

  #enter(mode: Mode): void {
    this.#mode = mode;
    if (mode === "menu") this.#screen.print(this.#menu());
    const prompts = {
      menu: "0-4",
      public: "to all",
      pick: "number or name",
      private: `to ${this.#partner}`,
      rename: "new name",
    };
    this.#screen.ask(prompts[mode]);
  }

  #menu(): string {
    const entries = ENTRIES.map(([key, text, since = 0]) =>
      since > this.#chapter ? `${key} ${text} (this server has none)` : `${key} ${text}`,
    );
    return `${entries.join("   ")}\n"exit" leads back here`;
  }

  async #send(line: string): Promise<void> {
    const sent = await this.#link.send(encode(line));
    if (!sent) this.#screen.print(`not sent, the server is gone: ${line}`);
  }

  #takeName(): void {
    if (this.#name !== "" && this.#chapter >= 5) void this.#send(`rename|${this.#name}`);
  }
}
