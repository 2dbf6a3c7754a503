/** rooms: `join|ROOM` moves a user to another room; one hears those who are in the same one. */
import { chatUntil } from "../../test/cases/v02.ts";
import { rename } from "../../test/cases/v05.ts";
import type { Client } from "../../test/harness/client.ts";
import { check, same } from "../../test/harness/transcript.ts";
import { bye, listed, offline, online, said, told } from "../../test/harness/wire.ts";
import { among, answered, areText, costOfNames, type ExtraCase } from "../common/cases.ts";

const invalid = "invalid room: 1 to 32 visible characters, no white space, none of | : [ ]";
const already = (room: string) => `you are in ${room} already`;
const joined = (user: Client) => said(user, "joined");
const left = (user: Client) => said(user, "left");

/** Goes there, and everybody hears so: those in the room that it leaves, and those in the new one. */
async function join(user: Client, room: string, from: Client[] = [], to: Client[] = []) {
  user.send(`join|${room}`);
  for (const each of [user, ...to]) await each.expect(joined(user));
  for (const each of from) await each.expect(left(user));
}

/** What `rooms` answers, `tea: 2` a line. */
async function rooms(user: Client, ...expected: string[]): Promise<void> {
  await answered(user, "rooms", ...expected);
}

export const cases: ExtraCase[] = [
  {
    id: "rooms/lobby",
    clause: "a newcomer is in the lobby; `rooms` lists the rooms to the asker only",
    run: among(2, async ([alice, bob]) => {
      await rooms(alice, "lobby: 2");
      await bob.hears();
      bob.reset();
      await alice.expect(offline(bob));
      await rooms(alice, "lobby: 1");
    }),
  },
  {
    id: "rooms/join",
    clause:
      "`join|ROOM`: those who stay hear `left`; those who are there, the newcomer too, `joined`",
    run: among(3, async ([alice, bob, carol]) => {
      alice.send("join|tea");
      await alice.hears(joined(alice));
      for (const user of [bob, carol]) await user.expect(left(alice));
      bob.send("join|tea");
      await bob.hears(joined(bob));
      await alice.hears(joined(bob));
      await carol.hears(left(bob));
      await rooms(carol, "lobby: 1", "tea: 2");
    }),
  },
  {
    id: "rooms/text",
    clause: "text is heard by those in the same room, and by nobody else",
    run: among(4, async ([alice, bob, carol, dave]) => {
      await join(alice, "tea", [bob, carol, dave]);
      await join(bob, "tea", [carol, dave], [alice]);
      alice.send("milk?");
      carol.send("anybody?");
      for (const user of [alice, bob]) await user.expect(said(alice, "milk?"));
      for (const user of [carol, dave]) await user.expect(said(carol, "anybody?"));
      for (const user of [alice, bob, carol, dave]) await user.hears();
    }),
  },
  {
    id: "rooms/who",
    clause: "`who` lists those in the asker's room, in the order in which they came in",
    run: among(3, async ([alice, bob, carol]) => {
      await join(carol, "tea", [alice, bob]);
      await join(alice, "tea", [bob], [carol]);
      await answered(alice, "who", listed(carol), listed(alice));
      await join(carol, "lobby", [alice], [bob]);
      await join(alice, "lobby", [], [bob, carol]);
      await answered(bob, "who online", listed(bob), listed(carol), listed(alice));
    }),
  },
  {
    id: "rooms/private",
    clause: "private messages find their way to any room",
    run: among(2, async ([alice, bob]) => {
      await rename(bob, "bo");
      await join(alice, "tea", [bob]);
      alice.send("to|bo|come here");
      await bob.expect(told(alice, "come here"));
    }),
  },
  {
    id: "rooms/names",
    clause: "a wrong room name is refused; a name in another writing is the same room",
    run: among(2, async ([alice, bob]) => {
      for (const room of ["", "a b", "a|b", "tea:", "[tea]", "\u{200b}", "x".repeat(33)]) {
        await answered(alice, `join|${room}`, invalid);
      }
      await answered(alice, "join|Lobby", already("lobby"));
      await join(alice, "Tea", [bob]);
      await join(bob, "ＴＥＡ", [], [alice]);
      await answered(bob, "join|tea", already("Tea"));
      await rooms(bob, "Tea: 2");
      await areText([bob], "join", "Join|tea", " join|tea", "Rooms", "rooms?");
    }),
  },
  {
    id: "rooms/in-its-turn",
    clause:
      "what was said before `join` is heard in the old room, what comes after it in the new one",
    run: among(3, async ([alice, bob, carol]) => {
      await join(bob, "tea", [alice, carol]);
      alice.write("one\njoin|tea\ntwo\njoin|lobby\nthree\n");
      await alice.until(said(alice, "three"));
      await carol.hears(said(alice, "one"), left(alice), joined(alice), said(alice, "three"));
      await bob.hears(joined(alice), said(alice, "two"), left(alice));
    }),
  },
  {
    id: "rooms/first-of-the-new-room",
    clause: "the first line that a user hears of a room is its own `joined`, even if both are busy",
    run: among(3, async ([alice, bob, carol]) => {
      await join(bob, "tea", [alice, carol]);
      let over = false;
      const done = () => over;
      const moving = async () => {
        for (let i = 0; i < 20; i++) {
          const [from, to] = i % 2 === 0 ? [carol, bob] : [bob, carol];
          alice.send(`join|${i % 2 === 0 ? "tea" : "lobby"}`);
          only(await alice.until(joined(alice)), from);
          const words = await alice.next();
          only([words], to);
        }
      };
      await Promise.all([
        moving().finally(() => (over = true)),
        ...[bob, carol].map((user) => chatUntil(user, done, Number.POSITIVE_INFINITY)),
      ]);

      function only(lines: string[], speaker: Client): void {
        const wrong = lines.find((line) => !line.startsWith(`[${speaker.addr}]`));
        if (wrong !== undefined) same([wrong], [], "alice");
      }
    }),
  },
  {
    id: "rooms/many-who-move",
    clause: "nobody hears what is said in another room, however many move at once",
    run: among(10, async (users) => {
      const [ROUNDS, ROOMS] = [60, 4];
      const room = (user: number, round: number) =>
        `r${(user * 7 + round * (1 + (user % 3))) % ROOMS}`;
      for (let round = 0; round < ROUNDS; round++) {
        for (const [i, user] of users.entries()) {
          user.write(`join|${room(i, round)}\nin ${room(i, round)}: ${round}\n`);
        }
      }
      const heard = new Map(users.map((user) => [user, [] as string[]]));
      for (const user of [...users, ...users]) heard.get(user)?.push(...(await user.sync()));
      for (const [i, user] of users.entries()) {
        let [moves, spoken] = [-1, 0];
        for (const line of heard.get(user) ?? []) {
          if (line === joined(user)) moves++;
          const [, where, round] = /:in (r\d): (\d+)$/.exec(line) ?? [];
          if (where === undefined) continue;
          const here = room(i, moves);
          check(where === here, `in ${here}, somebody heard what was said in ${where}`);
          if (line.startsWith(`[${user.addr}]`)) same([`${round}`], [`${spoken++}`], "own words");
        }
        check(spoken === ROUNDS, `of ${ROUNDS} lines of its own, ${spoken} were heard`);
      }
    }),
  },
  {
    id: "rooms/empty-rooms-are-gone",
    clause: "a room is there as long as somebody is in it; the oldest is listed first",
    run: among(2, async ([alice, bob]) => {
      for (let i = 0; i < 30; i++) await join(alice, `r${i}`);
      await rooms(alice, "lobby: 1", "r29: 1");
      bob.send("join|R29");
      await bob.until(joined(bob));
      await alice.expect(joined(bob));
      await rooms(alice, "r29: 2");
      await join(alice, "Lobby");
      await rooms(alice, "r29: 1", "Lobby: 1");
      bob.send("quit");
      await bob.until(bye);
      await rooms(alice, "Lobby: 1");
    }),
  },
  {
    id: "rooms/leaving",
    clause:
      "who comes is announced in the lobby, who leaves in the room where it was, and nowhere else",
    run: among(3, async ([alice, bob, carol], server) => {
      await join(alice, "tea", [bob, carol]);
      await join(bob, "tea", [carol], [alice]);
      await answered(bob, "quit", bye);
      const [dave] = await server.join();
      await carol.hears(online(dave));
      await alice.hears(offline(bob));
      await rooms(alice, "lobby: 2", "tea: 1");
    }),
  },
  {
    id: "rooms/asleep-next-door",
    alone: true,
    clause: "lines in one room cost nothing in another: a client that sleeps there is not cut off",
    run: among(3, async ([alice, bob, carol]) => {
      await join(alice, "tea", [bob, carol]);
      alice.stall();
      await chatUntil(bob, (lines) => lines >= 4000, Number.POSITIVE_INFINITY); // 16 MB
      await carol.sync();
      alice.read();
      await alice.hears();
    }),
  },
  {
    id: "rooms/moved-for-ever",
    clause: "a room in which nobody is any more costs nothing",
    needs: ["memory"],
    run: among(1, async ([alice], server) => {
      await rooms(alice, "lobby: 1");
      const grown = await costOfNames(server, alice, "join", 30);
      check(grown < 75, `150,000 rooms cost ${grown.toFixed()} MiB`);
    }),
  },
];
