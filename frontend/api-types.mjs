// Writes src/api-types.ts from the API's OpenAPI document: `make api-types` calls it, see scripts/tools/api_types.sh.
import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const FILE = new URL("src/api-types.ts", import.meta.url);
const HEAD = "// Written by `make api-types` from the API's description. Change that, not this.\n";

const [path, ...options] = process.argv.slice(2);
// A field with a default may be left out of what is sent; answers say themselves what they always hold.
const nodes = await openapiTS(pathToFileURL(path), { immutable: true, defaultNonNullable: false, alphabetize: true });
const written = HEAD + astToString(nodes);

if (!options.includes("--check")) await writeFile(FILE, written);
else if ((await readFile(FILE, "utf8")) !== written) {
  console.error("frontend/src/api-types.ts is not what the API's description says: run `make api-types`.");
  process.exitCode = 1;
}
