import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useCell } from "../../cell.ts";
import { severityShape, type Alert, type AlertShape } from "../../data/alerts.ts";
import { useAnswer } from "../../data/answer.ts";
import { number } from "../../data/format.ts";
import { asSent, ruleInWords, rulesInWords, type Rule } from "../../data/rules.ts";
import { useConsole } from "../context.ts";
import { Refusal, useDoing, useMayChange, type Doing } from "../doing.tsx";
import { Heading } from "../heading.tsx";
import { PageLink } from "../link.tsx";
import { Shape } from "../shapes.tsx";
import { Answered, Empty } from "../states.tsx";
import { Table } from "../table.tsx";
import { RuleEditor } from "./rule-editor.tsx";

interface RuleList {
  readonly alert_rules: readonly Rule[];
  readonly files: readonly { readonly path: string; readonly error: string }[];
}
const NONE: readonly string[] = [];

/** What is watched: all rules with their state, or one of them to be read and changed. */
export function RulesPage(): JSX.Element {
  const app = useConsole();
  const item = useCell(app.router.item);
  const answer = useAnswer("/api/v1/alert-rules", 15);
  useEffect(() => app.draws(NONE), [app]);
  return (
    <Answered answer={answer} what="the rules">
      {({ alert_rules: rules, files }) => {
        const rule = rules.find(({ id }) => String(id) === item) ?? null;
        if (item === null) return <RuleTable rules={rules} files={files} again={answer.again} />;
        if (rule === null && item !== "new") {
          return (
            <Empty>
              This rule is gone. <PageLink to="/rules">See the others</PageLink>
            </Empty>
          );
        }
        return <RuleEditor key={item} rule={rule} changed={answer.again} />;
      }}
    </Answered>
  );
}

function RuleTable({ rules, files, again }: { rules: readonly Rule[]; files: RuleList["files"]; again: () => void }): JSX.Element {
  const app = useConsole();
  const open = useCell(app.alerts.open) ?? [];
  const channels = useCell(app.alerts.channels);
  const doing = useDoing();
  const may = useMayChange();
  const broken = files.filter(({ error }) => error !== "");
  const { text, sub } = rulesInWords(rules, broken.length);
  return (
    <>
      <Heading shape={broken.length > 0 ? "warn" : rules.length === 0 ? "unknown" : "ok"} text={text} sub={sub}>
        {may && (
          <button type="button" class="primary" onClick={() => app.router.open("/rules", "new")} data-key="n">
            New rule
          </button>
        )}
      </Heading>
      <Refusal doing={doing} />
      {broken.map(({ path, error }) => (
        <p key={path} class="problem">{`${path}: ${error}`}</p>
      ))}
      {rules.length === 0 ? (
        <Empty>Make a first rule: choose a series, and see at once what the rule would have done.</Empty>
      ) : (
        <Table
          label="Rules"
          rows={rules}
          keyOf={(rule) => rule.id}
          columns={[
            { title: "Rule", cell: (rule) => <RuleName rule={rule} open={open} />, by: (rule) => rule.name },
            { title: "State", cell: (rule) => stateOf(rule, open).text, by: (rule) => stateOf(rule, open).text },
            { title: "Severity", wide: true, cell: (rule) => rule.severity, by: (rule) => rule.severity },
            {
              title: "Tells",
              wide: true,
              cell: (rule) => (rule.channels.length > 0 ? rule.channels.join(", ") : channels === 0 ? "nobody: no channel" : "every channel"),
            },
            {
              title: "",
              wide: true,
              cell: (rule) => <RuleActions rule={rule} doing={doing} again={again} />,
            },
          ]}
        />
      )}
    </>
  );
}

function RuleName({ rule, open }: { rule: Rule; open: readonly Alert[] }): JSX.Element {
  const { shape } = stateOf(rule, open);
  return (
    <span class={shape === "ok" ? "with-shape quiet-shape" : "with-shape"}>
      <Shape name={shape} />
      <span>
        <PageLink to="/rules" item={rule.id} class="row-link">
          {rule.name}
        </PageLink>
        <small class="labels">{`${ruleInWords(rule)}${rule.source === "" ? "" : `. From ${rule.source}`}`}</small>
      </span>
    </span>
  );
}

function stateOf(rule: Rule, open: readonly Alert[]): { shape: AlertShape; text: string } {
  if (!rule.enabled) return { shape: "unknown", text: "switched off" };
  const own = open.filter(({ rule_id }) => rule_id === rule.id);
  const fires = own.filter(({ state }) => state === "firing").length;
  if (fires > 0) return { shape: severityShape(rule.severity), text: `${number(fires)} firing` };
  return own.length > 0 ? { shape: "unknown", text: `${number(own.length)} pending` } : { shape: "ok", text: "quiet" };
}

function RuleActions({ rule, doing, again }: { rule: Rule; doing: Doing; again: () => void }): JSX.Element | null {
  if (!useMayChange()) return null;
  if (rule.source !== "") return <span class="row-actions labels">from a file</span>;
  const turn = async (): Promise<void> => {
    await doing.run("PUT", `/api/v1/alert-rules/${rule.id}`, { ...asSent(rule), enabled: !rule.enabled });
    again();
  };
  return (
    <span class="row-actions">
      <button type="button" class="quiet" disabled={doing.busy} onClick={() => void turn()}>
        {rule.enabled ? "Switch off" : "Switch on"}
      </button>
    </span>
  );
}
