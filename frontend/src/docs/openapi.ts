/** As much of OpenAPI 3.1 as the page reads. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

interface Example {
  readonly value?: unknown;
}

interface Media {
  readonly schema?: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, Example>>;
}

export interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: "query" | "path" | "header" | "cookie";
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
  readonly example?: unknown;
}

interface RawOperation {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly operationId?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly $ref?: string; readonly content?: Readonly<Record<string, Media>> };
  readonly responses?: Readonly<Record<string, { readonly $ref?: string; readonly description?: string }>>;
}

type PathItem = Readonly<Record<string, RawOperation>> & { readonly parameters?: readonly Parameter[] };

export interface OpenApi {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly tags?: readonly { readonly name: string; readonly description?: string }[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components?: unknown;
}

export interface Operation {
  readonly id: string;
  readonly tag: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  /** Null: takes no body. */
  readonly body: { readonly type: string; readonly example: string } | null;
  readonly responses: readonly (readonly [status: string, description: string])[];
}

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

/** All operations in the document's order. */
export function operationsOf(api: OpenApi): Operation[] {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const raw = item[method];
      return raw === undefined ? [] : [operation(api, path, method, raw, item.parameters ?? [])];
    }),
  );
}

function operation(
  api: OpenApi,
  path: string,
  method: string,
  raw: RawOperation,
  shared: readonly Parameter[],
): Operation {
  const parameters = [...shared, ...(raw.parameters ?? [])].map((parameter) => resolve(api, parameter));
  const responses = Object.entries(raw.responses ?? {}).map(
    ([status, response]) => [status, resolve(api, response).description ?? ""] as const,
  );
  return {
    id: `${method}-${path}`.replace(/[^a-z0-9]+/gi, "-"),
    tag: raw.tags?.[0] ?? "Other",
    method: method.toUpperCase(),
    path,
    summary: raw.summary ?? "",
    description: raw.description ?? "",
    parameters: parameters.filter((parameter) => parameter.in === "query" || parameter.in === "path"),
    body: bodyOf(api, raw.requestBody),
    responses,
  };
}

function bodyOf(api: OpenApi, raw: RawOperation["requestBody"]): Operation["body"] {
  if (raw === undefined) return null;
  const content = Object.entries(resolve(api, raw).content ?? {});
  // Only text can be typed into a page; binary formats are described, not tried.
  const [type, media] = content.find(([name]) => name.includes("json")) ?? content[0] ?? ["application/json", {}];
  const [named] = Object.values(media.examples ?? {});
  const example = media.example ?? named?.value ?? (media.schema === undefined ? {} : sample(api, media.schema));
  return { type, example: type.includes("json") ? JSON.stringify(example, null, 2) : "" };
}

/** Follows `#/components/…`; what cannot be followed stays as it is. */
export function resolve<T extends { readonly $ref?: string }>(api: OpenApi, value: T): T {
  if (value.$ref === undefined) return value;
  let found: unknown = api;
  for (const key of value.$ref.replace(/^#\//, "").split("/")) {
    found = (found as Record<string, unknown> | undefined)?.[key.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return (found as T | undefined) ?? value;
}

/** A value of the schema's shape, from its examples and defaults where it has any. */
export function sample(api: OpenApi, raw: Schema, depth = 0): unknown {
  const schema = resolve(api, raw);
  const given = schema.example ?? schema.examples?.[0] ?? schema.default ?? schema.const ?? schema.enum?.[0];
  if (given !== undefined) return given;
  if (depth > 6) return null;
  const choice = schema.oneOf?.[0] ?? schema.anyOf?.[0];
  if (choice !== undefined) return sample(api, choice, depth + 1);
  if (schema.allOf !== undefined) {
    return Object.assign({}, ...schema.allOf.map((part) => sample(api, part, depth + 1))) as unknown;
  }
  const type = typeof schema.type === "string" ? schema.type : schema.type?.[0];
  switch (type) {
    case "array":
      return schema.items === undefined ? [] : [sample(api, schema.items, depth + 1)];
    case "number":
    case "integer":
      return 0;
    case "string":
      return "";
    case "boolean":
      return false;
    default: {
      const entries = Object.entries(schema.properties ?? {});
      return Object.fromEntries(entries.map(([key, part]) => [key, sample(api, part, depth + 1)]));
    }
  }
}

/** The address of a request: path parameters filled in, empty query fields left out, one value a line. */
export function requestPath(operation: Operation, values: Readonly<Record<string, string>>): string {
  let path = operation.path;
  const query = new URLSearchParams();
  for (const { name, in: place } of operation.parameters) {
    const value = values[name] ?? "";
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(value));
    else for (const part of value.split("\n")) if (part.trim() !== "") query.append(name, part.trim());
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}
