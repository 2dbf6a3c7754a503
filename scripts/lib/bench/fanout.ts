/** Fan-out in a closed loop: whoever hears its own line says the next one. */
import { setTimeout as after } from "node:timers/promises";
import type { Contender } from "./contenders.ts";
import { Counter, type Crowd, User, withCrowd } from "./crowd.ts";
import { cpuOf, memoryOf, type Server } from "./server.ts";

/** What is said, in bytes: x and x, the number of who says it, and a tilde. */
export const TEXT = 64;
const NUMBER = 4;
const TILDE = "~".charCodeAt(0);
const WARM_UP_SECONDS = 1;

export interface Load {
  readonly users: number;
  readonly senders: number;
  /** Lines in flight a sender. */
  readonly window: number;
  readonly seconds: number;
}

/** What one round of one server gave, NaN where the system does not tell. A delivery is a line that one user has heard. */
export interface Round {
  readonly lines: number;
  readonly deliveries: number;
  /** From the first line until all have heard the last one. */
  readonly seconds: number;
  /** Of the server's process. */
  readonly serverCpuSeconds: number;
  readonly driverCpuSeconds: number;
  /** From a line sent to its echo heard by who sent it. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssMiB: number;
}

class Sender extends User {
  readonly #line: string;
  readonly #number: number;
  #lastBytes: Buffer = Buffer.alloc(NUMBER);
  #sentAt: number[] = [];
  #speaking = false;
  lines = 0;
  echoMs: number[] = [];

  constructor(server: Server, number: number) {
    super(server, new Counter("~", TEXT));
    const digits = `${number}`.padStart(NUMBER, "0");
    this.#number = Buffer.from(digits).readUInt32BE();
    this.#line = server.contender.say(`${digits}~`.padStart(TEXT, "x"));
  }

  start(window: number): void {
    this.#speaking = true;
    this.lines = 0;
    this.echoMs = [];
    this.#say(window);
  }

  stop(): void {
    this.#speaking = false;
  }

  #say(lines: number): void {
    const now = performance.now();
    for (let i = 0; i < lines; i++) this.#sentAt.push(now);
    this.lines += lines;
    this.socket.write(this.#line.repeat(lines), "latin1");
  }

  override hear(bytes: Buffer): void {
    let own = 0;
    for (let at = bytes.indexOf(TILDE); at !== -1; at = bytes.indexOf(TILDE, at + 1)) {
      this.heard++;
      if (this.#numberBefore(bytes, at) === this.#number) own++;
    }
    this.#lastBytes = Buffer.concat([this.#lastBytes, bytes.subarray(-NUMBER)]).subarray(-NUMBER);
    const now = performance.now();
    for (const sent of this.#sentAt.splice(0, own)) this.echoMs.push(now - sent);
    if (this.#speaking && own > 0) this.#say(own);
  }

  /** Some of its digits may have come with the bytes before. */
  #numberBefore(bytes: Buffer, tilde: number): number {
    if (tilde >= NUMBER) return bytes.readUInt32BE(tilde - NUMBER);
    return Buffer.concat([this.#lastBytes, bytes.subarray(0, tilde)]).readUInt32BE(tilde);
  }
}

/** Starts a server, lets everybody in, warms up, and measures; `beside` goes on in the seconds that count. */
export function fanout(
  contender: Contender,
  load: Load,
  beside?: (server: Server) => Promise<void>,
): Promise<Round> {
  return withCrowd(contender, async (crowd) => {
    const { server, users } = crowd;
    const senders = await gather(crowd, load);
    await speak(crowd, senders, { ...load, seconds: Math.min(WARM_UP_SECONDS, load.seconds) });
    const cpuBefore = cpuOf(server);
    const driverBefore = process.cpuUsage();
    const [{ lines, seconds }] = await Promise.all([speak(crowd, senders, load), beside?.(server)]);
    const driver = process.cpuUsage(driverBefore);
    const echoMs = senders.flatMap((sender) => sender.echoMs).sort((a, b) => a - b);
    return {
      lines,
      deliveries: users.reduce((sum, { heard }) => sum + heard, 0),
      seconds,
      serverCpuSeconds: cpuOf(server) - cpuBefore,
      driverCpuSeconds: (driver.user + driver.system) / 1e6,
      p50Ms: echoMs[Math.floor(echoMs.length * 0.5)] ?? 0,
      p99Ms: echoMs[Math.floor(echoMs.length * 0.99)] ?? 0,
      rssMiB: memoryOf(server),
    };
  });
}

/** The senders stand evenly among the others: who came first hears first. */
async function gather(crowd: Crowd, { users, senders }: Load): Promise<Sender[]> {
  const made: Sender[] = [];
  const counter = new Counter("~", TEXT);
  await crowd.gather(users, (i) => {
    if (i < (made.length * users) / senders) return new User(crowd.server, counter);
    const sender = new Sender(crowd.server, made.length);
    made.push(sender);
    return sender;
  });
  return made;
}

/** The senders speak for so long; then until everybody has heard everything. */
async function speak(
  crowd: Crowd,
  senders: readonly Sender[],
  { window, seconds }: Load,
): Promise<{ lines: number; seconds: number }> {
  for (const user of crowd.users) user.heard = 0;
  const start = performance.now();
  for (const sender of senders) sender.start(window);
  await after(seconds * 1000);
  for (const sender of senders) sender.stop();
  const lines = senders.reduce((sum, sender) => sum + sender.lines, 0);
  const all = () => crowd.users.every(({ heard }) => heard === lines);
  await crowd.until(all, `all had heard ${lines} lines`);
  return { lines, seconds: (performance.now() - start) / 1000 };
}
