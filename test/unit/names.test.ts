/** What is a name, and which names are one, over all of Unicode. */
import { describe, expect, test } from "vitest";
import { variants } from "./variants.ts";

type Rooms = typeof import("../../chapters/v05-rename/room.ts");
type Users = typeof import("../../chapters/v05-rename/user.ts");

const all = Array.from({ length: 0x110000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff) // halves of a pair: in UTF-8 there are none
  .map((code) => String.fromCodePoint(code));

/** By the properties that docs/protocol.md names. */
const invisible = /[\p{C}\p{DI}\p{White_Space}\u2800\u{13441}\u{13442}\u{16fe4}\u{1d159}]/u;
const visible = all.filter((char) => !invisible.test(char) && !/[|:[\]]/.test(char));

/** The plain form, as docs/protocol.md tells it. */
function plain(name: string): string {
  return name.normalize("NFKC").toLowerCase().toUpperCase().normalize("NFKC");
}

function writings(name: string): Set<string> {
  const cases = [name, name.toLowerCase(), name.toUpperCase(), plain(name)];
  const forms = ["NFC", "NFD", "NFKC", "NFKD"];
  return new Set(cases.flatMap((each) => [each, ...forms.map((form) => each.normalize(form))]));
}

/** Every character with more than one writing. */
const cased = visible.filter((char) => writings(char).size > 1);

/** The iota below a Greek letter is an accent whose capital is a letter: behind it, no accent finds its place again. */
const IOTA = "\u0345";

/** Every other accent that some letter has. */
const accents = new Set(
  visible
    .filter((char) => /\p{L}/u.test(char))
    .flatMap((char) => [...char.normalize("NFD")].slice(1))
    .filter((char) => /\p{Mn}/u.test(char) && char !== IOTA),
);

function code(name: string): string {
  return [...name].map((char) => `U+${char.codePointAt(0)?.toString(16)}`).join(" ");
}

/** Where names begin, and the newest. */
const chapters = variants("user.ts").filter(
  ({ id }, i, { length }) => id === "v05" || i === length - 1,
);

describe.each(chapters)("$id names", async ({ url }) => {
  const { Room } = (await import(new URL("./room.ts", url).href)) as Rooms;
  const { User } = (await import(url)) as Users;

  /** Two who are in a room of their own, and what the first one was told last. */
  async function two() {
    const room = new Room();
    const said = { last: "" };
    const connection = (addr: string) => ({
      addr,
      say: (text: string) => {
        said.last = text;
      },
    });
    const [alice, bob] = [connection("127.0.0.1:1"), connection("127.0.0.1:2")].map(
      (each) => new User(each as never, room),
    );
    if (!alice || !bob) throw new Error("there are two");
    await alice.online();
    await bob.online();
    return { room, alice, bob, said };
  }

  /** Those of the names that can be had. */
  async function had(names: readonly string[]): Promise<string[]> {
    const { alice, said } = await two();
    const got: string[] = [];
    for (const name of names) {
      await alice.rename(name); // since v16 it takes time
      if (said.last === `you are now ${name}`) got.push(name);
    }
    return got;
  }

  /** The writings of these names that somebody else could have beside the name itself. */
  async function apart(names: Iterable<string>): Promise<string[]> {
    const { room, alice, bob } = await two();
    const free: string[] = [];
    for (const name of names) {
      if (!(await room.rename(alice, name))) free.push(`${code(name)} is not free`);
      for (const other of writings(name)) {
        if (await room.rename(bob, other)) free.push(`${code(other)}, not ${code(name)}`);
      }
      await room.rename(bob, bob.connection.addr);
    }
    return free;
  }

  test("what cannot be seen is no name, and no part of one", async () => {
    const hidden = all.filter((char) => invisible.test(char));
    expect((await had(hidden)).slice(0, 9).map(code)).toEqual([]);
    expect((await had(hidden.map((char) => `a${char}b`))).slice(0, 9).map(code)).toEqual([]);
  });

  test("what needs a letter before it is no beginning of a name", async () => {
    const marks = all.filter((char) => /\p{M}/u.test(char));
    expect((await had(marks)).slice(0, 9).map(code)).toEqual([]);
  });

  test("all letters, digits, punctuation and symbols are names", async () => {
    const whole = visible.filter((char) => !/\p{M}/u.test(char) && char === char.normalize("NFKC"));
    expect(whole.length).toBeGreaterThan(100_000);
    expect(await had(whole)).toEqual(whole);
  });

  test("all writings of a character are one name", async () => {
    expect(cased.length).toBeGreaterThan(10_000);
    expect(await apart(cased)).toEqual([]);
  });

  test("all writings of a letter with an accent are one name", async () => {
    const letters = cased.filter(
      (char) => char.toLowerCase() !== char.toUpperCase() && !char.normalize("NFD").includes(IOTA),
    );
    const names = letters.flatMap((letter) =>
      [...accents].map((accent) => (letter + accent).normalize("NFC")),
    );
    expect(await apart(names)).toEqual([]);
  });
});
