/** Who is measured while what is said is kept: v13 with a file that is empty at first, and with one of a million lines. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Refusal } from "../command.ts";
import { chapterOf } from "../find.ts";
import { type Contender, chapterContender } from "./contenders.ts";
import { median } from "./results.ts";
import { serving } from "./server.ts";

const LINES = 1_000_000;
const PIECE = 10_000; // lines a write
const SAID = 10; // before the first question
const ASKS = 21;

/** Beside the chapter before, and v13 without a file. The files are gone when we are. */
export function keepers(): Contender[] {
  const folder = mkdtempSync(join(tmpdir(), "chat-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const long = join(folder, "million.jsonl");
  fill(long);
  const v13 = chapterOf("v13");
  let files = 0; // each start has one of its own
  const keeper = (id: string, file: () => string): Contender => {
    const argv = (port: number) => chapterContender(v13, file()).argv(port);
    return { ...chapterContender(v13), id, argv, keeps: true };
  };
  return [
    ...[chapterContender(chapterOf("v12")), chapterContender(v13)],
    keeper("v13/file", () => join(folder, `${++files}.jsonl`)),
    keeper("v13/million", () => long),
  ];
}

/** Everybody has spoken in it but nobody. */
function fill(path: string): void {
  const file = openSync(path, "w", 0o600);
  for (let seq = 0; seq < LINES; seq += PIECE) {
    const lines = Array.from({ length: PIECE }, (_, i) => {
      const said = { addr: "127.0.0.1:50000", name: `user ${i}`, text: "x".repeat(64) };
      return JSON.stringify({ seq: seq + i + 1, at: "2026-01-31T12:00:00.000Z", ...said });
    });
    writeSync(file, `${lines.join("\n")}\n`);
  }
  closeSync(file);
}

/** Milliseconds until a question has its whole answer: the median of some. */
export async function ask(contender: Contender, question: string): Promise<number> {
  if (!contender.keeps) return Number.NaN;
  const times = await serving(contender, ({ port }) => {
    const socket = connect(port, "127.0.0.1").setNoDelay(true).setEncoding("latin1");
    socket.write(`${"hello\n".repeat(SAID)}${question}\n`);
    return asking(socket, question).finally(() => socket.destroy());
  });
  return median(times);
}

function asking(socket: Socket, question: string): Promise<number[]> {
  const times: number[] = [];
  let began = performance.now();
  let heard = "";
  return new Promise((resolve, reject) => {
    socket.on("error", reject).on("end", () => reject(new Refusal(`no answer to ${question}`)));
    socket.on("data", (text: string) => {
      heard += text;
      if (!heard.endsWith("history: end\n")) return;
      times.push(performance.now() - began);
      if (times.length === ASKS) return resolve(times);
      heard = "";
      began = performance.now();
      socket.write(`${question}\n`);
    });
  });
}
