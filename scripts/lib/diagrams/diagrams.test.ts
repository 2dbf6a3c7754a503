/** What is made in the guides, and what is said when the code does not give it. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Refusal } from "../command.ts";
import { chapterOf } from "../find.ts";
import { named } from "./draw.ts";
import { commandsOf, type Guide, guides, type Observed, renew } from "./guides.ts";
import { drawNodes } from "./nodes.ts";
import type { Observer, Step } from "./observe.ts";
import { ClientObserver } from "./observe-client.ts";
import { PacketObserver } from "./observe-packets.ts";
import { ServerObserver } from "./observe-server.ts";
import { packetScenes } from "./packet-scenes.ts";
import { clientScenes, type Scene, scenes } from "./scenarios.ts";
import { Stage } from "./stage.ts";
import { readTalks } from "./talks.ts";

const observed: Observed = {
  pictures: new Map(),
  screens: new Map([
    ["v09 2", "0-4> 1\nto all> hello"],
    ["v09/away 2", "the server is back"],
    ["tour 3", "you are now 张三"],
  ]),
  printed: new Map([["npm run -s chapter v07", "listening on 127.0.0.1:8888"]]),
};

const guideOf = (id: string): Guide => ({
  name: `${id}'s guide`,
  path: "",
  chapter: chapterOf(id),
});
const page: Guide = { name: "a page", path: "" };

describe("what is made in a guide", () => {
  test("a terminal of the main talk, and one of a further talk in a list", () => {
    const text = `
<!-- terminal 2 -->
what it was
<!-- /terminal -->

1. Try it:

   <!-- terminal 2 away -->
   <!-- /terminal -->
`;
    expect(renew(text, guideOf("v09"), observed)).toBe(`
<!-- terminal 2 -->

\`\`\`text
0-4> 1
to all> hello
\`\`\`

<!-- /terminal -->

1. Try it:

   <!-- terminal 2 away -->

   \`\`\`text
   the server is back
   \`\`\`

   <!-- /terminal -->
`);
  });

  test("a talk that is of no chapter, and what a command prints", () => {
    const text = `<!-- terminal 3 tour -->
<!-- /terminal -->
<!-- command npm run -s chapter v07 -->
<!-- /command -->`;
    expect(commandsOf(text)).toEqual(["npm run -s chapter v07"]);
    const made = renew(text, page, observed);
    expect(made).toContain("\nyou are now 张三\n");
    expect(made).toContain("\n$ npm run -s chapter v07\nlistening on 127.0.0.1:8888\n");
  });

  test("made once, it stays as it is", () => {
    const made = /<!-- (terminal|picture|command) .*? -->/g;
    for (const guide of guides()) {
      const text = readFileSync(guide.path, "utf8").replace(made, "");
      expect(renew(text, guide, observed)).toBe(text);
    }
  });

  test("a terminal at which nobody sits is said in one line", () => {
    const text = "<!-- terminal 7 -->\n<!-- /terminal -->";
    expect(() => renew(text, guideOf("v09"), observed)).toThrow(
      new Refusal("v09's guide: nothing happens in terminal 7"),
    );
  });
});

describe("snippets", () => {
  const kick = "  async kick(reason: string): Promise<void> {";
  const snippet = (...lines: string[]) => `\`\`\`ts\n${lines.join("\n")}\n\`\`\`\n`;

  test("one that has drifted is taken anew, from the place that is most like it", () => {
    // Channel has a method close, too, and it comes first.
    const now = snippet("  close(): void {", "    this.#readline.close();", "  }");
    const last = snippet("  close(): void {", "    this.#readline.pause();", "  }");
    const first = snippet("  close(well: boolean): void {", "    this.#readline.close();", "  }");
    for (const was of [now, first, last]) expect(renew(was, page, observed)).toBe(now);
    const bye = snippet('    await this.#room.leave(this, "bye");'); // leave(this) comes first
    expect(renew(bye.replace("bye", "bai"), guideOf("v08"), observed)).toBe(bye);
  });

  test("one that nothing is like is said in one line", () => {
    expect(() => renew(snippet("await database.save(user);"), page, observed)).toThrow(
      new Refusal("a page: this is not in the code: await database.save(user);"),
    );
  });

  test("a page may quote any chapter, a guide only its own", () => {
    expect(renew(snippet(kick), page, observed)).toBe(snippet(kick));
    expect(renew(snippet(kick), guideOf("v07"), observed)).toBe(snippet(kick));
    const lit = snippet(kick).replace("ts", "ts {1}"); // says to the site what to mark
    expect(renew(lit, guideOf("v07"), observed)).toBe(lit);
    expect(renew(lit, guideOf("v06"), observed)).toMatch(/^```ts \{1\}\n/);
    expect(renew(snippet(kick), guideOf("v06"), observed)).not.toContain("kick");
  });

  test("what is made up is js, and is left alone", () => {
    const text = "```js\nawait database.save(user);\n```\n";
    expect(renew(text, page, observed)).toBe(text);
  });
});

describe("the talks", () => {
  const all = guides().map((each) => ({ ...each, text: readFileSync(each.path, "utf8") }));

  test.each([...readTalks()])("%s is shown somewhere", (name, { events }) => {
    const [, id, further = ""] = /^(v\d\d)?\/?(.*)$/.exec(name) ?? [];
    const pages = all.filter(({ chapter }) => id === undefined || chapter?.id === id);
    const shown = pages.map(({ text }) => text).join("\n");
    expect(shown).toMatch(new RegExp(`<!-- terminal \\d${further && ` ${further}`} -->`));
    const killed = new Set(
      events.filter(({ does }) => does === "is killed").map((e) => e.terminal),
    );
    for (const { terminal, does, what } of events) {
      // What the reader is to type is what was run.
      if (does === "runs node" && !killed.has(terminal))
        expect(shown).toContain(`node -e "${what}"`);
    }
  });
});

test("a talk in which something is done that nobody can do is refused in one line", () => {
  const line = "  2 sings hello";
  expect(() => readTalks(`v01\n${line}`)).toThrow(
    new Refusal(`talks.txt: nobody can do this: ${line}`),
  );
});

describe("the observers", () => {
  /** What is seen while the scene is played on the chapter. */
  async function steps(id: string, observer: Observer, play: Scene["play"]): Promise<Step[]> {
    const stage = await Stage.open(observer, chapterOf(id).folder);
    try {
      await play(stage);
      await stage.settle();
      return named(stage.observer.steps, stage.names);
    } finally {
      await stage.close();
    }
  }
  const life = (id: string) => {
    const [client] = clientScenes as [Scene];
    const server = scenes.find((scene) => scene.id === "life" && scene.since === "v02") as Scene;
    return id === "v09"
      ? steps(id, new ClientObserver(), client.play)
      : steps(id, new ServerObserver(), server.play);
  };

  test("scenes that overlap do not see each other", async () => {
    const ids = ["v02", "v08", "v09"];
    const alone: unknown[] = [];
    for (const id of ids) alone.push(await life(id));
    expect(alone.flat().length).toBeGreaterThan(50);
    expect(await Promise.all(ids.map(life))).toEqual(alone);
  });

  test.each([[[["who", "hello"]]], [[["who"], ["hello"]]]])(
    "a client says lines, whether they come one by one or together: %j",
    async (parts) => {
      const all = await steps("v08", new ServerObserver(), async (stage) => {
        await stage.connect("alice");
        stage.begin();
        for (const lines of parts) await stage.say("alice", ...lines);
      });
      const said = all.filter(({ from }) => from === "alice").map(({ text }) => text);
      expect(said).toEqual(["who", "hello"]);
    },
  );

  test("packets: what alice missed comes once, and scenes that overlap do not see each other", async () => {
    const [scene] = packetScenes as [Scene];
    const play = () => steps("v15", new PacketObserver(), scene.play);
    const [one, other] = await Promise.all([play(), play()]);
    expect(one).toEqual(other);
    const toAlice = one.filter(({ to }) => to === "alice").map(({ text }) => text);
    expect(toAlice.filter((text) => text.endsWith("are you there?"))).toHaveLength(1);
    expect(toAlice.filter((text) => text.startsWith("SENDACK"))).toEqual(["SENDACK 1 0"]);
  });

  test("who is not on the stage is not seen", async () => {
    const { TaskGroup } = await import("../../../chapters/v08-graceful-shutdown/tasks.ts");
    const all = await steps("v08", new ServerObserver(), async (stage) => {
      stage.begin();
      const tasks = new TaskGroup();
      tasks.go("stranger", async () => {});
      stage.observer.onStage("server", () => tasks.go("actor", async () => {}));
      await tasks.wait();
    });
    expect(all.map(({ to }) => to)).toEqual(["actor"]);
  });
});

test("the pictures of nodes: of two who ask at once one is refused, and all is the same in each run", async () => {
  const [once, again] = [await drawNodes(), await drawNodes()];
  expect(again).toEqual(once);
  const claim = once.get("claim") ?? "";
  expect(claim).toContain("chat_names--xc: the last revision is 1");
  expect(claim).toMatch(/a-->>mei: you are now king[\s\S]*c-->>lin: name king is taken/);
});
