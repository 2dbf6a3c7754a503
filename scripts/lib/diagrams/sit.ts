/** A user sits down at a chapter's client, at a terminal that exists only in memory. */
import type { FakeTerminal } from "../../../test/harness/terminal.ts";
import { load } from "./load.ts";
import { settled } from "./scenarios.ts";

export interface Seat {
  readonly folder: string;
  readonly port: number;
  readonly terminal: FakeTerminal;
  /** The name to take at once, or none. */
  readonly name: string;
}

/**
 * Rejects when nobody serves; `over` is kept when the client has ended. The client is in no hurry:
 * what the server says to a newcomer is there before the newcomer speaks, as it nearly always is.
 */
export async function sit(
  { folder, port, terminal, name }: Seat,
  onStage = <T>(run: () => T): T => run(),
): Promise<{ over: Promise<void> }> {
  const { Link, Screen, Chat } = await load(folder, "link.ts", "screen.ts", "chat.ts");
  class UnhurriedLink extends Link {
    override async send(bytes: Buffer): Promise<boolean> {
      await quiet();
      return super.send(bytes);
    }
  }
  const connection = new UnhurriedLink("127.0.0.1", port);
  await onStage(() => connection.connect());
  await quiet();
  const { input, output } = terminal;
  return { over: onStage(() => new Chat(connection, new Screen(input, output), name).run()) };
}

const quiet = () => settled(() => 0);
