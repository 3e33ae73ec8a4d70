import type { Connection } from '../model/connection.ts';
import { formatCount, formatSeconds } from '../model/format.ts';
import { type Snapshot, shownFrom } from '../model/model.ts';
import { Action } from '../parts/action.tsx';
import { Card } from '../parts/card.tsx';
import { LagPlot } from './lag-plot.tsx';
import { RatePlot } from './rate-plot.tsx';
import { Requests } from './requests.tsx';

interface ChartsProps {
  readonly snapshot: Snapshot;
  readonly selected: string | undefined;
  readonly connection: Connection;
}

/** Lag, events a second, requests against the limit: the last fifteen minutes. */
export function Charts({ snapshot, selected, connection }: ChartsProps) {
  const { state, hello, seconds, runs } = snapshot;
  if (state === undefined || hello === undefined) return null;
  const worst = state.streams.reduce<number>((least, { watermark }) => Math.min(least, watermark), state.now);
  const at = seconds.map(([instant]) => instant / 1_000);
  const events = seconds.map(([, count]) => count);
  const lastRun = runs.at(-1);
  const isFailed = lastRun !== undefined && lastRun.outcome !== 'polled' && lastRun.outcome !== 'skipped';
  return (
    <>
      <Card
        id="lag"
        title="Lag"
        aside={
          <>
            {state.isLeaseHeld && (
              <span class="lease" id="lease" role="status">
                A killed run still holds the lease.{' '}
                <Action
                  connection={connection}
                  command={{ do: 'end-lease' }}
                  label="End it now"
                  class="small"
                />
              </span>
            )}
            <span class="now-value">{formatSeconds((state.now - worst) / 1_000)}</span>
          </>
        }
      >
        <LagPlot snapshot={snapshot} selected={selected} />
        <div class="chart-foot">
          <p
            class={isFailed ? 'last-run bad' : 'last-run'}
            id="last-run"
            data-started-at={lastRun?.startedAt}
          >
            {lastRun === undefined ? 'No run has ended yet.' : describeRun(lastRun, state.now)}
          </p>
          <ul class="legend" aria-label="What the marks at the bottom mean">
            <li class="polled">run</li>
            <li class="partly">partly</li>
            <li class="failed">failed</li>
            <li class="skipped">skipped</li>
            <li class="killed">killed</li>
          </ul>
        </div>
      </Card>
      <div class="pair">
        <Card
          id="rate"
          title="Events a second"
          aside={<span class="now-value">{formatCount(events.at(-1) ?? 0)}</span>}
        >
          <RatePlot
            label={`Events on the bus a second over fifteen minutes, now ${events.at(-1) ?? 0}.`}
            from={shownFrom(snapshot)}
            now={state.now}
            at={at}
            values={events}
          />
        </Card>
        <Requests snapshot={snapshot} hello={hello} state={state} />
      </div>
    </>
  );
}

function describeRun(run: Snapshot['runs'][number], now: number): string {
  const ago = `${formatSeconds((now - run.endedAt) / 1_000)} ago`;
  // Lambda begins the reason of a process that ended with the request's id.
  const problem = (run.failure ?? run.problems[0])?.replace(/^RequestId: \S+ (Error: )?/, '');
  const seconds = formatSeconds((run.endedAt - run.startedAt) / 1_000);
  const figures = [
    `${formatCount(run.published)} published`,
    `${formatCount(run.duplicates)} known already`,
    ...(run.throttled > 0 ? [`${formatCount(run.throttled)} requests refused for now`] : []),
    ...(run.retries > 0 ? [`${formatCount(run.retries)} calls to EventBridge sent again`] : []),
    `in ${seconds}`,
  ].join(', ');
  const isOver = run.outcome === 'polled' || run.outcome === 'partly';
  const what = isOver ? figures : `${run.outcome} after ${seconds}`;
  return `Last run ${ago}: ${what}${problem === undefined ? '' : `. ${problem}`}`;
}
