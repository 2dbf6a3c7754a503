/** accounts: `login|NAME|PASSWORD` takes a name and keeps it for whoever knows the password. */
import { rename } from "../../test/cases/v05.ts";
import type { Client } from "../../test/harness/client.ts";
import type { Server } from "../../test/harness/server.ts";
import { check, same } from "../../test/harness/transcript.ts";
import {
  bye,
  invalidName,
  kicked,
  offline,
  online,
  renamed,
  said,
  taken,
} from "../../test/harness/wire.ts";
import { among, answered, areText, type ExtraCase } from "../common/cases.ts";

const MOST = 20;
const usage = "usage: login|name|password";
const opened = (name: string) => `${renamed(name)}, and the name is yours`;
const wrong = "wrong password";
const noMore = "no more accounts";

async function login(user: Client, name: string, password: string, answer: string): Promise<void> {
  await answered(user, `login|${name}|${password}`, answer);
  if (answer.startsWith(renamed(name))) user.name = name;
}

/** As al, with the password. While many passwords are being tested it may be kicked, and comes again. */
async function comesAsAl(server: Server, answer: string): Promise<Client> {
  for (let tries = 0; ; tries++) {
    const [user] = await server.join();
    user.send("login|al|secret");
    const heard = await user.next(answer);
    if (heard === kicked(1) && tries < 20) continue;
    same([heard], [answer], "who came alone");
    return user;
  }
}

/** Goes, and the others have heard so. */
async function leave(user: Client, ...others: Client[]): Promise<void> {
  user.send("quit");
  await user.until(bye);
  for (const other of others) await other.until(offline(user));
}

/** Alice, who has an account, and so many others. */
async function crowd(server: Server, count: number): Promise<[Client, Client[]]> {
  const [alice] = await server.join();
  await login(alice, "al", "secret", opened("al"));
  const others = await server.join<number>(count);
  await alice.sync();
  return [alice, others];
}

/** The next line that is an answer, and no chat. */
async function answer(user: Client): Promise<string> {
  for (;;) {
    const line = await user.next("an answer");
    if (!line.startsWith("[")) return line;
  }
}

export const cases: ExtraCase[] = [
  {
    id: "accounts/login",
    clause: "the first `login` takes the name and makes it the user's; nobody else hears of it",
    run: among(2, async ([alice, bob]) => {
      await login(alice, "张三", "secret", opened("张三"));
      alice.send("hello");
      for (const user of [alice, bob]) await user.hears(said(alice, "hello"));
    }),
  },
  {
    id: "accounts/come-back",
    clause: "later, the password gives the name back, and no other password does",
    run: among(2, async ([alice, bob], server) => {
      await login(alice, "al", "sec|ret", opened("al"));
      await leave(alice, bob);
      for (const password of ["secret", "sec", "sec|ret ", "SEC|RET"]) {
        await login(bob, "al", password, wrong);
      }
      await answered(bob, "still me", said(bob, "still me"));
      await login(bob, "AL", "sec|ret", renamed("AL"));
      await leave(bob);
      const [carol] = await server.join();
      await login(carol, "al", "sec|ret", renamed("al"));
    }),
  },
  {
    id: "accounts/kept-from-rename",
    clause: "a name with an account needs its password, in whatever writing",
    run: among(2, async ([alice, bob]) => {
      await login(alice, "al", "secret", opened("al"));
      await rename(alice, "Al"); // her own name in another writing
      await rename(alice, "bo"); // she gives it up, and it stays hers
      for (const name of ["al", "AL", "ａｌ"]) {
        for (const user of [alice, bob]) {
          await answered(user, `rename|${name}`, taken(name));
        }
      }
      await login(alice, "al", "secret", renamed("al"));
    }),
  },
  {
    id: "accounts/somebody-has-the-name",
    clause: "while another user has the name, no password helps, and no account is made",
    run: among(2, async ([alice, bob], server) => {
      await rename(bob, "king");
      await login(alice, "King", "secret", taken("King"));
      await leave(bob, alice);
      const [carol] = await server.join();
      await alice.expect(online(carol));
      await rename(carol, "king");
      await login(carol, "king", "hers", opened("king"));
      await login(alice, "king", "hers", taken("king"));
    }),
  },
  {
    id: "accounts/refused",
    clause: "a line that begins with `login|` is never chat; one that only looks similar is text",
    run: among(2, async ([alice, bob]) => {
      for (const line of ["login|", "login|al", "login|al|", "login||"]) {
        await answered(alice, line, usage);
      }
      for (const name of ["", "a b", "a:b", "x".repeat(33)]) {
        await login(alice, name, "secret", invalidName);
      }
      await areText([alice, bob], "login", "Login|al|secret", " login|al|secret");
      await bob.hears();
    }),
  },
  {
    id: "accounts/in-one-packet",
    clause: "one line after the other: the lines after `login` wait for it",
    run: among(2, async ([alice, bob]) => {
      alice.write("login|al|secret\nhello\nlogin|al|wrong\nquit\n");
      await alice.until(opened("al"));
      alice.name = "al";
      await alice.until(wrong);
      await bob.expect(said(alice, "hello"), offline(alice));
    }),
  },
  {
    id: "accounts/race-for-one-name",
    clause:
      "of many who ask for a name at once, one gets it, and its password is the one that counts",
    async run(server) {
      const [, users] = await crowd(server, 12);
      for (const [i, user] of users.entries()) user.send(`login|king|password ${i}`);
      const answers = await Promise.all(users.map(answer));
      const kings = users.filter((_, i) => answers[i] === opened("king"));
      const losers = answers.filter((each) => each === taken("king")).length;
      const count = `${kings.length} got the name and ${losers} were refused`;
      check(kings.length === 1 && losers === 11, count);
      const [king] = kings as [Client];
      const [first, last] = users.filter((user) => user !== king).slice(-2) as [Client, Client];
      king.name = "king";
      await leave(king, first, last);
      await login(first, "king", `password ${users.indexOf(last)}`, wrong);
      await login(last, "king", `password ${users.indexOf(king)}`, renamed("king"));
    },
  },
  {
    id: "accounts/race-against-rename",
    clause: "a name that somebody takes by `rename` meanwhile is taken; no two users have one name",
    async run(server) {
      const [alice, users] = await crowd(server, 16);
      for (const [i, user] of users.entries()) {
        user.send(i % 2 === 0 ? `login|king${i}|secret` : `rename|king${i - 1}`);
      }
      const answers = await Promise.all(users.map(answer));
      for (let i = 0; i < users.length; i += 2) {
        const [one, other] = answers.slice(i, i + 2);
        const name = `king${i}`;
        const lost = [one, other].filter((each) => each === taken(name)).length;
        const won = one === opened(name) || other === renamed(name);
        check(won && lost === 1, `both asked for ${name}, and heard: ${one}; ${other}`);
      }
      await alice.sync();
      alice.send("who");
      const list = (await alice.sync()).filter((line) => line.endsWith(":online..."));
      const kings = new Set(list.map((line) => line.replace(/^.*\]/, "")));
      const all = users.length + 1;
      check(kings.size === all, `${all} users have ${kings.size} names`);
    },
  },
  {
    id: "accounts/nobody-waits",
    clause: "a password takes time to test; nobody else waits for it",
    run: among(2, async ([alice, bob]) => {
      await login(alice, "al", "secret", opened("al"));
      const tries = 20;
      alice.write("login|al|wrong\n".repeat(tries));
      let rounds = 0;
      for (const tested = () => alice.heard.length; tested() < tries / 2; rounds++)
        await bob.sync();
      check(rounds >= 5, `while ${tries / 2} passwords were tested, bob was heard ${rounds} times`);
      while (alice.heard.length < tries) await bob.sync();
    }),
  },
  {
    id: "accounts/twenty-at-most",
    clause: `there are at most ${MOST} accounts, also when more are asked for at once`,
    async run(server) {
      const [alice, users] = await crowd(server, MOST + 4);
      for (const [i, user] of users.entries()) user.send(`login|user${i}|secret`);
      const answers = await Promise.all(users.map(answer));
      const made = answers.filter((each, i) => each === opened(`user${i}`)).length;
      const refused = answers.filter((each) => each === noMore).length;
      const counts = `${made} accounts were made and ${refused} refused`;
      check(made === MOST - 1 && refused === 5, counts); // one is alice's
      await login(alice, "al", "secret", renamed("al"));
      await login(alice, "al", "other", wrong);
    },
  },
  {
    id: "accounts/kicked-meanwhile",
    clause: "a user who is kicked while its password is tested gets nothing: the name is free",
    args: ["--idle-timeout", "1"],
    async run(server) {
      await leave(await comesAsAl(server, opened("al")));
      const crowd = await Promise.all(Array.from({ length: 60 }, () => server.connect()));
      for (const user of crowd) {
        user.send("login|al|secret"); // many machines need longer for so many
        user.rest();
      }
      for (const user of crowd) same((await user.over()).slice(-1), [kicked(1)], "the last line");
      await comesAsAl(server, renamed("al"));
    },
  },
];
