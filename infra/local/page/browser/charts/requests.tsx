import type { Hello, State } from '../../messages.ts';
import { formatCount } from '../model/format.ts';
import { type Snapshot, shownFrom } from '../model/model.ts';
import { Card } from '../parts/card.tsx';
import { RatePlot } from './rate-plot.tsx';

interface RequestsProps {
  readonly snapshot: Snapshot;
  readonly hello: Hello;
  readonly state: State;
}

/** HubSpot counts the requests of ten seconds together. */
const LIMIT_MS = 10_000;

/** Requests to HubSpot against the limit; with the real one only what each run says that it made. */
export function Requests({ snapshot, hello, state }: RequestsProps) {
  const { seconds, runs } = snapshot;
  const ofRuns = runs.map((run) => run.requests);
  const inLimit = hello.isSimulated ? sumOverLimit(seconds) : [];
  const now = inLimit.at(-1) ?? 0;
  const last = ofRuns.at(-1) ?? 0;
  const span = { from: shownFrom(snapshot), now: state.now };
  return (
    <Card
      id="requests"
      title="Requests to HubSpot"
      aside={
        <span class="now-value">
          {hello.isSimulated
            ? `${formatCount(now)} of ${formatCount(hello.requestLimit)} in 10 s`
            : `${formatCount(last)} in the last run`}
        </span>
      }
    >
      {hello.isSimulated ? (
        <RatePlot
          {...span}
          label={`Requests to HubSpot in ten seconds, now ${now} of ${hello.requestLimit}.`}
          at={seconds.map(([at]) => at / 1_000)}
          values={inLimit}
          limit={hello.requestLimit}
        />
      ) : (
        <RatePlot
          {...span}
          label={`Requests to HubSpot of each run, ${last} in the last one.`}
          at={runs.map(({ endedAt }) => endedAt / 1_000)}
          values={ofRuns}
        />
      )}
    </Card>
  );
}

/** The requests of the ten seconds up to each. A count that began before is left out: the timer's seconds vary. */
function sumOverLimit(seconds: Snapshot['seconds']): number[] {
  let first = 0;
  let sum = 0;
  return seconds.map(([at, , count], index) => {
    sum += count;
    while (first < index && startOf(seconds, first) < at - LIMIT_MS) {
      sum -= seconds[first]?.[2] ?? 0;
      first += 1;
    }
    return sum;
  });
}

function startOf(seconds: Snapshot['seconds'], index: number): number {
  return seconds[index - 1]?.[0] ?? (seconds[index]?.[0] ?? 0) - 1_000;
}
