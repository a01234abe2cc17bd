// The socket.io-client of the console, run by Node: connects, subscribes, prints each thing that comes as a line of JSON.
//
//   node live_client.mjs ADDRESS TOKEN WISH        from the folder whose node_modules has socket.io-client
import { createRequire } from "node:module";
import { join } from "node:path";

const [address, token, wish] = process.argv.slice(2);
const { io } = createRequire(join(process.cwd(), "package.json"))("socket.io-client");
const say = (event, data) => process.stdout.write(JSON.stringify({ event, data }) + "\n");

const unpack = (frame) => {
  const column = (bytes, Kind) => Array.from(new Kind(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)));
  if (!Buffer.isBuffer(frame.t)) return frame;
  return { seq: frame.seq, t: column(frame.t, Float64Array), id: column(frame.id, Uint32Array), v: column(frame.v, Float64Array) };
};

const socket = io(address, { auth: token === "" ? {} : { token }, transports: ["websocket"], reconnection: false });
socket.on("connect_error", (error) => {
  say("refused", error.message);
  process.exit(0);
});
socket.on("samples", (frame) => say("samples", unpack(frame)));
socket.on("series", (data) => say("series", data));
socket.on("resync", (data) => say("resync", data));
socket.on("disconnect", (reason) => {
  say("disconnect", reason);
  process.exit(0);
});
socket.on("connect", () => socket.emit("subscribe", JSON.parse(wish), (answer) => say("subscribed", answer)));
