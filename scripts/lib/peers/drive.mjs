/** A client with the interface that browsers have: it does as it is told, and tells what it hears. Runs in pages too. */

/**
 * What is told: `opened SUBPROTOCOL`, `heard TEXT`, `pong DATA`, `closed CODE`.
 * @param {typeof WebSocket} Client
 * @param {(text: string) => void} tell
 */
export function drive(Client, tell) {
  /** @type {WebSocket & { on?: Function, ping?: Function }} */
  let socket;
  return {
    /** @param {string} url */
    open(url) {
      socket = new Client(url, "chat.v1");
      socket.onopen = () => tell(`opened ${socket.protocol}`);
      socket.onmessage = ({ data }) => tell(`heard ${data}`);
      socket.onclose = ({ code }) => tell(`closed ${code}`);
      socket.onerror = () => {}; // it is closed then, and tells so
      socket.on?.("pong", (/** @type {unknown} */ data) => tell(`pong ${data}`));
    },
    /** @param {string} text */
    send: (text) => socket.send(text),
    /** @param {string} data */
    ping: (data) => socket.ping?.(data), // `ws` alone has it
  };
}
