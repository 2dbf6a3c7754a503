/** The login: wrong tokens slow down where they come from, and nothing else. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { variants } from "./variants.ts";

type Logins = typeof import("../../chapters/v15-packets/login.ts");
type Tokens = typeof import("../../chapters/v15-packets/token.ts");
type Login = InstanceType<Logins["Login"]>;

const KEY = Buffer.alloc(32, "k");
const HERE = "192.0.2.1:1000";
const MINUTE = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe.each(variants("login.ts"))("$id", async ({ url }) => {
  const { Login }: Logins = await import(url);
  const { sign }: Tokens = await import(new URL("./token.ts", url).href);
  const good = (name: string) => sign(name, Math.floor(Date.now() / 1000) + 3600, KEY);

  /** What it is told, and after how long; undefined as long as it waits. */
  function ask(login: Login, addr: string, token: string, name = "al") {
    const began = performance.now();
    const answer: { said?: string; after?: number } = {};
    login.check({ name, token }, addr).then((refused) => {
      answer.said = refused ?? "come in";
      answer.after = performance.now() - began;
    });
    return answer;
  }

  /** The same, waited for. */
  async function hears(login: Login, addr: string, token = "wrong", name = "al") {
    const answer = ask(login, addr, token, name);
    for (let i = 0; answer.said === undefined && i < 100; i++)
      await vi.advanceTimersByTimeAsync(i === 0 ? 0 : 250);
    return answer;
  }

  /** So many wrong ones, one behind the other: how long each took. */
  async function guesses(login: Login, times: number, addr = HERE) {
    const took: (number | undefined)[] = [];
    for (let i = 0; i < times; i++) took.push((await hears(login, addr)).after);
    return took;
  }

  test("without a secret nobody needs a token, and nobody waits", async () => {
    const login = new Login(undefined);
    expect(login.needed).toBe(false);
    for (let i = 0; i < 9; i++)
      expect(await hears(login, HERE, "")).toEqual({ said: "come in", after: 0 });
  });

  test("with its own token a name comes in; with another's, none or an old one it does not", async () => {
    const login = new Login(KEY);
    expect(login.needed).toBe(true);
    const said = async (name: string, token: string) =>
      (await hears(login, `${name}.invalid:1`, token, name)).said; // each has an address of its own
    expect(await said("al", good("al"))).toBe("come in");
    expect(await said("张三", good("张三"))).toBe("come in");
    expect(await said("bob", good("al"))).toBe("bad token");
    expect(await said("Al", good("al"))).toBe("bad token");
    expect(await said("al", "")).toBe("bad token");
    expect(await said("al", sign("al", Math.floor(Date.now() / 1000), KEY))).toBe("bad token");
    expect(await said("al", sign("al", 2 ** 40, Buffer.alloc(32, "x")))).toBe("bad token");
    for (const name of ["", "a b", "a|b", "x".repeat(33)])
      expect([name, await said(name, good(name))]).toEqual([name, "bad name"]);
  });

  test("three wrong ones are free, then each waits twice as long, up to 8 s", async () => {
    const waits = [0, 0, 0, 250, 500, 1000, 2000, 4000, 8000, 8000];
    expect(await guesses(new Login(KEY), waits.length)).toEqual(waits);
  });

  test("bad names count, and are as slow", async () => {
    const login = new Login(KEY);
    for (let i = 0; i < 3; i++) await hears(login, HERE, good("a b"), "a b");
    expect(await hears(login, HERE, "", "a b")).toEqual({ said: "bad name", after: 250 });
  });

  test("all at once is no way around", async () => {
    const login = new Login(KEY);
    const answers = Array.from({ length: 9 }, () => ask(login, HERE, "wrong"));
    await vi.advanceTimersByTimeAsync(8000);
    expect(answers.map(({ after }) => after)).toEqual([
      ...[0, 0, 0, 250, 500, 1000, 2000, 4000, 8000],
    ]);
  });

  test("a right one from there comes in, but not earlier than a wrong one is refused", async () => {
    const login = new Login(KEY);
    await guesses(login, 5);
    const [right, wrong] = [ask(login, HERE, good("al")), ask(login, HERE, "wrong")];
    await vi.advanceTimersByTimeAsync(999);
    expect([right, wrong]).toEqual([{}, {}]);
    await vi.advanceTimersByTimeAsync(1001);
    expect(right).toEqual({ said: "come in", after: 1000 });
    expect(wrong).toEqual({ said: "bad token", after: 2000 });
  });

  test("a right one neither counts nor clears what was counted", async () => {
    const login = new Login(KEY);
    await guesses(login, 2);
    const many = Array.from({ length: 200 }, () => ask(login, HERE, good("al")));
    await vi.advanceTimersByTimeAsync(0);
    expect(new Set(many.map(({ after }) => after))).toEqual(new Set([0]));
    expect(await guesses(login, 3)).toEqual([0, 250, 500]);
    for (let i = 0; i < 3; i++)
      expect(await hears(login, HERE, good("al"))).toEqual({ said: "come in", after: 1000 });
  });

  test("a token is judged when its turn has come, not before", async () => {
    const login = new Login(KEY);
    await guesses(login, 9);
    const token = sign("al", Math.floor(Date.now() / 1000) + 5, KEY);
    expect(await hears(login, HERE, token)).toEqual({ said: "bad token", after: 8000 });
  });

  test("nobody else is slowed down", async () => {
    const login = new Login(KEY);
    for (let i = 0; i < 1000; i++) ask(login, `192.0.2.1:${i}`, "wrong");
    await vi.advanceTimersByTimeAsync(0);
    for (const addr of ["192.0.2.2:1000", "2001:db8::1:1000", "::1:1000", "undefined:undefined"]) {
      expect([addr, await hears(login, addr, good("al"))]).toEqual([
        addr,
        { said: "come in", after: 0 },
      ]);
      expect(await guesses(login, 3, addr)).toEqual([0, 0, 0]);
    }
    await vi.advanceTimersByTimeAsync(8000);
  });

  test.each([
    ["an address, whatever its port", "192.0.2.1:1", "192.0.2.1:65535"],
    ["an IPv4 address on a socket for both kinds", "192.0.2.1:1", "::ffff:192.0.2.1:1"],
    ["IPv6 by its first 64 bits", "2001:db8:1:2::1:1", "2001:db8:1:2:a:b:c:d:1"],
    ["which :: may hold", "2001:db8::1:1", "2001:db8:0:0:ffff::1"],
    ["the interface aside", "fe80::1%eth0:1", "fe80::2%eth1:1"],
    ["this machine", "::1:1", "::1:2"],
  ])("one who guesses: %s", async (_, first, second) => {
    const login = new Login(KEY);
    await guesses(login, 3, first);
    expect(await guesses(login, 1, second)).toEqual([250]);
  });

  test.each([
    ["192.0.2.1:1", "192.0.2.2:1"],
    ["::ffff:192.0.2.1:1", "::ffff:192.0.2.2:1"],
    ["2001:db8:1:2::1:1", "2001:db8:1:3::1:1"],
    ["::1:1", "127.0.0.1:1"],
    ["::ffff:127.0.0.1:1", "::1:1"],
    ["2001:db8::1:1", "2001:db9::1:1"],
  ])("two who guess: %s and %s", async (first, second) => {
    const login = new Login(KEY);
    await guesses(login, 4, first);
    expect(await guesses(login, 1, second)).toEqual([0]);
  });

  test("after a minute without a wrong one all is forgotten, and not before", async () => {
    const login = new Login(KEY);
    await guesses(login, 4);
    await vi.advanceTimersByTimeAsync(MINUTE - 1000);
    expect(await guesses(login, 1)).toEqual([500]);
    await vi.advanceTimersByTimeAsync(MINUTE - 1);
    expect(await hears(login, HERE, good("al"))).toEqual({ said: "come in", after: 1000 });
    expect(await guesses(login, 4)).toEqual([0, 0, 0, 250]);
  });

  test("a clock that is set anew makes nobody forget, or wait", async () => {
    const login = new Login(KEY);
    await guesses(login, 4);
    vi.setSystemTime(Date.now() + 1000 * MINUTE);
    expect(await guesses(login, 1)).toEqual([500]);
    vi.setSystemTime(Date.now() - 2000 * MINUTE);
    expect(await guesses(login, 1)).toEqual([1000]);
  });

  test("a hundred wait at one address, the next is refused at once; later they may again", async () => {
    const login = new Login(KEY);
    await guesses(login, 3);
    const waiting = Array.from({ length: 100 }, () => ask(login, HERE, good("al")));
    await vi.advanceTimersByTimeAsync(0);
    expect(waiting.filter(({ said }) => said !== undefined)).toEqual([]);
    expect(await hears(login, HERE, good("al"))).toEqual({ said: "bad token", after: 0 });
    expect(await hears(login, "192.0.2.2:1", good("al"))).toEqual({ said: "come in", after: 0 });
    await vi.advanceTimersByTimeAsync(8000);
    expect(new Set(waiting.map(({ said }) => said))).toEqual(new Set(["come in"]));
    expect(await hears(login, HERE, good("al"))).toEqual({ said: "come in", after: 250 });
  });

  test("ten thousand wait in all, and whoever has not guessed does not wait for them", async () => {
    const login = new Login(KEY);
    for (let i = 0; i < 101 * 103; i++) ask(login, `10.0.0.${i % 101}:1`, "wrong");
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(10_000);
    expect(await hears(login, "10.0.0.1:1", good("al"))).toEqual({ said: "bad token", after: 0 });
    expect(await hears(login, "192.0.2.2:1", good("al"))).toEqual({ said: "come in", after: 0 });
    expect(await guesses(login, 3, "192.0.2.2:1")).toEqual([0, 0, 0]);
    login.close(); // ten thousand faked timers take long to fire
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(await hears(login, "10.0.0.1:1", good("al"))).toEqual({ said: "come in", after: 8000 });
  });

  test("ten thousand addresses are known; the one that was wrong longest ago goes first", async () => {
    const login = new Login(KEY);
    const wrong = (i: number) =>
      login.check({ name: "al", token: "" }, `10.0.${i >> 8}.${i & 255}:1`);
    for (let i = 0; i < 2; i++) for (let j = 0; j < 3; j++) await wrong(i);
    for (let i = 2; i < 10_000; i++) await wrong(i);
    expect(await guesses(login, 1, "10.0.0.0:1")).toEqual([250]); // and is now the last of them
    await wrong(10_000); // 10.0.0.1 must go
    expect(await guesses(login, 3, "10.0.0.1:1")).toEqual([0, 0, 0]);
    expect(await guesses(login, 1, "10.0.0.0:1")).toEqual([500]);
  });

  test("at the end nobody waits any longer", async () => {
    const login = new Login(KEY);
    await guesses(login, 9);
    const answers = [ask(login, HERE, good("al")), ask(login, HERE, "wrong")];
    login.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(answers.map(({ said }) => said)).toEqual(["come in", "bad token"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("whoever waits keeps no process alive", async () => {
    const login = new Login(KEY);
    await guesses(login, 3);
    vi.useRealTimers();
    const timers = vi.spyOn(globalThis, "setTimeout");
    void login.check({ name: "al", token: "" }, HERE);
    const made = timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef());
    expect(made).toEqual([false]);
    login.close();
    timers.mockRestore();
  });

  test("nothing of a name or a token is printed", async () => {
    const said = (["log", "info", "warn", "error", "debug"] as const).map((kind) =>
      vi.spyOn(console, kind).mockReturnValue(),
    );
    const written = [process.stdout, process.stderr].map((out) =>
      vi.spyOn(out, "write").mockReturnValue(true),
    );
    const login = new Login(KEY);
    await guesses(login, 5);
    await hears(login, HERE, good("al"));
    const printed: unknown[][] = [...said, ...written].flatMap(({ mock }) => mock.calls);
    vi.restoreAllMocks();
    expect(printed).toEqual([]);
  });
});
