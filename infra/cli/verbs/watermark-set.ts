/** `watermark set`: changes a checkpoint, as the poller itself would write it. */
import type { Checkpoint } from '../../../functions/poller/core/checkpoint.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { instantFlag } from '../instant-flag.ts';
import { confirm } from '../io.ts';
import { formatInstant } from '../show/format.ts';
import { requireStream } from '../stream-rows.ts';
import { defineVerb, flag, STREAM_FLAG, YES_FLAG } from '../verb.ts';

export const watermarkSet = defineVerb({
  name: 'watermark set',
  group: "a stream's watermark",
  summary: 'moves it, after saying what will be repeated or skipped',
  examples: [
    'watermark set --stream e_visited_page --to -2h',
    'watermark set --portal main --stream e_visited_page --to 2026-11-01T00:00:00Z --yes',
  ],
  flags: {
    stream: STREAM_FLAG(),
    to: flag('--to <instant>', 'an instant, or so long ago: -2h', instantFlag),
    yes: YES_FLAG(),
  },
  run: async ({ io, target: open, portal: pick }, { stream, to: given, yes }) => {
    const to = given(io.now());
    if (to > io.now())
      throw new CliFailure(
        `--to must lie in the past; found ${formatInstant(to)}, and it is ${formatInstant(io.now())}.`,
        'Give --to an instant before now.',
        EXIT.usage,
      );
    const target = await open();
    const portal = await pick();
    const state = await target.store().readPortal(portal.name);
    requireStream(portal, state, stream);
    const checkpoint = state.checkpoints.find((each) => each.stream === stream);
    if (checkpoint === undefined)
      throw new CliFailure(`Stream ${stream} has not been polled yet.`, '{events doctor} says why');
    io.out(`${target.about}: ${describeMove(checkpoint, to)}`);
    await confirm(io, 'Move the watermark?', yes);
    await target.store().saveCheckpoint(portal.name, moveWatermark(checkpoint, to));
    io.out(`Moved to ${formatInstant(to)}.`);
  },
});

/**
 * The checkpoint with its watermark at an instant. Passes in progress are given up: they would move it again. The
 * floor goes along, or the next live pass would not read what lies before it, and the next sweep what was skipped.
 */
export function moveWatermark(checkpoint: Checkpoint, to: number): Checkpoint {
  const floor = to < checkpoint.watermark ? Math.min(checkpoint.floor, to) : to;
  return { ...checkpoint, watermark: to, floor, live: undefined, sweep: undefined };
}

/** What a move will repeat or skip, in a sentence. */
function describeMove({ stream, watermark }: Checkpoint, to: number): string {
  const [from, until] = to < watermark ? [to, watermark] : [watermark, to];
  const span = `from ${formatInstant(from)} to ${formatInstant(until)}`;
  return to < watermark
    ? `stream ${stream} will be read again ${span}; events that the ledger no longer knows are published again.`
    : `stream ${stream} will skip everything ${span}: those events never reach the bus, unless you backfill them.`;
}
