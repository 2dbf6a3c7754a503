/** The site's server takes whatever address it is asked for. */
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { expect, test } from "vitest";
import { scratch } from "../testing.ts";
import { serve } from "./serve.ts";

test("types are right, broken addresses are refused, and nothing outside is shown", async () => {
  const folder = scratch();
  writeFileSync(`${folder}/secret.txt`, "secret");
  mkdirSync(`${folder}/site`);
  for (const file of ["index.html", "V0.1.html", "a.css", "a.js", "a.svg"])
    writeFileSync(`${folder}/site/${file}`, file);
  const { port } = new URL(await serve(`${folder}/site`));
  const ask = async (path: string) => {
    // Not fetch, which would mend the address first.
    const [answer] = await once(get({ host: "127.0.0.1", port, path }), "response");
    const { statusCode, headers } = answer.resume();
    return [statusCode, headers["content-type"]?.split(";")[0]].join(" ").trim();
  };
  for (const path of ["/%", "/%E0%A4%A", "/%00", "/none", "/../secret.txt", "/%2e%2e/secret.txt"])
    expect(await ask(path), path).toBe("404");
  expect(await ask("/")).toBe("200 text/html");
  expect(await ask("/V0.1.html")).toBe("200 text/html");
  expect(await ask("/a.css")).toBe("200 text/css");
  expect(await ask("/a.js")).toBe("200 text/javascript");
  expect(await ask("/a.svg")).toBe("200 image/svg+xml");
});
