// Several consoles in one Node: they come back by themselves as the page does, resume with `since`, read history again
// when told to, and note how often each sample came.
//
//   node consoles.mjs ADDRESS TOKEN SELECTOR COUNT      from the folder whose node_modules has socket.io-client
//
// SIGUSR2 asks for a report: one line of JSON.
import { createRequire } from "node:module";
import { join } from "node:path";

const [address, token, selector, count] = process.argv.slice(2);
const { io } = createRequire(join(process.cwd(), "package.json"))("socket.io-client");
const began = Date.now() / 1000 - 5;

class Console {
  held = new Map(); // "id t" -> value
  twice = [];
  seq = null;
  resyncs = 0;
  connects = 0;
  refilling = 0;

  constructor() {
    this.socket = io(address, {
      auth: { token }, transports: ["websocket"], forceNew: true, timeout: 2000,
      reconnectionDelay: 200, reconnectionDelayMax: 1000,
    });
    this.socket.on("connect", () => void this.subscribe());
    this.socket.on("samples", (frame) => {
      this.seq = frame.seq;
      frame.id.forEach((id, n) => this.take(id, frame.t[n], frame.v[n], "frame"));
    });
    this.socket.on("resync", (message) => {
      this.resyncs += 1;
      if (typeof message.seq === "number") this.seq = message.seq;
      void this.refill();
    });
  }

  async subscribe() {
    this.connects += 1;
    const wish = { series: [selector], events: ["system"], ...(this.seq === null ? {} : { since: this.seq }) };
    try {
      const answer = await this.socket.timeout(5000).emitWithAck("subscribe", wish);
      if (!answer.ok) throw new Error(answer.code);
      if (this.seq === null) this.seq = answer.seq;
    } catch {
      this.socket.disconnect().connect();
    }
  }

  take(id, t, v, how) {
    const key = `${id} ${t}`;
    if (how === "frame" && this.held.get(key) === v) this.twice.push(v);
    this.held.set(key, v);
  }

  async refill() {
    this.refilling += 1;
    const query = new URLSearchParams({ match: selector, start: String(began), end: String(Date.now() / 1000 + 5) });
    for (;;) {
      try {
        const answer = await fetch(`${address}/api/v1/history?${query}`, { headers: { Authorization: `Bearer ${token}` } });
        if (answer.status !== 200) throw new Error(String(answer.status));
        for (const line of (await answer.json()).series)
          line.timestamps.forEach((t, n) => this.take(line.id, Math.round(t * 1000), line.values[n], "history"));
        break;
      } catch {
        await new Promise((go) => setTimeout(go, 200));
      }
    }
    this.refilling -= 1;
  }
}

let reports = 0;
const consoles = Array.from({ length: Number(count) }, () => new Console());
process.on("SIGUSR2", () => {
  const report = consoles.map((one) => ({
    values: [...one.held.values()], twice: one.twice, resyncs: one.resyncs, connects: one.connects,
    connected: one.socket.connected && one.refilling === 0,
  }));
  reports += 1;
  process.stdout.write(`report ${reports} ${JSON.stringify(report)}\n`);
});
process.stdout.write("started\n");
