/** The rounds of a run of the bench: each server's in turn, and a word of each as it is over. */
import os from "node:os";
import type { Contender } from "./contenders.ts";
import { fanout } from "./fanout.ts";
import type { Plan } from "./options.ts";
import { others } from "./others.ts";
import { type FanoutRow, type Machine, type OtherRow, type Results, rate } from "./results.ts";
import { TEXT } from "./sender.ts";
import { millions, orDash } from "./tables.ts";
import { timers } from "./timers.ts";

/** All that is planned, on this machine. */
export async function measure(plan: Plan, machine: Machine): Promise<Results> {
  return {
    date: new Date().toISOString().slice(0, 10),
    ...(plan.comparison !== "all" && { comparison: plan.comparison }),
    machine,
    load: { ...plan.load, textBytes: TEXT },
    fanout: plan.parts.includes("fanout") ? await allFanout(plan) : [],
    others: await allOthers(plan),
    ...(plan.comparison === "timers" && { timers: await timers(plan.quick) }),
  };
}

/** A line, and in it every server's figure as soon as it is known. */
async function oneTurn<Row>(
  what: string,
  contenders: readonly Contender[],
  one: (contender: Contender) => Promise<Row>,
  figure: (row: Row) => string,
): Promise<Row[]> {
  const rows: Row[] = [];
  process.stdout.write(`${what}:`);
  for (const contender of contenders) {
    const row = await one(contender);
    rows.push(row);
    process.stdout.write(`  ${contender.id} ${figure(row)}`);
  }
  process.stdout.write("\n");
  return rows;
}

async function allFanout({ load, crowds, windows, contenders }: Plan): Promise<FanoutRow[]> {
  const { senders, seconds, rounds, elsewhere } = load;
  const where = elsewhere ? " a node" : "";
  const several = crowds.length > 1;
  console.log(
    `fan-out: ${crowds.join(" or ")} users${where}, ${senders} of them speak, ${TEXT} bytes a line, ${seconds} s a round; deliveries/s:`,
  );
  const rows: FanoutRow[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const [crowd, window] of crowds.flatMap((users) =>
      windows.map((w) => [users, w] as const),
    )) {
      const what = `round ${round} of ${rounds}, ${several ? `${crowd} users, ` : ""}${window} in flight`;
      const one = async (each: Contender) => {
        const users = crowd * (each.crowd ?? 1);
        const row = await fanout(each, { ...load, users, window });
        return { server: each.id, ...(several && { users }), window, ...row };
      };
      rows.push(...(await oneTurn(what, contenders, one, (row) => millions(rate(row)))));
    }
  }
  return rows;
}

async function allOthers({ load, parts, contenders }: Plan): Promise<OtherRow[]> {
  const rows: OtherRow[] = [];
  for (const [part, { crowd, measure, text, once }] of Object.entries(others)) {
    if (!parts.includes(part)) continue;
    const users = crowd * load.users;
    const rounds = once ? 1 : load.rounds;
    for (let round = 1; round <= rounds; round++) {
      const what = `${part} ${round} of ${rounds}`;
      const one = async (each: Contender) => {
        return { part, server: each.id, users, figure: await measure(each, users) };
      };
      rows.push(...(await oneTurn(what, contenders, one, ({ figure }) => orDash(figure, text))));
    }
  }
  return rows;
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
