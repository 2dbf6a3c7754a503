/** A WebSocket client that shows its frames as they come, and sends those that no right client would. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Bell } from "../../test/harness/bell.ts";
import { patience } from "../../test/harness/client.ts";
import type { Server } from "../../test/harness/server.ts";
import { escaped, Failure } from "../../test/harness/transcript.ts";

const HEAD_END = "\r\n\r\n";

export interface Frame {
  /** FIN, RSV1 to RSV3 and the opcode, as they stand there: 0x81 is a text message. */
  readonly first: number;
  readonly payload: Buffer;
  /** All of it, with its head. */
  readonly bytes: Buffer;
}

export class FrameClient {
  readonly addr: string;
  /** It takes no other. */
  readonly name: string;
  /** What the server has answered to the handshake. */
  answer = "";
  readonly #socket: Socket;
  readonly #bell = new Bell();
  #bytes = Buffer.alloc(0);

  /** `offer` is its Sec-WebSocket-Extensions; without it, there is none. */
  static async connect(server: Server, offer?: string): Promise<FrameClient> {
    const { port, hostname, host } = new URL(await server.web());
    const socket = connect({ port: Number(port), host: hostname, noDelay: true });
    await once(socket, "connect");
    const client = new FrameClient(socket);
    const head = [
      ...["GET /chat HTTP/1.1", `Host: ${host}`, "Connection: Upgrade", "Upgrade: websocket"],
      ...["Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`],
      ...(offer === undefined ? [] : [`Sec-WebSocket-Extensions: ${offer}`]),
    ];
    socket.write(head.join("\r\n") + HEAD_END);
    await client.#until(() => client.#bytes.includes(HEAD_END), "an answer to the handshake");
    const end = client.#bytes.indexOf(HEAD_END);
    client.answer = client.#bytes.toString("latin1", 0, end);
    client.#bytes = client.#bytes.subarray(end + HEAD_END.length);
    return client;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.addr = this.name = `${socket.localAddress}:${socket.localPort}`;
    socket.on("error", () => {}); // a reset: what is waited for does not come
    socket.on("close", () => this.#bell.ring());
    socket.on("data", (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#bell.ring();
    });
  }

  /** A frame, masked as it must be. */
  send(first: number, payload: Buffer): void {
    const { length } = payload;
    const size = length < 126 ? [length] : [126, length >> 8, length & 0xff];
    const head = Buffer.from([first, 0x80 | (size[0] as number), ...size.slice(1)]);
    const mask = randomBytes(4);
    const masked = payload.map((byte, i) => byte ^ (mask[i & 3] as number));
    this.#socket.write(Buffer.concat([head, mask, masked]));
  }

  /** Says no goodbye, as when a page is closed. */
  end(): void {
    this.#socket.end();
  }

  async next(hoped = "a frame"): Promise<Frame> {
    await this.#until(() => this.#size() <= this.#bytes.length, hoped);
    const bytes = this.#bytes.subarray(0, this.#size());
    const payload = bytes.subarray(this.#head());
    this.#bytes = this.#bytes.subarray(bytes.length);
    return { first: bytes[0] as number, payload, bytes };
  }

  /** Of the head of the next frame. No chat's frame is so long that its length takes 8 bytes. */
  #head(): number {
    return this.#bytes[1] === 126 ? 4 : 2;
  }

  /** Of the next frame, as far as it can be told yet. */
  #size(): number {
    const head = this.#head();
    if (this.#bytes.length < head) return head;
    return head + (head === 4 ? this.#bytes.readUInt16BE(2) : (this.#bytes[1] as number));
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    const hoped = escaped(what);
    const over = () => holds() || this.#socket.closed;
    if (!(await this.#bell.until(over, patience.ms)))
      throw new Failure("hang", `${this.addr} waited in vain for ${hoped}`);
    if (!holds())
      throw new Failure(
        "mismatch",
        `instead of ${hoped}, ${this.addr} saw the end of its connection`,
      );
  }
}
