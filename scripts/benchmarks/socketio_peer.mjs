// A Socket.IO server on Node that does what Quadra's live stream does, for a measurement beside it: samples are posted,
// and go to everybody who subscribed. It keeps nothing and checks nobody.
//
//   node socketio_peer.mjs PORT        from the folder whose node_modules has socket.io
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

const { Server } = createRequire(join(process.cwd(), "package.json"))("socket.io");
const FULL = 262_144;
let seq = 0;

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const { series } = JSON.parse(Buffer.concat(parts).toString());
    broadcast(series);
    // Who posts waits while sockets are full, else all would be kept in memory.
    const answer = () => {
      if (isFull()) return setTimeout(answer, 1);
      response.writeHead(200, { "Content-Type": "application/json", "Content-Length": 2 });
      response.end("{}");
    };
    answer();
  });
});
const io = new Server(server, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });

function isFull() {
  for (const socket of io.sockets.sockets.values()) if (socket.conn.transport.socket._socket?.writableLength > FULL) return true;
  return false;
}

function broadcast(series) {
  seq += 1;
  const t = series.map(() => Date.now());
  const id = series.map((_one, number) => number + 1);
  const v = series.map((one) => one.values[0]);
  io.to("json").emit("samples", { seq, t, id, v });
  if (io.sockets.adapter.rooms.has("binary")) {
    const column = (Kind, list) => Buffer.from(Kind.from(list).buffer);
    io.to("binary").emit("samples", { seq, t: column(Float64Array, t), id: column(Uint32Array, id), v: column(Float64Array, v) });
  }
}

io.on("connection", (socket) => {
  socket.on("subscribe", (wish, answer) => {
    answer({ ok: true, seq, series: [] });
    socket.join(wish.format);
  });
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => process.stdout.write("READY\n"));
