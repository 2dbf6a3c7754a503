/** The rounds of a run of the bench: each server's in turn, and a word of each as it is over. */
import os from "node:os";
import { count, grouped } from "../count.ts";
import type { Contender } from "./contenders.ts";
import { fanout, TEXT } from "./fanout.ts";
import { type Plan, usersOf } from "./options.ts";
import { idle, join, start } from "./others.ts";
import { type FanoutRow, type Machine, type Results, rate } from "./results.ts";
import { millions, ms } from "./tables.ts";

/** All that is planned, on this machine. */
export async function measure(plan: Plan, machine: Machine): Promise<Results> {
  const { parts, load } = plan;
  return {
    date: new Date().toISOString().slice(0, 10),
    machine,
    load: { ...load, textBytes: TEXT },
    fanout: parts.includes("fanout") ? await allFanout(plan) : [],
    start: parts.includes("start") ? await allStart(plan) : [],
    join: parts.includes("join") ? await allJoin(plan) : [],
    idle: parts.includes("idle") ? await allIdle(plan) : [],
  };
}

/** The turns one after the other, a line each: in it, every server's figure as soon as it is known. */
async function inTurn<Turn extends { what: string }, Row>(
  turns: readonly Turn[],
  contenders: readonly Contender[],
  one: (contender: Contender, turn: Turn) => Promise<Row>,
  figure: (row: Row) => string,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const turn of turns) {
    process.stdout.write(`${turn.what}:`);
    for (const contender of contenders) {
      const row = await one(contender, turn);
      rows.push(row);
      process.stdout.write(`  ${contender.id} ${figure(row)}`);
    }
    process.stdout.write("\n");
  }
  return rows;
}

/** `start 1 of 5`, and so on. */
function roundsOf(what: string, rounds: number) {
  return Array.from({ length: rounds }, (_, i) => ({ what: `${what} ${i + 1} of ${rounds}` }));
}

function allFanout({ load, windows, contenders }: Plan): Promise<FanoutRow[]> {
  const { users, senders, seconds, rounds } = load;
  console.log(
    `fan-out: ${count(users, "user")}, ${senders} of them speak, ${TEXT} bytes a line, ${seconds} s a round; deliveries/s:`,
  );
  const turns = roundsOf("round", rounds).flatMap(({ what }) =>
    windows.map((window) => ({ what: `${what}, ${window} in flight`, window })),
  );
  const one = async (contender: Contender, { window }: { window: number }) => {
    return { server: contender.id, window, ...(await fanout(contender, { ...load, window })) };
  };
  return inTurn(turns, contenders, one, (row) => millions(rate(row)));
}

function allStart({ load, contenders }: Plan): Promise<Results["start"]> {
  const one = async (each: Contender) => ({ server: each.id, ms: await start(each) });
  return inTurn(roundsOf("start", load.rounds), contenders, one, (row) => ms(row.ms));
}

function allJoin({ load, contenders }: Plan): Promise<Results["join"]> {
  const users = usersOf("join", load.users);
  console.log(`join: ${grouped(users)} come, until everybody has heard of everybody`);
  const chats = contenders.filter(({ chat }) => chat);
  const one = async (each: Contender) => {
    return { server: each.id, users, seconds: await join(each, users) };
  };
  return inTurn(roundsOf("join", load.rounds), chats, one, (row) => `${row.seconds.toFixed(2)} s`);
}

function allIdle({ load, contenders }: Plan): Promise<Results["idle"]> {
  const users = usersOf("idle", load.users);
  const turn = { what: `idle: memory a user, with ${grouped(users)}` };
  const one = async (each: Contender) => {
    return { server: each.id, users, kibAUser: await idle(each, users) };
  };
  return inTurn([turn], contenders, one, (row) => `${row.kibAUser?.toFixed(1) ?? "–"} KiB`);
}

export function thisMachine({ versions }: Plan): Machine {
  const system = { linux: "Linux", darwin: "macOS", win32: "Windows" }[process.platform as string];
  const release = os.release().split(".").slice(0, 2).join(".");
  return {
    cpu: os.cpus()[0]?.model.trim() ?? "a processor without a name",
    cores: os.availableParallelism(),
    os: `${system ?? os.type()} ${release}`,
    versions: { node: process.versions.node, ...versions },
  };
}
