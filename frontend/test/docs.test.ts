import { describe, expect, it } from "vitest";
import { operationsOf, requestPath, type OpenApi } from "../src/docs/openapi.ts";

const api: OpenApi = {
  info: { title: "t", version: "1" },
  paths: {
    "/things/{id}": {
      put: {
        tags: ["Things"],
        parameters: [
          { name: "id", in: "path", required: true },
          { name: "q", in: "query" },
        ],
        requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Thing" } } } },
        responses: { "200": { description: "done" } },
      },
    },
  },
  components: {
    schemas: {
      Thing: {
        type: "object",
        properties: { name: { type: "string", example: "a" }, sizes: { type: "array", items: { type: "number" } } },
      },
    },
  },
};

describe("the API page", () => {
  it("lists operations with an example of their body", () => {
    const [operation] = operationsOf(api);
    expect(operation).toMatchObject({ method: "PUT", path: "/things/{id}", tag: "Things" });
    expect(JSON.parse(operation?.body?.example ?? "")).toEqual({ name: "a", sizes: [0] });
  });

  it("fills in path and query", () => {
    const [operation] = operationsOf(api);
    if (operation === undefined) throw new Error("no operation");
    expect(requestPath(operation, { id: "a/b", q: "" })).toBe("/things/a%2Fb");
    expect(requestPath(operation, { id: "1", q: "x y" })).toBe("/things/1?q=x+y");
  });
});
