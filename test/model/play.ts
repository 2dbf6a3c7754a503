/** Does over real sockets what a run says, and notes what everybody hears. */
import type { Client } from "../harness/client.ts";
import { eventually, type Server } from "../harness/server.ts";
import { check } from "../harness/transcript.ts";
import { listed, online } from "../harness/wire.ts";
import { type Act, PEOPLE } from "./acts.ts";
import { type Deed, leaves } from "./room.ts";

/** What was done at once, and what was heard of it. */
export interface Round {
  /** In the order in which it was sent. */
  readonly deeds: Deed[];
  /** How many lines alice had heard when it began. */
  readonly began: number;
  /** By who heard it. */
  readonly heard: Map<string, string[]>;
  /** What `who` said when all was over, since v04. */
  list?: string[];
  /** On several nodes: what it said on each. */
  lists?: string[][];
}

/** A client, from its coming to its leaving. */
export interface Stay {
  readonly who: string;
  readonly addr: string;
  /** All that it hears, the tokens too: they are said to all, and kept. */
  readonly heard: readonly string[];
  /** What it did, and how many lines alice had heard when the round began. */
  readonly deeds: { readonly deed: Deed; readonly began: number }[];
}

export const [WITNESS] = PEOPLE;
/** As a client of ours says it, so as to know what has been dealt with. */
const TOKEN = /:~token \d+~$/;
/** The address of who is not here: no client has this port. */
const NOBODY = "127.0.0.1:1";

/**
 * An alice who is alone in the room. If there was one before, she leaves when the new one is there:
 * what she leaves behind is then over.
 */
export async function relieve(server: Server, deadlineMs: number, last?: Client): Promise<Client> {
  const alice = await server.connect({ who: WITNESS, deadlineMs, all: true });
  await alice.expect(online(alice));
  if (last) {
    last.end();
    await last.over();
    last.close();
    await until(alice, last.addr, []);
  }
  await alice.sync();
  return alice;
}

/** Each of the other nodes knows alice, and there is nobody else, either. */
export async function meet(alice: Client, nodes: readonly Server[]): Promise<void> {
  for (const node of nodes) {
    const herald = await node.connect({ who: "herald" });
    await eventually(async () => {
      herald.send("who");
      const list = (await herald.sync()).filter((line) => line.endsWith(":online..."));
      return `${list}` === `${[listed({ ...herald, name: herald.addr }), listed(alice)]}`;
    }, "the nodes know each other");
    herald.end();
    await herald.over();
    herald.close();
    await until(alice, herald.addr, []);
  }
  await alice.sync();
}

/** One run, in a room where nobody is but alice. */
export class Play {
  readonly rounds: Round[] = [];
  /** All nodes; alice is on the first. */
  readonly #nodes: readonly [Server, ...Server[]];
  readonly #deadlineMs: number;
  readonly #alice: Client;
  readonly #online = new Map<string, Client>();
  /** Whoever was there, be it gone. */
  readonly #clients: Client[] = [];
  /** Whose each address is or was, as `@bob`; the latest ones last. */
  readonly addresses = new Map<string, string>();
  #number = 0;

  constructor(nodes: readonly [Server, ...Server[]], alice: Client, deadlineMs: number) {
    this.#nodes = nodes;
    this.#alice = alice;
    this.#deadlineMs = deadlineMs;
    this.#enter(WITNESS, alice);
  }

  /** Does all of it without waiting in between; then waits until everything has come of it. */
  async round(acts: readonly Act[]): Promise<Round> {
    const round: Round = { deeds: [], began: this.#alice.all?.length ?? 0, heard: new Map() };
    this.rounds.push(round);
    const here = acts.filter(({ who }) => this.#online.has(who));
    const coming = this.#join(round, acts);
    const leavers = this.#act(round, here); // while the others come
    await coming;
    const others = this.#act(
      round,
      acts.filter((act) => !here.includes(act)),
    );
    for (const [client, how] of others) leavers.set(client, how);
    await this.#settle(round, leavers);
    return round;
  }

  /** Everybody but alice leaves. */
  close(): Promise<Round> {
    const others = [...this.#online.keys()].filter((who) => who !== WITNESS);
    return this.round(others.map((who) => ({ who, does: "end", line: "" })));
  }

  /** What has been heard and not yet been noted: when a round breaks off in its middle. */
  abandon(): void {
    const heard = this.rounds.at(-1)?.heard;
    for (const [who, client] of this.#online) heard?.get(who)?.push(...client.heard.splice(0));
  }

  get stays(): Stay[] {
    return this.#clients.map(({ transcript: { who }, addr, all = [] }) => {
      const own = (deed: Deed) => deed.who === who && deed.addr === addr;
      const deeds = this.rounds.flatMap(({ deeds, began }) =>
        deeds.filter(own).map((deed) => ({ deed, began })),
      );
      return { who, addr, heard: all, deeds };
    });
  }

  #enter(who: string, client: Client): void {
    this.#online.set(who, client);
    this.#clients.push(client);
    this.addresses.delete(client.addr); // it may have been another's before
    const again = [...this.addresses.values()].filter((name) => name.startsWith(`@${who}`)).length;
    this.addresses.set(client.addr, `@${who}${again > 0 ? `.${again + 1}` : ""}`);
  }

  /** Whoever is to do something, and is not here. */
  async #join({ deeds, heard }: Round, acts: readonly Act[]): Promise<void> {
    const newcomers = new Set(acts.map(({ who }) => who).filter((who) => !this.#online.has(who)));
    const resets = (who: string) => acts.some((act) => act.who === who && act.does === "reset");
    const joined = [...newcomers].map(async (who) => {
      const home = this.#homeOf(who);
      const client = await home.connect({ who, deadlineMs: this.#deadlineMs, all: true });
      this.#enter(who, client);
      deeds.push({ who, addr: client.addr, does: "join", line: "" });
      // Who resets at once may come and go unheard; so it waits until it was heard.
      heard.set(who, resets(who) ? [await client.next("its own online")] : []);
    });
    await Promise.all(joined);
    for (const who of this.#online.keys()) if (!heard.has(who)) heard.set(who, []);
  }

  /** Nothing is awaited in here. Gives those who leave, and how. */
  #act({ deeds }: Round, acts: readonly Act[]): Map<Client, "end" | "reset"> {
    const leavers = new Map<Client, "end" | "reset">();
    for (const { who, does, line: template } of acts) {
      const client = this.#online.get(who) as Client;
      const over = deeds.some((deed) => deed.who === who && ["end", "reset"].includes(deed.does));
      if (over || (does === "reset" && leavers.has(client))) continue; // it would lose its `bye`
      const line = this.#fill(template);
      deeds.push({ who, addr: client.addr, does, line });
      if (does === "line") client.send(line);
      else if (does === "end") client.end();
      else void client.reset();
      if (does !== "line") leavers.set(client, leavers.get(client) ?? does);
      else if (leaves({ does, line })) leavers.set(client, "end");
    }
    return leavers;
  }

  #fill(template: string): string {
    return template
      .replace("#", () => `${++this.#number}`)
      .replace(/@(\w+)/, (_, who: string) => this.#online.get(who)?.addr ?? NOBODY);
  }

  /**
   * The first tokens prove that all lines have been dealt with, the second that all which came of
   * them has been heard. The end of a connection, or its `offline`, proves the same of a leaver.
   */
  async #settle(round: Round, leavers: Map<Client, "end" | "reset">): Promise<void> {
    const heardBy = ({ transcript }: Client) => round.heard.get(transcript.who) ?? [];
    const gone = [...leavers.keys()];
    const ended = gone.filter((client) => leavers.get(client) === "end");
    const stayers = [...this.#online.values()].filter((client) => !leavers.has(client));
    const sync = async (client: Client) => void heardBy(client).push(...(await client.sync()));
    const over = async (client: Client) => {
      heardBy(client).push(...(await client.over()));
      check(
        client.ended === "end",
        `${client.transcript.who}: its connection broke, and did not end`,
      );
      client.close();
    };
    await Promise.all([...stayers.map(sync), ...ended.map(over)]);
    const alice = this.#alice;
    for (const { addr } of gone) await until(alice, addr, heardBy(alice));
    await Promise.all(stayers.map(sync));
    if (this.#nodes.length > 1) {
      await this.#together(stayers); // each was there when these tokens were sent
      await Promise.all(stayers.map(sync));
    }
    for (const client of gone) {
      if (leavers.get(client) === "reset") heardBy(client).push(...client.heard.splice(0));
      this.#online.delete(client.transcript.who);
    }
    if (this.#nodes[0].chapter < "v04") return;
    const list = async (client: Client) => {
      client.send("who");
      const answer = await client.sync();
      heardBy(client).push(...answer.filter((line) => !line.endsWith(":online...")));
      return answer.filter((line) => line.endsWith(":online..."));
    };
    round.list = await list(alice);
    const others = this.#nodes
      .slice(1)
      .flatMap((node) => stayers.find((each) => node.clients.includes(each)) ?? []);
    if (others.length > 0) round.lists = [round.list, ...(await Promise.all(others.map(list)))];
  }

  #homeOf(who: string): Server {
    const i = [...PEOPLE, who].indexOf(who);
    return this.#nodes[i % this.#nodes.length] ?? this.#nodes[0];
  }

  /** Each has heard the last token of each: what any of them has said before, it has heard, too. */
  async #together(all: readonly Client[]): Promise<void> {
    for (const each of all) {
      const last = each.all?.findLast(
        (line) => line.startsWith(`[${each.addr}]`) && TOKEN.test(line),
      );
      const token = last === undefined ? undefined : TOKEN.exec(last)?.[0];
      for (const other of all)
        if (token)
          await eventually(
            () => other.all?.some((line) => line.endsWith(token)) ?? false,
            `${other.transcript.who} hears the ${token} of ${each.transcript.who}`,
          );
    }
  }
}

/** Reads on until it has heard that the user of this address is offline. */
async function until(client: Client, addr: string, heard: string[]): Promise<void> {
  const offline = (line: string) => line.startsWith(`[${addr}]`) && line.endsWith(":offline");
  while (!heard.some(offline)) heard.push(await client.next(`[${addr}]…:offline`));
}
