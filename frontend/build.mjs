// Bundles the console. Writes dist/<name>-<hash>.<ext> and dist/manifest.json, which
// maps the plain name to the hashed one so that the files can be cached for good.
//   node build.mjs           build
//   node build.mjs --size    build, then fail if the overview's script outgrows its budget
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const BUDGET = 70_000; // bytes of script on the overview page, gzip
const here = import.meta.dirname;
const dist = join(here, "dist");
const icons = join(here, "src/icons");

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });

const common = {
  absWorkingDir: here,
  outdir: "dist",
  outbase: "src",
  entryNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
};
// The console comes in pieces: what the overview needs at once, each other page when it is opened.
const pieces = await build({
  ...common,
  entryPoints: ["src/console.tsx"],
  format: "esm",
  splitting: true,
  chunkNames: "piece-[name]-[hash]",
});
const rest = await build({
  ...common,
  entryPoints: [
    "src/docs.tsx",
    "src/replay.tsx",
    { in: "src/styles/replay.css", out: "replay" },
    { in: "src/styles/console.css", out: "console" },
    { in: "src/styles/login.css", out: "login" },
    { in: "src/styles/docs.css", out: "docs" },
  ],
  format: "iife",
});
const outputs = { ...pieces.metafile.outputs, ...rest.metafile.outputs };

const manifest = {};
for (const [file, output] of Object.entries(outputs)) {
  const entry = output.entryPoint;
  const isPiece = basename(file).startsWith("piece-");
  if (entry === undefined && !isPiece) continue;
  const plain = isPiece ? basename(file) : basename(entry).replace(/\.tsx?$/, ".js");
  manifest[plain] = basename(file);
}
// All of the console's first page is one file, as the other pieces name it whole; what esbuild keeps as
// its entry only imports that file, and would cost a request of its own.
const [stub, entry] = Object.entries(pieces.metafile.outputs).find(([, output]) => output.entryPoint === "src/console.tsx");
const needed = entry.imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => basename(path));
if (needed.length !== 1) throw new Error(`the console's first page should be one file, not ${needed.length + 1}: ${needed.join(", ")}`);
await rm(join(here, stub));
manifest["console.js"] = needed[0];
delete manifest[needed[0]];
for (const name of await readdir(icons)) {
  const hash = createHash("sha256").update(await readFile(join(icons, name))).digest("hex").slice(0, 8);
  const hashed = `${basename(name, extname(name))}-${hash}${extname(name)}`;
  await cp(join(icons, name), join(dist, hashed));
  manifest[name] = hashed;
}
const sorted = Object.fromEntries(Object.entries(manifest).sort(([a], [b]) => a.localeCompare(b)));
await writeFile(join(dist, "manifest.json"), `${JSON.stringify(sorted, null, 2)}\n`);

if (process.argv.includes("--size")) {
  const gzip = async (name) => gzipSync(await readFile(join(dist, manifest[name]))).length;
  const rows = {};
  for (const name of Object.keys(sorted)) rows[name] = await gzip(name);
  for (const [name, bytes] of Object.entries(rows)) console.log(`${String(bytes).padStart(7)}  ${name}`);
  const script = rows["console.js"]; // pages that are opened later come later
  console.log(`${String(script).padStart(7)}  script of the overview page, gzip (budget ${BUDGET})`);
  if (script > BUDGET) process.exitCode = 1;
}
