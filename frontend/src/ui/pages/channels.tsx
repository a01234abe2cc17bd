import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useCell } from "../../cell.ts";
import { channelsInWords, healthOf, KIND_WORDS, routeOf, type Channel } from "../../data/channels.ts";
import { useAnswer } from "../../data/answer.ts";
import { number, tied } from "../../data/format.ts";
import { useConsole } from "../context.ts";
import { ReadOnly, Refusal, useDoing, useMayChange, type Doing } from "../doing.tsx";
import { Heading } from "../heading.tsx";
import { PageLink } from "../link.tsx";
import { Shape } from "../shapes.tsx";
import { Answered } from "../states.tsx";
import { Table } from "../table.tsx";
import { ChannelForm } from "./channel-form.tsx";
import { FireDrill } from "./drill.tsx";

const NONE: readonly string[] = [];

interface Outcome {
  readonly name: string;
  readonly delivered: boolean;
  readonly detail: string;
  readonly seconds?: number;
}

/** Who is told, whether it arrives, and how to tell somebody else. */
export function ChannelsPage(): JSX.Element {
  const app = useConsole();
  const item = useCell(app.router.item);
  const answer = useAnswer("/api/v1/channels", 5);
  const doing = useDoing();
  const may = useMayChange();
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [testing, setTesting] = useState<string | null>(null);
  useEffect(() => app.draws(NONE), [app]);
  const test = async (channel: Channel): Promise<void> => {
    setOutcome(null);
    setTesting(channel.name);
    const said = await doing.run("POST", `/api/v1/channels/${channel.id}/test`);
    setTesting(null);
    if (said !== null) setOutcome({ name: channel.name, ...said });
    answer.again();
  };
  const remove = async (channel: Channel): Promise<void> => {
    if (!confirm(`Remove the channel “${channel.name}”? Pages that wait for it are not sent.`)) return;
    await doing.run("DELETE", `/api/v1/channels/${channel.id}`);
    answer.again();
  };
  return (
    <Answered answer={answer} what="the channels">
      {({ channels }) => {
        const edited = channels.find(({ id }) => String(id) === item) ?? null;
        return (
          <>
            <Heading {...channelsInWords(channels, may)} />
            <Refusal doing={doing} />
            <Said outcome={outcome} testing={testing} />
            {channels.length > 0 && (
              <Table
                label="Channels"
                rows={channels}
                here={edited ?? undefined}
                keyOf={(channel) => channel.id}
                columns={[
                  { title: "Name", cell: (channel) => <ChannelName channel={channel} />, by: (channel) => channel.name },
                  { title: "Kind", wide: true, cell: (channel) => <ChannelKind channel={channel} />, by: (channel) => channel.kind },
                  { title: "State", cell: (channel) => <ChannelState channel={channel} /> },
                  { title: "Sent", number: true, wide: true, cell: (channel) => number(channel.state.sent), by: (channel) => channel.state.sent },
                  {
                    title: "",
                    cell: (channel) =>
                      may && (
                        <Actions channel={channel} doing={doing} busy={testing !== null} onTest={() => void test(channel)} onRemove={() => void remove(channel)} />
                      ),
                  },
                ]}
              />
            )}
            {may && channels.some(({ enabled }) => enabled) && <FireDrill onDone={answer.again} />}
            <ReadOnly what="channels" />
            {may && <ChannelForm key={edited?.id ?? "new"} channel={edited} onKept={answer.again} />}
          </>
        );
      }}
    </Answered>
  );
}

function ChannelName({ channel }: { channel: Channel }): JSX.Element {
  const { shape } = healthOf(channel);
  return (
    <span class={shape === "ok" ? "with-shape quiet-shape" : "with-shape"}>
      <Shape name={shape} />
      <span>
        {channel.origin === "settings" ? (
          channel.name
        ) : (
          <PageLink to="/channels" item={channel.id} class="row-link">
            {channel.name}
          </PageLink>
        )}
        <small class="labels">{channel.origin === "settings" ? "from SLACK_WEBHOOK_URL" : channel.host}</small>
      </span>
    </span>
  );
}

function ChannelKind({ channel }: { channel: Channel }): JSX.Element {
  const only = routeOf(channel);
  return (
    <>
      {KIND_WORDS[channel.kind].title}
      {only !== "" && <small class="labels">only {only}</small>}
    </>
  );
}

function ChannelState({ channel }: { channel: Channel }): JSX.Element {
  const { text, shape } = healthOf(channel);
  return (
    <>
      {text}
      {shape === "warn" && channel.state.error !== null && <small class="labels">{tied(channel.state.error)}</small>}
    </>
  );
}

interface ActionsProps {
  readonly channel: Channel;
  readonly doing: Doing;
  readonly busy: boolean;
  readonly onTest: () => void;
  readonly onRemove: () => void;
}

function Actions({ channel, doing, busy, onTest, onRemove }: ActionsProps): JSX.Element {
  return (
    <span class="row-actions">
      <button type="button" class="quiet" disabled={doing.busy || busy || !channel.enabled} onClick={onTest}>
        Test
      </button>
      {channel.origin === "api" && (
        <button type="button" class="quiet" disabled={doing.busy} onClick={onRemove}>
          Remove
        </button>
      )}
    </span>
  );
}

/** How a test went, said aloud too. */
function Said({ outcome, testing }: { outcome: Outcome | null; testing: string | null }): JSX.Element {
  const text =
    testing !== null
      ? `Sending a test through ${testing}…`
      : outcome === null
        ? ""
        : outcome.delivered
          ? `The test through ${outcome.name} was taken after ${number(outcome.seconds ?? 0)}\u202fs.`
          : `The test through ${outcome.name} did not arrive: ${tied(outcome.detail)}.`;
  return (
    <p class="outcome" role="status" data-testid="outcome">
      {outcome !== null && <Shape name={outcome.delivered ? "ok" : "warn"} />}
      {text === "" ? "\u00a0" : text}
    </p>
  );
}
