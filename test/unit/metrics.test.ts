/** Figures that cannot be met from outside: what stands in the queue is gone in a moment. */
import { describe, expect, test } from "vitest";
import { variants } from "./variants.ts";

type Metrics = typeof import("../../chapters/v10-monitoring/metrics.ts");
type Rooms = typeof import("../../chapters/v10-monitoring/room.ts");
type Tasks = typeof import("../../chapters/v10-monitoring/tasks.ts");

describe.each(variants("metrics.ts"))("$id metrics.ts", async ({ url }) => {
  const load = (file: string) => import(new URL(file, url).href);
  const { metricsOf, countByKind } = (await load("./metrics.ts")) as Metrics;
  const { Room } = (await load("./room.ts")) as Rooms;
  const { TaskGroup } = (await load("./tasks.ts")) as Tasks;

  test("a queue that stands still is seen to grow, and to be empty once it is worked on", async () => {
    const room = new Room();
    const tasks = new TaskGroup();
    const registry = metricsOf({ room, tasks } as never);
    const figure = async (name: string) =>
      (await registry.metrics()).split("\n").find((line) => line.startsWith(`${name} `));
    const user = { name: "al", connection: { addr: "1.2.3.4:5" } } as never;
    for (const text of ["one", "二"]) await room.broadcast(user, text);
    const bytes = Buffer.byteLength("[1.2.3.4:5]al:one[1.2.3.4:5]al:二");
    expect(await figure("chat_messages_queue_bytes")).toBe(`chat_messages_queue_bytes ${bytes}`);
    tasks.go("broadcaster", () => room.broadcaster());
    room.close(0);
    await tasks.wait();
    expect(await figure("chat_messages_queue_bytes")).toBe("chat_messages_queue_bytes 0");
    expect(await figure("chat_broadcast_delay_seconds_count")).toMatch(/ 2$/);
  });

  test("the default figures of the process are there", async () => {
    const registry = metricsOf({ room: new Room(), tasks: new TaskGroup() } as never);
    expect(await registry.metrics()).toMatch(/^process_cpu_seconds_total \d/m);
  });

  test("tasks are counted by the first word of their names", () => {
    const names = ["writer a:1", "writer b:2", "broadcaster", "kick 张三"];
    expect(countByKind(names)).toEqual({ writer: 2, broadcaster: 1, kick: 1 });
    expect(countByKind([])).toEqual({});
  });
});
