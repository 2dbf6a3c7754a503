import { describe, expect, test, vi } from "vitest";
import { variants } from "./variants.ts";

type Module = typeof import("../../chapters/v01-basic-server/tasks.ts");

describe.each(variants("tasks.ts"))("$id tasks.ts", async ({ url }) => {
  const { TaskGroup } = (await import(url)) as Module;

  test("running names the tasks that have not ended", async () => {
    const tasks = new TaskGroup();
    let end = () => {};
    tasks.go("first", () => new Promise<void>((resolve) => (end = resolve)));
    tasks.go("second", async () => {});
    expect(tasks.running).toEqual(["first", "second"]);
    await Promise.resolve().then(() => {});
    end();
    await tasks.wait();
    expect(tasks.running).toEqual([]);
  });

  test("wait waits for the tasks that tasks start", async () => {
    const tasks = new TaskGroup();
    const order: string[] = [];
    tasks.go("parent", async () => {
      await Promise.resolve();
      tasks.go("child", async () => {
        await new Promise((resolve) => setImmediate(resolve));
        order.push("child");
      });
    });
    await tasks.wait();
    expect(order).toEqual(["child"]);
  });

  test("a task that throws is reported by name, and the others go on", async () => {
    const report = vi.spyOn(console, "error").mockImplementation(() => {});
    const tasks = new TaskGroup();
    const fault = new Error("on purpose");
    let ended = false;
    tasks.go("broken", async () => {
      throw fault;
    });
    tasks.go("sound", async () => {
      await new Promise((resolve) => setImmediate(resolve));
      ended = true;
    });
    await tasks.wait();
    expect(ended).toBe(true);
    expect(report.mock.calls).toEqual([["task broken failed:", fault]]);
    report.mockRestore();
  });
});
