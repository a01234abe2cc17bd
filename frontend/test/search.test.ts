import { describe, expect, it } from "vitest";
import { sentFirst, withFreeName } from "../src/explore/names.ts";
import { pagesLike, seriesInExplore } from "../src/explore/search.ts";
import { readExplore } from "../src/explore/view.ts";

const PAGES = [{ name: "Rules" }, { name: "Replay" }, { name: "Alerts" }];

describe("the search", () => {
  it("offers pages by how their names begin, from two letters on", () => {
    const names = (typed: string): string[] => pagesLike(typed, PAGES).map(({ name }) => name);
    expect(names(" RU")).toEqual(["Rules"]);
    expect(names("re")).toEqual(["Replay"]);
    expect([names("r"), names("ules"), names("")]).toEqual([[], [], []]);
  });

  it("shows a series alone in Explore, whatever its labels hold", () => {
    const { view } = readExplore(seriesInExplore({ name: "http_total", labels: { path: "/a=b&c", code: "200" } }));
    expect(view.names).toEqual(["http_total"]);
    expect(view.filters).toEqual([
      { label: "path", op: "=", values: ["/a=b&c"] },
      { label: "code", op: "=", values: ["200"] },
    ]);
  });
});

describe("names", () => {
  it("of an imported board give way to those that there are", () => {
    expect(withFreeName({ name: "Night", view: 1 }, ["Day"])).toEqual({ name: "Night", view: 1 });
    expect(withFreeName({ name: "Night", view: 1 }, ["Night", "Night (2)"])).toEqual({ name: "Night (3)", view: 1 });
    expect([withFreeName(null, []), withFreeName([1], []), withFreeName({ name: 7 }, [])]).toEqual([null, [1], { name: 7 }]);
  });

  it("of metrics that somebody sends come before the machine's and Quadra's own", () => {
    expect(["quadra_series", "orders", "host_load", "hosts", "b"].sort(sentFirst)).toEqual(["b", "hosts", "orders", "host_load", "quadra_series"]);
  });
});
