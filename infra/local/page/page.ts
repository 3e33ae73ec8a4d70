/**
 * The page beside `npm start`: it looks at the stack's runs and its bus, and breaks what it is asked to.
 *
 *   stack.invoke ─▶ turns, runs, alarms ─┐
 *   bus, portal's log ─▶ proof ──────────┼─▶ feed ─▶ browser
 *   table ─▶ streams, claims ────────────┘      browser ─▶ commands ─▶ faults, repairs, storm
 */
import { requestSchema } from '../../../functions/poller/input/request.ts';
import { standAlarms } from '../alarms/alarm-evaluator.ts';
import type { Faults, FaultyPortal } from '../faults/faults.ts';
import type { Repairs } from '../faults/repairs.ts';
import { createStorm } from '../faults/storm.ts';
import { createTurns } from '../faults/turns.ts';
import { createKey, digestOf } from '../key.ts';
import type { LocalStack } from '../stack.ts';
import type { View } from '../view/view.ts';
import { attachHappenings, type CommandParts, listFaults, runCommand } from './commands.ts';
import type { Hello } from './messages.ts';
import { createAlarmStandings } from './observer/alarm-standings.ts';
import { createEventRows } from './observer/event-rows.ts';
import { createObserver } from './observer/observer.ts';
import { createRecorder } from './observer/recorder.ts';
import type { ShowingPortal } from './proof/showings.ts';
import { createFeed } from './server/feed.ts';
import { keepStart, readLastStarts } from './server/last-start.ts';
import { startPageServer } from './server/server.ts';

export interface PageOptions {
  readonly stack: LocalStack;
  /** The synthesized template, with the alarms. */
  readonly template: unknown;
  readonly faults: Faults;
  /** The simulated portals; none with the real HubSpot. */
  readonly portals: readonly (FaultyPortal & ShowingPortal)[];
  /** `a simulated HubSpot portal`. */
  readonly source: string;
  readonly everySeconds: number;
  /** UNIX ms: what occurred before is not asked for. */
  readonly startFrom: number;
  /** Whether an earlier start may have published what this one's bus has not seen. */
  readonly isStateKept: boolean;
  /** Remembers this start for pages that are open when the next one begins. */
  readonly lastStartFile: string;
}

export interface Page {
  readonly url: string;
  /** The same stack; the page sees what it does. */
  readonly stack: LocalStack;
  /** To be told what the other views are told. */
  readonly view: Pick<View, 'showRun'>;
  readonly close: () => Promise<void>;
}

const ORDINARY_LAG_ALARM_SECONDS = 600;

/** The page, once its server listens. */
export async function openPage(options: PageOptions): Promise<Page> {
  const { stack, template, faults, portals, lastStartFile } = options;
  const startedAt = Date.now();
  const turns = createTurns();
  const recorder = createRecorder();
  const alarms = createAlarmStandings(template, startedAt);
  const settings = requestSchema.parse(JSON.parse(stack.inputOf(stack.portals[0] ?? '')));

  let repairs: Promise<Repairs> | undefined;
  const openRepairs = () => {
    repairs ??= import('../faults/repairs.ts').then(({ createRepairs }) => createRepairs(stack, turns));
    return repairs;
  };
  let lastStep = '';
  const storm = createStorm(faults, (step, failure) => {
    // Two minutes of skipped runs after each kill would be no storm.
    if (step.id === 'kill') void observer.endLeases();
    lastStep = `${step.kind === 'set' && !step.isOn ? 'mended' : 'broke'} ${step.id}${failure === undefined ? '' : `: ${failure}`}`;
  });
  const feed = createFeed((isWatched) => observer.watch(isWatched));
  const observer = createObserver({
    ...options,
    startedAt,
    settings: {
      overlapMs: settings.overlapSeconds * 1_000,
      lookbackMs: settings.sweepLookbackHours * 3_600_000,
    },
    recorder,
    alarms,
    feed,
    storm: () => ({ seed: storm.seed(), steps: storm.steps(), last: lastStep }),
  });
  attachHappenings(faults, portals[0], openRepairs);
  const commands: CommandParts = {
    faults,
    storm,
    openRepairs,
    portals: stack.portals,
    proof: observer.readProof,
    endLeases: observer.endLeases,
    beyondReach: observer.beyondReach,
  };

  const [lagAlarm] = standAlarms(template, new Map(), 0).filter(
    ({ alarm }) => alarm.MetricName === 'LagSeconds',
  );
  const hello = (): Hello => ({
    kind: 'hello',
    source: options.source,
    portals: [...stack.portals],
    everySeconds: options.everySeconds,
    isSimulated: portals.length > 0,
    lagAlarmSeconds: lagAlarm?.alarm.Threshold ?? ORDINARY_LAG_ALARM_SECONDS,
    requestLimit: settings.maxRequestsPer10Seconds * stack.portals.length,
    alarmsLeftOut: [...alarms.leftOut],
    faults: listFaults(faults),
    lag: recorder.lag(),
    runs: [...recorder.runs()],
    seconds: [...recorder.seconds()],
  });

  const key = createKey();
  const server = await startPageServer(
    {
      follow: (response, pattern) => {
        const rows = createEventRows(pattern, stack.envelopeOf);
        for (const event of stack.events()) rows.note(event);
        feed.add(response, rows, hello());
      },
      act: async (command) => {
        await runCommand(command, commands);
        await observer.refresh();
      },
      findEvent: (id) => {
        const found = feed.find(id);
        return found && JSON.stringify(stack.envelopeOf(found), null, 2);
      },
    },
    { key, lastStarts: readLastStarts(lastStartFile) },
  );
  keepStart(lastStartFile, { port: Number(new URL(server.url).port), keyDigest: digestOf(key) });
  return {
    url: `${server.url}/?key=${key}`,
    stack: {
      ...stack,
      invoke: (portal, invokeOptions) =>
        turns(portal, () => observer.run(portal, () => stack.invoke(portal, invokeOptions))),
    },
    view: { showRun: (run, streams) => observer.noteStreams(run.portal, streams) },
    close: async () => {
      storm.stop();
      observer.close();
      feed.close();
      await server.close();
    },
  };
}
