/** What the cases of several exercises have in common. */
import { warmUp } from "../../test/cases/v02.ts";
import type { Case } from "../../test/harness/case.ts";
import type { Client } from "../../test/harness/client.ts";
import type { Server } from "../../test/harness/server.ts";
import { check } from "../../test/harness/transcript.ts";
import { said } from "../../test/harness/wire.ts";

/** It holds from the chapter on that the exercise starts from. */
export type ExtraCase = Omit<Case, "since">;

const join = <N extends number>(server: Server, count: N) => server.join(count);
type Users<N extends number> = Awaited<ReturnType<typeof join<N>>>;

/** A case that begins when so many users have joined. */
export function among<N extends number>(
  count: N,
  run: (users: Users<N>, server: Server) => Promise<void>,
): ExtraCase["run"] {
  return async (server) => run((await join(server, count)) as Users<N>, server);
}

/** Sends the line, and hears these next. */
export async function answered(user: Client, line: string, ...answers: string[]): Promise<void> {
  user.send(line);
  await user.expect(...answers);
}

/** The first of them says these, and all of them hear each next: what merely looks like a command is text. */
export async function areText(users: readonly [Client, ...Client[]], ...texts: string[]) {
  const [speaker] = users;
  for (const text of texts) {
    speaker.send(text);
    for (const user of users) await user.expect(said(speaker, text));
  }
}

/** Takes 5,000 names a round, of which no two are alike. Gives by how many MiB the server grows, the first round not counted. */
export async function costOfNames(server: Server, user: Client, command: string, rounds: number) {
  const take5000 = async (round: number) => {
    const names = Array.from({ length: 5000 }, (_, i) => `${round}-${i}`.padEnd(32, "龙"));
    await user.write(names.map((name) => `${command}|${name}\n`).join(""));
    await user.sync();
  };
  await warmUp(user);
  await take5000(0);
  const before = server.memory();
  for (let round = 1; round <= rounds; round++) await take5000(round);
  return server.memory() - before;
}

/** `--help` lists the option, and what is no value of it is refused. */
export function optionCases(extra: string, option: string, wrong: readonly string[]): ExtraCase[] {
  return [
    {
      id: `${extra}/help`,
      clause: "--help lists the options",
      needs: ["cli"],
      async run(server) {
        const { code, stdout } = await server.run("--help");
        check(code === 0 && stdout.includes(option), `exit code ${code}: ${stdout}`);
      },
    },
    ...wrong.map(
      (value): ExtraCase => ({
        id: `${extra}/bad-option "${value}"`,
        clause: "a bad option: one line on stderr names it, and the exit code is not 0",
        needs: ["cli"],
        async run(server) {
          const { code, stderr } = await server.run(`${option}=${value}`);
          check(
            code !== 0 && code !== null,
            `the exit code is ${code}: it must be a number other than 0`,
          );
          const plain = stderr.startsWith(`${option} must be `) && /^.*\n$/.test(stderr);
          check(plain, `stderr must be one line that says what is wrong: ${stderr}`);
        },
      }),
    ),
  ];
}
