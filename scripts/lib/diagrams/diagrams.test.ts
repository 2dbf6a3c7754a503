/** What is made in the guides, and what is said when the code does not give it. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chapters } from "../../../chapters/manifest.ts";
import { Refusal } from "../command.ts";
import { ClientStage, clientScenes } from "./client-scenes.ts";
import { named } from "./draw.ts";
import { commandsOf, type Guide, guides, type Observed, renew } from "./guides.ts";
import { type Scene, Stage, scenes } from "./scenarios.ts";
import { talks } from "./talks.ts";

const observed: Observed = {
  pictures: new Map(),
  screens: new Map([
    ["v09 2", "0-4> 1\nto all> hello"],
    ["v09/away 2", "the server is back"],
    ["tour 3", "you are now 张三"],
  ]),
  printed: new Map([["npm run -s chapter v07", "listening on 127.0.0.1:8888"]]),
};

function guideOf(id: string): Guide {
  const chapter = chapters.find((chapter) => chapter.id === id);
  if (!chapter) throw new Error(`no chapter ${id}`);
  return { name: `${id}'s guide`, path: "", chapter };
}
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
    for (const guide of guides()) {
      const text = readFileSync(guide.path, "utf8").replace(
        /<!-- (terminal|picture|command) .*? -->/g,
        "",
      );
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
    expect(renew(snippet(kick), guideOf("v06"), observed)).not.toContain("kick");
  });

  test("what is made up is js, and is left alone", () => {
    const text = "```js\nawait database.save(user);\n```\n";
    expect(renew(text, page, observed)).toBe(text);
  });
});

describe("the talks", () => {
  const texts = new Map(
    guides().map(({ chapter, path }) => [chapter?.id, readFileSync(path, "utf8")]),
  );
  const all = guides().map(({ path }) => readFileSync(path, "utf8"));

  test.each(Object.entries(talks))("%s is shown somewhere", (name, { chapter, events }) => {
    const [id, further = ""] = name === "tour" ? ["", "tour"] : name.split("/");
    const shown = id === "" ? all.join("\n") : (texts.get(id) ?? "");
    const mark = new RegExp(`<!-- terminal \\d${further && ` ${further}`} -->`);
    expect(shown).toMatch(mark);
    expect(chapters.map(({ id }) => id)).toContain(chapter);
    const killed = new Set(events.filter(([, does]) => does === "is killed").map(([who]) => who));
    for (const [who, does, what] of events) {
      // What the reader is to type is what was run.
      if (does === "runs node" && !killed.has(who)) expect(shown).toContain(`node -e "${what}"`);
    }
  });
});

describe("the observers", () => {
  async function steps<S extends Stage | ClientStage>(stage: S, scene: Scene<S>) {
    try {
      await scene.play(stage);
      return named(stage.observer.steps, stage.names);
    } finally {
      await stage.close();
    }
  }
  async function life(id: string) {
    const chapter = guideOf(id).chapter;
    const server = scenes.find((scene) => scene.id === "life" && scene.since === "v02");
    const [client] = clientScenes;
    if (!chapter || !server || !client) throw new Error("no such scene");
    return id === "v09"
      ? steps(await ClientStage.open(chapter, client), client)
      : steps(await Stage.open(chapter, server), server);
  }

  test("scenes that overlap do not see each other", async () => {
    const ids = ["v02", "v08", "v09"];
    const alone: unknown[] = [];
    for (const id of ids) alone.push(await life(id));
    expect(alone.flat().length).toBeGreaterThan(50);
    expect(await Promise.all(ids.map(life))).toEqual(alone);
  });

  test("a client says lines, whether they come one by one or together", async () => {
    const [scene] = scenes;
    const chapter = guideOf("v08").chapter;
    if (!chapter || !scene) throw new Error("no such scene");
    const said = async (...parts: string[][]) => {
      const play = async (stage: Stage) => {
        await stage.connect("alice");
        stage.begin();
        for (const lines of parts) await stage.say("alice", ...lines);
      };
      const all = await steps(await Stage.open(chapter, scene), { ...scene, play });
      return all.filter(({ from }) => from === "alice").map(({ text }) => text);
    };
    expect(await said(["who", "hello"])).toEqual(["who", "hello"]);
    expect(await said(["who"], ["hello"])).toEqual(["who", "hello"]);
  });

  test("who is not on the stage is not seen", async () => {
    const chapter = guideOf("v08").chapter;
    const [scene] = scenes;
    if (!chapter || !scene) throw new Error("no such scene");
    const stage = await Stage.open(chapter, scene);
    try {
      const { TaskGroup } = await import("../../../chapters/v08-graceful-shutdown/tasks.ts");
      const tasks = new TaskGroup();
      tasks.go("stranger", async () => {});
      await tasks.wait();
      expect(stage.observer.steps.map(({ to }) => to)).not.toContain("stranger");
      stage.observer.onStage(() => tasks.go("actor", async () => {}));
      await tasks.wait();
      expect(stage.observer.steps.map(({ to }) => to)).toContain("actor");
    } finally {
      await stage.close();
    }
  });
});
