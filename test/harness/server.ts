/** A server under test: known only by what it says over the wire, and by what it costs. */
import { once } from "node:events";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { Client, type ConnectOptions, patience, type Signs } from "./client.ts";
import { Cluster } from "./cluster.ts";
import { Database } from "./database.ts";
import type { Mood } from "./disk.mjs";
import { hint } from "./hints.ts";
import type { Nats, NatsOptions, Way } from "./nats.ts";
import { type Conditions, DATABASE, NATS, NODE, SECRET, Unreachable, WAY } from "./need.ts";
import { PacketPeer } from "./peer.ts";
import type { Vitals } from "./probe.mjs";
import { Program } from "./program.ts";
import { freePort, ownOptions, type Target } from "./target.ts";
import { secret } from "./token.ts";
import { check, difference, escaped, Failure, timeline } from "./transcript.ts";
import { online, said } from "./wire.ts";

const START_MS = 20_000;
const RETRY_MS = 50;
const CRASH_MS = 500;
/** A newcomer hears its own `online` at once, if it hears it at all; a busy machine may need a moment. */
const INTRODUCED_MS = 2000;
/** As long as a server lets a connection linger, and some more. */
const LEFT_MS = 3000;
/** What a chapter prints when it serves. */
const ANNOUNCED = {
  "listening on HOST:PORT": /listening on \S+:(\d+)/,
  "web on URL": /web on (http:\S+)/,
  "packets on HOST:PORT": /packets on \S+:(\d+)/,
  "node NAME on URL": /node (\S+) on \S+/,
};
const MOST_OUTPUT = 4000; // characters of what the server printed, in a report: a long traceback fits

export class Server {
  /** The chapter it is to keep up with: what is not promised yet is not asked for. */
  readonly chapter: string;
  readonly clients: Client[] = [];
  readonly #target: Target;
  readonly #conditions: Conditions;
  readonly #cluster: Cluster<Server>;
  #program: Program | undefined;
  #database: Promise<Database> | undefined;
  #way: Promise<Way> | undefined;
  #host = "127.0.0.1";
  #port = 0;
  #web = "";
  #packets = 0;
  /** Somebody has been let in, so it does serve. */
  #serves = false;
  #folder = "";
  #signalled = false;

  constructor(
    chapter: string,
    target: Target,
    conditions: Conditions,
    cluster = new Cluster<Server>(),
  ) {
    this.chapter = chapter;
    this.#target = target;
    this.#conditions = conditions;
    this.#cluster = cluster;
    cluster.nodes.push(this);
  }

  /** One more node beside it, from v16 on: with the same options, unless others are given, and with a history of its own. */
  another(conditions: Partial<Conditions> = {}): Server {
    const all = { ...this.#conditions, ...conditions };
    return new Server(this.chapter, this.#target, all, this.#cluster);
  }

  /** What `{node}` among its options stands for: a, b, c … */
  get node(): string {
    return String.fromCharCode(97 + this.#cluster.nodes.indexOf(this));
  }

  /** The one that `{nats}` stands for, for all nodes; it runs, also before they do. Who asks first may say how. */
  nats(options?: NatsOptions): Promise<Nats> {
    return this.#cluster.nats(options);
  }

  /** What `{way}` stands for: its own way to NATS. */
  way(): Promise<Way> {
    this.#way ??= this.nats().then((nats) => nats.way());
    return this.#way;
  }

  /** One connection; nothing is assumed of what it hears first. The first one starts the server. */
  async connect(options: ConnectOptions & { readonly who?: string } = {}): Promise<Client> {
    await this.start();
    const who = options.who ?? this.#cluster.who();
    const { translate } = this.#target;
    const stays = this.#conditions.args?.includes("--idle-timeout") ?? false; // no clock runs before the case says so
    const { wire } = this.#conditions;
    const url = wire === "websocket" && `${await this.web()}/chat`;
    const all = {
      ...{ host: this.#host, stays, from: { localAddress: this.#somewhere() } },
      ...(url && { url }),
      ...(wire === "packets" && { packets: {} }),
      ...(translate && { translate }),
      ...options,
    };
    const port = all.packets ? await this.packets() : this.#port;
    const client = await this.#letIn(() => Client.connect(who, port, all));
    this.clients.push(client);
    if (!this.#target.announces && !options.stalled) await this.#introduce(client);
    return client;
  }

  /** A connection to its port for packets, which has said nothing yet; each from an address of its own, where that can be. */
  async peer(from = this.#somewhere()): Promise<PacketPeer> {
    return PacketPeer.dial(await this.packets(), from);
  }

  /** The words with a number of four digits behind them, another one at each call: nobody can know them by heart. */
  fresh(words: string): string {
    return this.#cluster.fresh(words);
  }

  /** On Linux, all of 127.0.0.0/8 is this machine: clients come from anywhere in it. */
  #somewhere(): string | undefined {
    if (process.platform !== "linux" || this.#target.address) return undefined;
    return this.#cluster.somewhere();
  }

  /**
   * How the server sees the client is told by its own `online`: as `::ffff:127.0.0.1` where it listens
   * on every address, and behind an address translation by another address and port.
   */
  async #introduce(client: Client): Promise<void> {
    if (this.chapter === "v01" || !(await client.hasHeard(INTRODUCED_MS))) return;
    const seen = /^\[(.+)\]\1:/s.exec(client.heard[0] ?? "")?.[1];
    const known = this.clients.some((other) => other !== client && other.addr === seen);
    const elsewhere = this.#target.address !== undefined && !known;
    if (seen !== undefined && (elsewhere || seen === `::ffff:${client.addr}`)) client.calls(seen);
  }

  /** Clients come one after the other; from v02 on, each has heard of itself and of those after it. */
  async join<N extends number = 1>(count?: N): Promise<Users<N>> {
    const users: Client[] = [];
    for (let i = 0; i < (count ?? 1); i++) {
      const user = await this.connect();
      users.push(user);
      if (this.chapter === "v01") await user.sync();
      else for (const each of users) await each.expect(online(user));
    }
    return users as Users<N>;
  }

  /** How a client's own line comes back to it: v01 echoes it, the later ones say whose it is. */
  echo(client: Client, line: string): string {
    return this.chapter === "v01" ? line : said(client, line);
  }

  /** Runs the program to its end; for one that serves instead, this is its end (`code` is null). */
  async run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const options = this.#options(args, { history: "none" });
    const program = new Program(await this.#argv(0, options), { env: this.#target.env?.(0) });
    await program.says(/listening on/, START_MS);
    program.kill();
    await program.closed;
    return program;
  }

  /** Starts it on a free port; {@link connect} does so by itself. Gives the port. */
  async start(): Promise<number> {
    const { address, announces } = this.#target;
    if (this.#port !== 0) return this.#port;
    if (address) {
      this.#host = address.host;
      this.#port = address.port;
      return this.#port;
    }
    const port = announces ? 0 : await freePort();
    const { descriptors } = this.#conditions;
    const args = await this.#args();
    const web = announces ? 0 : await freePort();
    const packets = announces ? 0 : await freePort();
    const options = this.#options(args, { web, packets });
    const program = new Program(await this.#argv(port, options), {
      family: !announces,
      descriptors,
      probe: this.#target.probe,
      env: { ...this.#target.env?.(port), ...this.#environment() },
    });
    this.#program = program;
    void program.closed.then(() => {
      if (!this.#signalled && this.#program === program)
        for (const client of this.clients) client.fail(this.#crash());
    });
    this.#port = announces
      ? Number(await this.#announced(program, "listening on HOST:PORT"))
      : port;
    if (!options.includes("--web-port")) return this.#port;
    this.#web = announces
      ? await this.#announced(program, "web on URL")
      : `http://${this.#host}:${web}`;
    if (!options.includes("--packet-port")) return this.#port;
    this.#packets = announces
      ? Number(await this.#announced(program, "packets on HOST:PORT"))
      : packets;
    if (announces && options.includes("--nats")) await this.#announced(program, "node NAME on URL");
    return this.#port;
  }

  /** The port where it speaks packets, from v15 on. */
  async packets(): Promise<number> {
    await this.start();
    check(this.#packets !== 0, "the server did not open a port for packets");
    return this.#packets;
  }

  /** The one that `{database}` among its options stands for; it runs, also before the server does. */
  database(): Promise<Database> {
    this.#database ??= freePort().then((port) => Database.start(port));
    return this.#database;
  }

  /** Where it answers over HTTP, from v10 on: `http://127.0.0.1:8889`. */
  async web(): Promise<string> {
    await this.start();
    check(this.#web !== "", "the server did not open a port for HTTP");
    if (!this.#target.announces)
      await eventually(() => opens(this.#web), "the server opens its port for HTTP");
    return this.#web;
  }

  /** What it answers to a question over HTTP, from v10 on. */
  async get(path: string): Promise<{ status: number; type: string; text: string }> {
    const url = (await this.web()) + path;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(patience.ms) });
      const { status, headers } = response;
      return { status, type: headers.get("content-type") ?? "", text: await response.text() };
    } catch (error) {
      const { message, cause } = error as Error;
      throw new Failure(
        "mismatch",
        `GET ${path} got no answer: ${(cause as Error)?.message ?? message}`,
      );
    }
  }

  /** Asks the server to end; from now on it may. */
  signal(name: NodeJS.Signals): void {
    if (!this.#target.announces && !this.#program?.direct)
      throw new Unreachable(
        "another program (a shell, go run) started the server, so its exit code cannot be seen",
      );
    this.#signalled = true;
    this.#program?.signal(name);
  }

  /** Where it keeps what is said, from v13 on: a file in a folder of its own. */
  get history(): string {
    return this.file("history.jsonl");
  }

  /** One in that folder; whether it is there is up to the case. */
  file(name: string): string {
    this.#folder ||= mkdtempSync(join(tmpdir(), "chat-history-"));
    return join(this.#folder, name);
  }

  /** Where `{secret}` is among its options. */
  #secret(): string {
    const file = this.file("secret");
    writeFileSync(file, `${secret}\n`, { mode: 0o600 });
    return file;
  }

  /** How its disk is from now on; see disk.mjs. Needs `disk` among the conditions. */
  disk(mood: Mood): void {
    writeFileSync(`${this.#disk}.new`, JSON.stringify(mood));
    renameSync(`${this.#disk}.new`, this.#disk); // never half of it
  }

  /** The last line that is safe, by its number: a sync that covers it has come back. */
  synced(): number {
    return Number(readFileSync(`${this.#disk}.synced`, "utf8").trimEnd().split("\n").at(-1));
  }

  get #disk(): string {
    return join(dirname(this.history), "disk");
  }

  /** Ends it as a loss of power would, if it has not ended by itself. The next client starts it again. */
  async kill(): Promise<void> {
    const program = this.#known();
    this.#program = undefined;
    this.#port = 0;
    this.#serves = false;
    this.#signalled = false;
    program.kill();
    await program.closed;
    this.#judge(program.stderr);
  }

  /** It holds its connections, and does nothing, until it is told to {@link wake}. */
  freeze(): void {
    this.#known().signal("SIGSTOP");
  }

  wake(): void {
    this.#known().signal("SIGCONT");
  }

  /** Waits until the server has ended by itself: its exit code, and the last line it printed. */
  async ended(): Promise<{ code: number | null; last: string }> {
    const program = this.#known();
    await eventually(() => program.end !== undefined, "the server has ended");
    await program.closed; // and all it printed has arrived
    return { code: program.code, last: program.stdout.trimEnd().split("\n").at(-1) ?? "" };
  }

  /** Tries to connect: whether the server does not serve. */
  async refuses(): Promise<boolean> {
    const client = await this.connect().catch(() => undefined);
    if (client === undefined) return true;
    const heard = await client.over();
    return heard.length === 0;
  }

  /** The most memory it has ever held, in MiB. */
  memory(): number {
    return this.#known().memory();
  }

  /** How many descriptors it holds. */
  descriptors(): number {
    return this.#known().descriptors();
  }

  /** The processor time it has used, in seconds. */
  cpu(): number {
    return this.#known().cpu();
  }

  /** What a probed server says of itself. */
  vitals(): Promise<Vitals> {
    return this.#known().vitals();
  }

  /** What it said last. */
  get lastVitals(): Vitals | undefined {
    return this.#known().lastVitals;
  }

  #known(): Program {
    if (!this.#program)
      throw new Error("the case asks for the process of a server it has not started");
    return this.#program;
  }

  /** Where the case says what becomes of the history, we do not. */
  #options(args: readonly string[], { web = 0, history = "", packets = 0 }): string[] {
    const { knows = this.chapter } = this.#target;
    const told = knows < "v13" || args.some((arg) => /^--history\b/.test(arg));
    return [...ownOptions(knows, web, told ? "" : history || this.history, packets), ...args];
  }

  /** Node's file calls, or its clock, are in the hands of the fault. */
  #environment(): Record<string, string> {
    const { disk, clock } = this.#conditions;
    const loads = (file: string) => ({ NODE_OPTIONS: `--import ${import.meta.resolve(file)}` });
    if (disk) return { ...loads("./disk.mjs"), DISK: this.#disk };
    return clock === undefined ? {} : { ...loads("./clock.mjs"), CLOCK: `${clock}` };
  }

  async #args(): Promise<string[]> {
    const { args = [] } = this.#conditions;
    return Promise.all(args.map((arg) => this.#filled(arg)));
  }

  async #filled(arg: string): Promise<string> {
    if (arg === SECRET) return this.#secret();
    if (arg === NODE) return this.node;
    if (arg === DATABASE) return (await this.database()).url;
    if (arg === NATS) return (await this.nats()).url;
    return arg === WAY ? (await this.way()).url : arg;
  }

  async #argv(port: number, options: readonly string[]): Promise<string[]> {
    return (await this.#target.argv?.(port, options)) ?? [];
  }

  async #announced(program: Program, words: keyof typeof ANNOUNCED): Promise<string> {
    const said = await program.says(ANNOUNCED[words], START_MS);
    if (said !== undefined) return said;
    if (program.end !== undefined) await program.closed;
    throw program.end === undefined
      ? new Failure("hang", `the server did not print "${words}" within ${START_MS / 1000} s`)
      : this.#crash();
  }

  /** A server that does not say when it serves is asked until it does. */
  async #letIn(connect: () => Promise<Client>): Promise<Client> {
    const ms = Math.max(START_MS, patience.ms);
    for (const end = Date.now() + ms; ; await pass(RETRY_MS)) {
      try {
        const client = await connect();
        this.#serves = true;
        return client;
      } catch (error) {
        if (this.#serves || this.#target.announces || error instanceof Failure) throw error;
        if (this.#program?.end !== undefined) throw this.#crash();
        if (this.#target.address)
          throw new Failure("crash", `nobody serves on ${this.#host}:${this.#port}`);
        if (Date.now() > end)
          throw new Failure(
            "hang",
            `nobody listened on ${this.#host}:${this.#port} within ${ms / 1000} s`,
            { starting: true },
          );
      }
    }
  }

  /** What went wrong, and all that was said, as one report; a connection that ended may only be the first one sees of a server that has. */
  async explain(failure: Failure): Promise<Failure> {
    const cause = await this.#cause(failure);
    cause.message = this.#report(cause);
    return cause;
  }

  async #cause(failure: Failure): Promise<Failure> {
    const crashed = await Promise.all(this.#cluster.nodes.map((node) => node.#crashed()));
    return crashed.find((crash) => crash !== undefined) ?? failure;
  }

  async #crashed(): Promise<Failure | undefined> {
    const lost = this.clients.some(({ ended }) => ended);
    if (!lost || !this.#program || this.#signalled) return undefined;
    await Promise.race([this.#program.closed, pass(CRASH_MS)]);
    return this.#program.end === undefined ? undefined : this.#crash();
  }

  #crash(): Failure {
    return new Failure("crash", `the server ended (${this.#program?.end})`);
  }

  /** A server that is gone, that complained, or that never said anything has not passed. */
  checkHealth(): void {
    const { nodes } = this.#cluster;
    const served = nodes.filter((node) => node.#port !== 0);
    for (const node of served) {
      if (node.#program?.end !== undefined && !node.#signalled) throw node.#crash();
      node.#judge(node.#program?.stderr ?? "");
    }
    check(
      served.length === 0 || // the case was about the command line
        nodes.some(({ clients }) => clients.some(({ signs }) => signs.answered)),
      "no client heard a whole line",
    );
  }

  #judge(stderr: string): void {
    if (!this.#target.announces) return; // it may print there whatever it likes
    const allowed = this.#conditions.stderr;
    const complaints = stderr.split("\n").filter((line) => line && !allowed?.test(line));
    check(
      complaints.length === 0,
      `the server printed on stderr, although nothing should be wrong: ${complaints.join("\n")}`,
    );
  }

  /** Every wait of its clients fails with this, now and from now on. */
  abort(failure: Failure): void {
    for (const { clients } of this.#cluster.nodes)
      for (const client of clients) client.fail(failure);
  }

  /** With all the nodes beside it. */
  async stop(): Promise<void> {
    await Promise.all(this.#cluster.nodes.map((node) => node.#stop()));
    await this.#cluster.stop();
  }

  async #stop(): Promise<void> {
    // A server that goes on is left as it was found: when it has ended its side too, the others have heard of it.
    if (this.#target.address)
      await Promise.all(this.clients.map((client) => client.leave(LEFT_MS)));
    for (const client of this.clients) client.close();
    this.#program?.kill();
    await this.#program?.closed;
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
    const database = await this.#database?.catch(() => undefined); // who asked for it has heard of that
    await database?.stop();
  }

  #report(failure: Failure): string {
    const { kind, summary, details } = failure;
    const { where, expected, heard } = details;
    const differ = expected !== undefined && heard !== undefined;
    const words = [expected, heard].flatMap((line) => line ?? []);
    const { nodes } = this.#cluster;
    const transcripts = nodes.flatMap(({ clients }) => clients.map(({ transcript }) => transcript));
    const advice = hint(failure, this.#signs(), this.#conditions.hint);
    return [
      `${kind}: ${differ ? where : summary}`,
      ...(differ ? difference(expected, heard).map((line) => `    ${line}`) : []),
      `  holds: ${this.#conditions.clause}`,
      ...(advice ? [`  hint: ${advice}`] : []),
      ...timeline(transcripts, failure.details.who, words),
      ...nodes.flatMap((node) => [...node.printed("stdout"), ...node.printed("stderr")]),
    ].join("\n");
  }

  #signs(): Signs {
    const { nodes } = this.#cluster;
    const signs = nodes.flatMap(({ clients }) => clients.map((client) => client.signs));
    return {
      answered: signs.some(({ answered }) => answered),
      returns: signs.some(({ returns }) => returns),
      endless: signs.some(({ endless }) => endless),
      complained: nodes.some((node) => node.printed("stderr").length > 0),
    };
  }

  /** All that it has printed; if that is very much, its beginning and its end. */
  output(stream: "stdout" | "stderr"): string {
    return this.#program?.[stream] ?? "";
  }

  /** The end of it, for a report. */
  printed(stream: "stdout" | "stderr"): string[] {
    const text = this.output(stream)
      .replace(/^(listening|web|packets|node \S+) on .*\n/gm, "")
      .trimEnd();
    const lines = text.slice(-MOST_OUTPUT).split("\n");
    const whose = this.#cluster.nodes.length > 1 ? `${this.node}, ` : "";
    return text === ""
      ? []
      : lines.map((line) => `  ${whose}${stream}: ${escaped(line, MOST_OUTPUT)}`);
  }
}

/** `[Client, Client]` for `join(2)`; an array for a number not known beforehand. */
type Users<N extends number, Tuple extends Client[] = []> = number extends N
  ? Client[]
  : Tuple["length"] extends N
    ? Tuple
    : Users<N, [...Tuple, Client]>;

/** Whether somebody listens there. */
async function opens(url: string): Promise<boolean> {
  const { hostname: host, port } = new URL(url);
  const socket = connect({ host, port: Number(port) });
  const open = await once(socket, "connect").then(
    () => true,
    () => false, // not yet
  );
  socket.destroy();
  return open;
}

/** Waits until it holds; only a hang is as slow as the deadline. */
export function eventually(holds: Holds, what: string): Promise<void> {
  return until(holds, what, "hang", START_MS);
}

/** The same of what the server has promised: without it, the server does something else. */
export function comes(holds: Holds, what: string): Promise<void> {
  return until(holds, what, "mismatch", SLOW * patience.ms);
}

const SLOW = 3; // behind what a client waits for there may be a disk, or a database that is tried again

type Holds = () => boolean | Promise<boolean>;

async function until(holds: Holds, what: string, kind: Failure["kind"], ms: number) {
  for (const end = Date.now() + ms; !(await holds()); ) {
    if (Date.now() > end)
      throw new Failure(kind, `${ms / 1000} s passed, and this did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
