/** `run now`: a run of a portal at once, as its schedule would start it. */
import { z } from 'zod';
import { CliFailure } from '../failure.ts';
import { formatDuration, plural } from '../show/format.ts';
import { type Column, formOf, renderRows } from '../show/rows.ts';
import { parseLine } from '../target/run-line.ts';
import { defineVerb, JSON_FLAG } from '../verb.ts';

const summarySchema = z.object({
  portal: z.string(),
  outcome: z.string(),
  lagSeconds: z.number(),
  streams: z.number(),
  streamsFailing: z.number(),
  eventsRead: z.number(),
  eventsPublished: z.number(),
  duplicatesSuppressed: z.number(),
  eventsDeadLettered: z.number(),
  hubSpotRequests: z.number(),
});

type Summary = z.output<typeof summarySchema>;

const columns: readonly Column<Summary>[] = [
  { key: 'portal', value: ({ portal }) => portal },
  { key: 'outcome', value: ({ outcome }) => outcome },
  { key: 'lagSeconds', value: ({ lagSeconds }) => lagSeconds },
  { key: 'streams', value: ({ streams }) => streams },
  { key: 'streamsFailing', value: ({ streamsFailing }) => streamsFailing },
  { key: 'eventsRead', value: ({ eventsRead }) => eventsRead },
  { key: 'eventsPublished', value: ({ eventsPublished }) => eventsPublished },
  { key: 'duplicatesSuppressed', value: ({ duplicatesSuppressed }) => duplicatesSuppressed },
  { key: 'eventsDeadLettered', value: ({ eventsDeadLettered }) => eventsDeadLettered },
  { key: 'hubSpotRequests', value: ({ hubSpotRequests }) => hubSpotRequests },
];

export const runNow = defineVerb({
  name: 'run now',
  group: 'a run of a portal, at once',
  summary: 'polls a portal at once, as its schedule would, and says how it went',
  examples: ['run now', 'run now --portal main --json'],
  flags: { json: JSON_FLAG() },
  run: async ({ io, target: open, portal: pick, failed }, { json }) => {
    const target = await open();
    const portal = await pick();
    if (!json && io.columns() !== undefined) io.err(`${target.about}: polling portal ${portal.name}…`);
    const answer = await target.invoke(portal.input);
    if (!answer.ok)
      throw new CliFailure(`The run failed: ${answer.message}`, `{events doctor --portal ${portal.name}}`);
    const summary = summarySchema.parse(parseLine(answer.payload));
    const form = formOf(io, json);
    if (form === 'table') io.out(describe(summary));
    else io.write(renderRows(form, 0, columns, [summary]));
    if (summary.streamsFailing > 0) failed();
  },
});

function describe(summary: Summary): string {
  const { outcome, eventsPublished, streams, streamsFailing, lagSeconds, hubSpotRequests } = summary;
  if (outcome === 'skipped') return 'Another run of the portal is under way: this one had nothing to do.';
  const failing = streamsFailing === 0 ? 'none failing' : `${streamsFailing} failing`;
  const lag = formatDuration(lagSeconds);
  return `${plural(eventsPublished, 'event')} published in ${plural(hubSpotRequests, 'request')}; ${plural(streams, 'stream')}, ${failing}; lag ${lag}.`;
}
