/** A connection over packets: what it answers by itself goes out together, and in its turn. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { chapters } from "../../chapters/manifest.ts";
import { hello, inWords, PING, packet, packets, send } from "../harness/packets.ts";

type Module = typeof import("../../chapters/v15-packets/connection.ts");
type Packets = typeof import("../../chapters/v15-packets/packets.ts");

describe.each(chapters.filter(({ id }) => id >= "v15"))("$id connection.ts", async ({ folder }) => {
  const { Connection }: Module = await import(`../../chapters/${folder}/connection.ts`);
  const { PACKETS }: Packets = await import(`../../chapters/${folder}/packets.ts`);

  /** What the client hears, and in how many writes; `take` is what is done with a line. */
  async function heard(
    bytes: Buffer,
    take: (line: string, connection: InstanceType<Module["Connection"]>) => void,
  ): Promise<{ words: string[]; writes: string[][] }> {
    const listener = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
    await once(listener, "listening");
    const client = connect((listener.address() as AddressInfo).port, "127.0.0.1");
    const [socket] = (await once(listener, "connection")) as [Socket];
    const writes: string[][] = [];
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
    socket.write = (...args: unknown[]) => {
      writes.push(packets(args[0] as Buffer).heard.map(inWords));
      return write(...args);
    };
    const connection = new Connection(socket, PACKETS);
    const writer = connection.writer();
    client.write(hello({ name: "al" }));
    client.once("readable", () => client.end(bytes)); // it is in, and all the rest comes at once
    for await (const line of connection.lines()) {
      if (typeof line === "string") take(line, connection);
      else connection.welcome("al");
    }
    connection.close();
    const chunks = await client.toArray();
    await writer;
    listener.close();
    const words = packets(Buffer.concat(chunks)).heard.map(inWords);
    return { words, writes: writes.filter((each) => each.length > 0) };
  }

  test("a hundred lines at once: their acknowledgements go out in one piece", async () => {
    const lines = Array.from({ length: 100 }, (_, i) => send(i, "hello"));
    const { words, writes } = await heard(Buffer.concat(lines), () => {});
    const answers = lines.map((_, i) => `sendack ${i} 0`);
    expect(words).toEqual(["connack 0 al", ...answers, "disconnect 0 well"]);
    expect(writes.filter((each) => each.some((word) => answers.includes(word)))).toHaveLength(1);
  });

  test("what is said meanwhile comes between them, where it was said", async () => {
    const sent = [send(1, "one"), packet(PING), send(2, "two"), send(3, "quit"), send(4, "late")];
    const { words } = await heard(Buffer.concat(sent), (line, connection) => {
      if (line === "quit") connection.close(undefined, "bye");
      else connection.say(`heard ${line}`);
    });
    expect(words).toEqual([
      ...["connack 0 al", "recv 0 heard one", "sendack 1 0", "pong"],
      ...["recv 0 heard two", "sendack 2 0", "disconnect 0 bye"],
    ]);
  });
});
