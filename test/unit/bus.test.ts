/** What may be said of NATS on the command line; nobody is asked yet. */
import { describe, expect, test } from "vitest";
import { variants } from "./variants.ts";

type Module = typeof import("../../chapters/v16-cluster/bus.ts");

describe.each(variants("bus.ts"))("$id bus", async ({ url }) => {
  const { Bus }: Module = await import(url);

  test.each([
    ["nats://127.0.0.1", "nats://127.0.0.1"],
    ["nats://al:hunter2@127.0.0.1:4222,tls://b", "nats://127.0.0.1:4222,tls://b"],
    ["nats://al:hunter2%zz@127.0.0.1", "nats://127.0.0.1"],
    ["nats://%:hunter2%@127.0.0.1", "nats://127.0.0.1"],
    ["nats://al:hunter2@a,nats://al:hunter2@b,nats://c", "nats://a,nats://b,nats://c"],
  ])("%s is shown as %s", async (urls, shown) => {
    expect((await Bus.at(urls)).url).toBe(shown);
  });

  test.each(["nats://al:hunter2@a,nats://bo:hunter2@b", "nats://al:hunter2@a,nats://al:hunter3@b"])(
    "%s is refused: a password that is not used would be missed only when the first NATS is gone",
    async (urls) => {
      const refused = {
        code: "ERR_OPTION",
        message: expect.stringMatching(/^--nats must .* URLs$/),
      };
      await expect(Bus.at(urls)).rejects.toMatchObject(refused);
    },
  );
});
