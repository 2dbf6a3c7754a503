/** What a user can do: the business logic, apart from the sockets below and the server above. */
import type { Connection } from "./connection.ts";
import { MOST_LINES } from "./history.ts";
import type { Line, Why } from "./lines.ts";
import type { Login } from "./login.ts";
import { isName, NAME_RULE } from "./names.ts";
import type { Room } from "./room.ts";
import type { Hello } from "./wire.ts";

let users = 0;

export class User {
  readonly id = ++users;
  name: string;
  readonly connection: Connection;
  isProved = false;
  device = "";
  readonly #room: Room;
  /** The number of the last line that it heard before it came back. */
  #after = 0;

  constructor(connection: Connection, room: Room) {
    this.name = connection.addr;
    this.connection = connection;
    this.#room = room;
  }

  /** Its first line is its login. False if that is refused: then it has been told why. */
  async login(first: Line | Hello, login: Login): Promise<boolean> {
    const hello = typeof first === "string" ? helloIn(first) : first;
    if (typeof hello !== "object") {
      this.refuse("bad token", "log in first: login|name|token");
      return false;
    }
    const why = await this.#claim(hello, login);
    if (why) this.refuse(why);
    else this.connection.welcome(this.name);
    return why === undefined;
  }

  async #claim(hello: Hello, login: Login): Promise<Why | undefined> {
    const { name, device, after } = hello;
    const isNamed = login.needed || name !== "";
    if (isNamed && !isName(name)) return "bad name";
    const why = await login.check(hello, this.connection.addr);
    if (why) return why;
    if (this.connection.isLeaving || this.connection.isGone) return "too late"; // gone meanwhile: no name for it
    const { here, there } = this.#room.reach(name);
    const [other] = [...here, ...there];
    if (login.needed && other && other.name !== name) return "bad name"; // another user's name that counts as the same
    if (!login.needed && isNamed && !(await this.#room.rename(this, name))) return "bad name";
    if (isNamed) this.name = name;
    this.isProved = login.needed;
    this.device = device;
    this.#after = after;
    return undefined;
  }

  refuse(why: Why, text = `login refused: ${why}`): void {
    this.connection.isLeaving = true;
    this.connection.close(undefined, text, why);
  }

  async online(): Promise<void> {
    const gone = () => this.connection.isGone;
    const missed =
      this.#after > 0 ? await this.#room.history?.missed(this.#after, gone) : undefined;
    await this.#room.join(this, missed);
  }

  async offline(): Promise<void> {
    await this.#room.leave(this, this.connection.ending);
  }

  /** To this user alone. */
  sendMsg(text: string): void {
    this.connection.say(text);
  }

  /** One line that this user typed. */
  async doMessage(line: string): Promise<void> {
    if (!this.#room.online.has(this)) return; // gone: what it still sends is not executed
    if (line === "quit" || line === "exit") await this.quit();
    else if (line === "who" || line === "who online") this.who();
    else if (line.startsWith("rename|")) await this.rename(line.slice("rename|".length));
    else if (line.startsWith("login|")) this.sendMsg("no login is needed here");
    else if (line.startsWith("to|")) await this.tell(line);
    else if (line.startsWith("history|")) await this.history(line);
    else if (line !== "") await this.#room.broadcast(this, line);
  }

  who(): void {
    const lines = this.#room.everybody.map(({ name, addr }) => `[${addr}]${name}:online...`);
    this.sendMsg(lines.join("\n"));
  }

  async rename(name: string): Promise<void> {
    if (this.isProved) {
      this.sendMsg("your token says who you are");
    } else if (!isName(name)) {
      this.sendMsg(`invalid name: ${NAME_RULE}`);
    } else if (!(await this.#room.rename(this, name))) {
      this.sendMsg(`name ${name} is taken`);
    } else {
      this.sendMsg(`you are now ${name}`);
    }
  }

  /** `to|name|text`; the text may hold a `|` itself. */
  async tell(line: string): Promise<void> {
    const [, name, text] = /^to\|([^|]+)\|(.*)$/s.exec(line) ?? [];
    const devices = this.#room.reach(name ?? "");
    if (text === undefined) this.sendMsg("usage: to|name|text");
    else if (devices.here.size + devices.there.length === 0) this.sendMsg(`no user named ${name}`);
    else if (text === "") this.sendMsg("nothing to send");
    else await this.#room.tell(this, devices, text);
  }

  /** `history|number` or `history|number|name` */
  async history(line: string): Promise<void> {
    const [, count = "", name] = /^history\|(\d{1,4})(?:\|([^|]+))?$/.exec(line) ?? [];
    const asked = Number(count);
    if (asked < 1 || asked > MOST_LINES)
      return this.sendMsg("usage: history|number or history|number|name");
    const answer = await this.#room.ask(this, asked, name);
    if (answer.length > 0) this.sendMsg(answer.join("\n"));
  }

  /** What was said before still arrives, and then the answer. */
  async quit(): Promise<void> {
    await this.#room.leave(this, "quit", "bye");
  }

  /** The reason is the last thing this user hears; the others hear that it is offline, at once. */
  async kick(reason: string): Promise<void> {
    await this.#room.leave(this, "kick", `you were kicked: ${reason}`);
  }
}

/** `login|name|token` */
function helloIn(line: string): Hello | undefined {
  const [, name = "", token] = /^login\|([^|]+)\|([^|]+)$/.exec(line) ?? [];
  return token === undefined ? undefined : { name, token, device: "", after: 0 };
}
