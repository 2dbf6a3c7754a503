/** The figures of a running server, as Prometheus reads them. They are looked up when somebody asks. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Server } from "./server.ts";

/** In seconds. A tenth is where people begin to notice, so the steps around it are small. */
const DELAYS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

export function metricsOf(server: Server): Registry {
  const { room, tasks } = server;
  const registry = new Registry();
  const { counts, history, messages, online } = room;
  collectDefaultMetrics({ register: registry });
  show(registry, Gauge, "chat_users", "users who are online", () => room.users.length);
  show(
    registry,
    Gauge,
    "chat_messages_queue_bytes",
    "said, but not yet on its way",
    () => messages.size,
  );
  show(registry, Gauge, "chat_outbox_bytes_max", "waits for the slowest user", () =>
    [...online].reduce((most, { connection }) => Math.max(most, connection.outbox.size), 0),
  );
  show(registry, Gauge, "chat_tasks{kind}", "tasks that run", () => countByKind(tasks.running));
  show(registry, Counter, "chat_lines_total{kind}", "messages carried out", () => counts.lines);
  show(
    registry,
    Counter,
    "chat_deliveries_total",
    "lines put into outboxes",
    () => counts.deliveries,
  );
  show(registry, Counter, "chat_left_total{reason}", "users who left", () => counts.left);
  const dropped = () => history?.dropped ?? 0;
  show(registry, Counter, "chat_history_dropped_total", "lines that could not be kept", dropped);
  const delay = new Histogram({
    name: "chat_broadcast_delay_seconds",
    help: "from the moment that a line is sent until it is in the outboxes",
    buckets: DELAYS,
    registers: [registry],
  });
  room.onDelivered = (seconds) => delay.observe(seconds);
  const roundTrip = new Histogram({
    name: "chat_ping_rtt_seconds",
    help: "from a WebSocket's ping to its pong",
    buckets: DELAYS,
    registers: [registry],
  });
  server.onPong = (seconds) => roundTrip.observe(seconds);
  return registry;
}

/** A figure, or several, told apart by the label in the braces; `look` finds them when they are asked for. */
function show(
  registry: Registry,
  Metric: typeof Counter | typeof Gauge,
  title: string,
  help: string,
  look: () => number | Readonly<Record<string, number>>,
): void {
  const [name = "", label = ""] = title.split(/[{}]/);
  new Metric({
    ...{ name, help, labelNames: label ? [label] : [], registers: [registry] },
    collect() {
      const figures = look();
      this.reset();
      if (typeof figures === "number") this.inc(figures);
      else
        for (const [value, count] of Object.entries(figures)) this.inc({ [label]: value }, count);
    },
  });
}

/** How many there are of each kind: the first word, as in `handler 127.0.0.1:50001`. */
export function countByKind(tasks: readonly string[]): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const [kind = ""] of tasks.map((name) => name.split(" "))) {
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}
