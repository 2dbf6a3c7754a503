/** Many random runs against one server; and when one fails, the smallest that fails. */
import fc from "fast-check";
import type { Client } from "../harness/client.ts";
import { type Conditions, NATS, NODE } from "../harness/need.ts";
import { Server } from "../harness/server.ts";
import type { Target } from "../harness/target.ts";
import { Failure } from "../harness/transcript.ts";
import { type Run, runs as runsOf } from "./acts.ts";
import { explain } from "./explain.ts";
import { remember, type Said } from "./memory.ts";
import { Nodes } from "./nodes.ts";
import { meet, Play, type Round, relieve, WITNESS } from "./play.ts";
import type { Room } from "./room.ts";
import { story } from "./story.ts";

const DEADLINE_MS = 10_000;
const SHRINK_DEADLINE_MS = 2000;
/** A race does not happen each time, so a run that failed, or a smaller one, gets more than one chance. */
const TRIES = { hunt: 1, shrink: 5, again: 5, replay: 100 };
const SHRINK_MS = 60_000;
/** From v13 on, a newcomer hears so many of the last lines, if the server can be told so: some of them from the round before. */
const REPLAY = 20;

export interface Options {
  /** The commands of this chapter and of those before it are used. */
  readonly chapter: string;
  readonly target: Target;
  readonly runs: number;
  readonly seed: number;
  /** What its clients speak, if not lines. */
  readonly wire?: Conditions["wire"];
  /** So many servers are one room, from v16 on; one, if nothing is said. */
  readonly nodes?: number;
  /** Of a run that failed before: that one alone is done, up to 100 times. */
  readonly path?: string | undefined;
  /** How long to look for smaller runs when one has failed; a minute, if nothing is said. */
  readonly shrinkMs?: number;
  /** Called when a run has failed, and smaller ones are looked for. */
  readonly onFailure?: (run: number) => void;
}

export interface Outcome {
  readonly runs: number;
  /** How many rounds, and things done in them, were explained. */
  readonly rounds: number;
  readonly deeds: number;
  /** What was done, what was expected, and what was heard, in the smallest run that failed. */
  readonly story?: string;
  /** Where that run is among those of the seed; without, it failed once and then no more. */
  readonly path?: string;
}

/** Throws a {@link Failure} when the server cannot be started. */
export async function check(options: Options): Promise<Outcome> {
  const { chapter, runs, seed, path } = options;
  const lab = new Lab(options);
  const vocabulary = lab.isOneOrder ? chapter : "v08"; // each node has a history of its own
  const property = fc.asyncProperty(runsOf(vocabulary), (run) => lab.prove(run));
  const which = path === undefined ? { numRuns: runs } : { numRuns: 1, path, endOnFailure: true };
  try {
    await lab.open();
    const details = await fc.check(property, { seed, ...which });
    const { rounds, deeds, found, doubtful } = lab;
    if (details.failed && !found) throw details.errorInstance;
    const story = found?.message ?? doubtful?.message;
    return {
      runs: details.numRuns,
      rounds,
      deeds,
      ...(story !== undefined && { story }),
      ...(details.counterexamplePath !== null && { path: details.counterexamplePath }),
    };
  } finally {
    await lab.close();
  }
}

/** One server for all runs, as long as they go well; a fresh one after each that did not. */
class Lab {
  rounds = 0;
  deeds = 0;
  /** The last run that failed: when smaller ones have been looked for, the smallest. */
  found: Failure | undefined;
  /** The first that failed, and did not when it was done again. */
  doubtful: Failure | undefined;
  readonly #options: Options;
  #server: Server | undefined;
  #nodes: readonly Server[] = [];
  /** Alone in its room. */
  #alice: Client | undefined;
  /** What was said to all since the server's start. */
  #said: readonly Said[] = [];
  /** Whether the server has seen no run yet. */
  #fresh = true;
  #runs = 0;
  #shrinkUntil = Number.POSITIVE_INFINITY;

  constructor(options: Options) {
    this.#options = options;
  }

  /** A fresh server, in which alice waits. */
  async open(): Promise<void> {
    await this.close();
    const { chapter, target, wire, nodes = 1 } = this.#options;
    const clause = "the room is as the model says";
    const replay = this.#replay > 0 ? ["--replay", `${this.#replay}`] : [];
    const args = this.isOneOrder ? replay : [...replay, "--nats", NATS, "--node", NODE];
    const test = {
      id: "model",
      since: "v02",
      clause,
      run: async () => {},
      ...(args.length > 0 && { args }),
      ...(wire && { wire }),
    };
    const server = new Server(chapter, target, test);
    this.#server = server;
    this.#nodes = Array.from({ length: nodes - 1 }, () => server.another());
    await Promise.all([server, ...this.#nodes].map((node) => node.start()));
    this.#said = [];
    this.#alice = await relieve(this.#server, this.#deadlineMs);
    await meet(this.#alice, this.#nodes);
  }

  async close(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
    this.#fresh = true;
  }

  /** Throws when the run fails. */
  async prove(run: Run): Promise<void> {
    this.#runs += 1;
    if (Date.now() > this.#shrinkUntil) return; // what we have is small enough
    for (let left = this.#tries(); left > 0; left--) {
      const fresh = this.#fresh;
      const failure = await this.#attempt(run);
      if (failure) return this.#judge(run, failure, fresh);
    }
  }

  /** On several nodes there is none, but each sender's. */
  get isOneOrder(): boolean {
    return (this.#options.nodes ?? 1) === 1;
  }

  get #replay(): number {
    const { chapter, target } = this.#options;
    return chapter >= "v13" && this.isOneOrder && target.can.includes("args") ? REPLAY : 0;
  }

  #tries(): number {
    if (this.#options.path !== undefined) return TRIES.replay;
    return this.found ? TRIES.shrink : TRIES.hunt;
  }

  get #deadlineMs(): number {
    return this.found ? SHRINK_DEADLINE_MS : DEADLINE_MS;
  }

  /** On a server that has seen other runs, it may be these that left something behind: then the run is not to blame. */
  async #judge(run: Run, failure: Failure, fresh: boolean): Promise<void> {
    let own = fresh ? failure : undefined;
    for (let left = TRIES.again; left > 0 && !own; left--) {
      await this.open();
      own = await this.#attempt(run);
    }
    if (!own) {
      this.doubtful ??= failure;
      return;
    }
    if (!this.found) {
      this.#shrinkUntil = Date.now() + (this.#options.shrinkMs ?? SHRINK_MS);
      this.#options.onFailure?.(this.#runs);
    }
    this.found = own;
    throw own;
  }

  async #attempt(run: Run): Promise<Failure | undefined> {
    if (!this.#server) await this.open();
    const server = this.#server as Server;
    this.#fresh = false;
    const alice = this.#alice as Client;
    server.clients.splice(0, Infinity, alice); // those of the run before have left
    for (const node of this.#nodes) node.clients.splice(0);
    const play = new Play([server, ...this.#nodes], alice, this.#deadlineMs);
    try {
      await this.#play(play, alice, run);
      server.checkHealth();
      this.#alice = await relieve(server, this.#deadlineMs, alice);
      await meet(this.#alice, this.#nodes);
      return undefined;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      play.abandon();
      await this.close();
      error.message = story(play, error, server.printed("stderr"));
      return error;
    }
  }

  async #play(play: Play, { addr }: Client, run: Run): Promise<void> {
    const { chapter } = this.#options;
    let room: Room = [{ who: WITNESS, addr, name: addr }];
    const nodes = new Nodes(room);
    const judge = (round: Round) => {
      if (this.isOneOrder) room = explain(chapter, room, round);
      else nodes.prove(round);
    };
    for (const acts of run) judge(await play.round(acts));
    judge(await play.close());
    if (chapter >= "v13" && this.isOneOrder)
      this.#said = remember(this.#said, play.stays, this.#replay);
    this.rounds += play.rounds.length;
    for (const { deeds } of play.rounds) this.deeds += deeds.length;
  }
}
