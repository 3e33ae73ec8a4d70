/** `backfill`: asks for a reading of the past, watches it, counts it beforehand, or ends it. */
import { CliFailure, EXIT } from '../../failure.ts';
import { type GivenInstant, instantFlag } from '../../instant-flag.ts';
import { formatInstant } from '../../show/format.ts';
import { formOf } from '../../show/rows.ts';
import { requireStream } from '../../stream-rows.ts';
import type { Target, TargetPortal } from '../../target/target.ts';
import { defineVerb, flag, JSON_FLAG, STREAM_FLAG, toggle } from '../../verb.ts';
import { countWindow, type Window } from './dry-run.ts';
import { watchBackfill } from './watch.ts';

export const backfill = defineVerb({
  name: 'backfill',
  summary: 'has a window of the past read, and shows how far it is; joins one without --from and --to',
  examples: [
    'backfill --stream e_visited_page --from -7d --to now --dry-run',
    'backfill --stream e_visited_page --from 2026-10-01 --to 2026-11-01',
    'backfill --stream e_visited_page',
    'backfill --stream e_visited_page --cancel',
    'backfill list',
  ],
  flags: {
    stream: STREAM_FLAG(),
    from: flag('--from <instant>', 'an instant, a day, or so long ago: -7d', instantFlag.optional()),
    to: flag('--to <instant>', 'the same, or now', instantFlag.optional()),
    dryRun: toggle('--dry-run', 'only count what HubSpot shows'),
    republish: toggle('--republish', 'publish also what was published before'),
    cancel: toggle('--cancel', 'end the one that is under way'),
    json: JSON_FLAG(),
  },
  run: async ({ io, target: open, portal: pick, tell }, flags) => {
    const { stream, dryRun, republish, cancel, json } = flags;
    assertAlone(flags);
    const window = readWindow(stream, flags.from, flags.to, io.now());
    if (window === undefined && dryRun)
      throw new CliFailure('Which window is to be counted?', 'Give --from and --to.', EXIT.usage);
    const target = await open();
    const portal = await pick();
    const state = await target.store().readPortal(portal.name);
    requireStream(portal, state, stream);
    if (cancel) {
      await ask(target, portal, { stream, cancel: true });
      io.out(`${target.about}: the backfill of ${stream} is cancelled; what it published stays published.`);
      return;
    }
    if (window === undefined) return watchBackfill(io, target, portal, stream, json);
    if (dryRun) return countWindow(io, target, portal, state, window, json);
    const asked = { from: new Date(window.from).toISOString(), to: new Date(window.to).toISOString() };
    await ask(target, portal, { stream, ...asked, republish });
    const span = `from ${formatInstant(window.from)} to ${formatInstant(window.to)}`;
    io.err(`${target.about}: the backfill of ${stream} ${span} is accepted.`);
    if (formOf(io, json) === 'table')
      io.err(
        tell(
          `Ctrl-C leaves it running; {events backfill --portal ${portal.name} --stream ${stream}} joins it again.`,
        ),
      );
    await watchBackfill(io, target, portal, stream, json);
  },
});

/** @throws CliFailure where something is asked for beside the end of one */
function assertAlone({
  cancel,
  from,
  to,
  dryRun,
  republish,
}: {
  readonly cancel: boolean;
  readonly from?: unknown;
  readonly to?: unknown;
  readonly dryRun: boolean;
  readonly republish: boolean;
}): void {
  if (!cancel || (from === undefined && to === undefined && !dryRun && !republish)) return;
  throw new CliFailure(
    '--cancel ends the backfill that is under way, whatever its window.',
    'Leave --from, --to, --dry-run and --republish out.',
    EXIT.usage,
  );
}

/** Undefined where neither end is given. @throws CliFailure where there is no such window, before anything is asked */
function readWindow(
  stream: string,
  givenFrom: GivenInstant | undefined,
  givenTo: GivenInstant | undefined,
  now: number,
): Window | undefined {
  if (givenFrom === undefined && givenTo === undefined) return undefined;
  if (givenFrom === undefined || givenTo === undefined)
    throw new CliFailure(
      'A backfill needs both ends.',
      'Give --from and --to, or neither to join one.',
      EXIT.usage,
    );
  const [from, to] = [givenFrom(now), givenTo(now)];
  if (from >= to)
    throw new CliFailure(
      `--from must lie before --to; found ${formatInstant(from)} and ${formatInstant(to)}.`,
      undefined,
      EXIT.usage,
    );
  if (to > now)
    throw new CliFailure(
      `--to must lie in the past; found ${formatInstant(to)}, and it is ${formatInstant(now)}.`,
      'Give --to now; what comes later is polled anyway.',
      EXIT.usage,
    );
  return { stream, from, to };
}

/** The schedule's own request, and the backfill. @throws CliFailure with the poller's own sentence */
async function ask(target: Target, { input }: TargetPortal, backfill: object): Promise<void> {
  const request: unknown = JSON.parse(input);
  const answer = await target.invoke(JSON.stringify({ ...Object(request), backfill }));
  if (!answer.ok) throw new CliFailure(answer.message, '{events backfill list}');
}
