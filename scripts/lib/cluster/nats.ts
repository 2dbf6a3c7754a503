/** A nats-server of our own: on loopback, at a free port, its store in a folder that is ours. */
import { findNats } from "../../../test/harness/nats.ts";
import { Refusal } from "../command.ts";
import { type Running, run } from "./running.ts";

const HOW: Readonly<Record<string, string>> = {
  darwin: "brew install nats-server",
  linux: "sudo apt install nats-server",
  win32: "winget install NATSAuthors.NATSServer",
};

/** The file of one; throws a {@link Refusal} that says how to get it. */
export function natsProgram(...env: Parameters<typeof findNats>): string {
  const found = findNats(...env);
  if (found !== undefined) return found;
  const how = HOW[process.platform] ?? "nats.io has one for every system";
  throw new Refusal(
    `there is no nats-server on the PATH; to install it: ${how} (docs/nats.md has other ways); to use one that is running: --nats URL`,
  );
}

const LISTENS = /Listening for client connections on \S+:(\d+)/;

export interface Nats extends Running {
  /** Once it listens; throws a {@link Refusal} when it ends before. */
  readonly url: Promise<string>;
}

/** Of what it prints, only what it complains about is handed on. */
export function startNats(store: string): Nats {
  const program = natsProgram();
  let found = (_url: string) => {};
  const listens = new Promise<string>((resolve) => {
    found = resolve;
  });
  const at = ["-js", "-sd", store, "-a", "127.0.0.1", "-p"];
  let port: string | undefined;
  const nats = run([program, ...at, "-1"], true, (line) => {
    port ??= LISTENS.exec(line)?.[1];
    if (port !== undefined) found(`nats://127.0.0.1:${port}`);
    if (/\[(ERR|FTL)\]/.test(line)) console.error(`nats | ${line}`);
  });
  let stopped = false;
  const stop = () => {
    stopped = true;
    nats.stop();
  };
  void nats.ended.then((how) => {
    if (port === undefined || stopped) return;
    console.log(`nats has ended: ${how}; to start it again: ${program} ${at.join(" ")} ${port}`);
  });
  const early = nats.ended.then((how) => {
    throw new Refusal(`nats-server has ended: ${how}`);
  });
  return { ...nats, stop, url: Promise.race([listens, early]) };
}
