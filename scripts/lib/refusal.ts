/** Bad input, and how a command takes it: one line, exit code 1. */

/** What keeps a command from its work, in one line that says what would be right. */
export class Refusal extends Error {}

/** Says what was wrong with what was typed; a fault of ours is thrown on, so that the stack says where. */
export function complain(error: unknown): void {
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (!(error instanceof Refusal) && !code.startsWith("ERR_PARSE_ARGS")) throw error;
  console.error(error instanceof Refusal ? message : message.split(/\.\s/)[0]);
  process.exitCode = 1;
}
