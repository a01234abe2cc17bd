import type { Frame } from "./types.ts";

type Bytes = ArrayBuffer | ArrayBufferView;

/**
 * Reads a `samples` event. Its columns come as binary attachments, little endian, and
 * may be views that start at any byte, which typed arrays refuse: they are copied.
 * Gives null for anything that is not such a frame.
 */
export function decodeFrame(message: unknown): Frame | null {
  if (typeof message !== "object" || message === null) return null;
  const { seq, t, id, v } = message as Record<string, unknown>;
  if (typeof seq !== "number" || !isBytes(t) || !isBytes(id) || !isBytes(v)) return null;
  const n = t.byteLength / 8;
  if (!Number.isInteger(n) || id.byteLength !== n * 4 || v.byteLength !== n * 8) return null;
  return { seq, t: new Float64Array(copy(t)), id: new Uint32Array(copy(id)), v: new Float64Array(copy(v)) };
}

function isBytes(value: unknown): value is Bytes {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value);
}

function copy(bytes: Bytes): ArrayBuffer {
  if (bytes instanceof ArrayBuffer) return bytes;
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new Uint8Array(view).buffer;
}
