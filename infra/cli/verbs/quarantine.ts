/** `quarantine list` and `quarantine clear`: streams that HubSpot refuses. */
import type { Checkpoint } from '../../../functions/poller/core/checkpoint.ts';
import { CliFailure } from '../failure.ts';
import { formatInstant, isoOrNull } from '../show/format.ts';
import { type Column, formOf, renderRows } from '../show/rows.ts';
import { requireStream } from '../stream-rows.ts';
import { defineVerb, JSON_FLAG, STREAM_FLAG } from '../verb.ts';

const GROUP = 'streams that HubSpot refuses';

interface Quarantined extends Checkpoint {
  readonly portal: string;
}

const columns: readonly Column<Quarantined>[] = [
  { key: 'portal', value: ({ portal }) => portal },
  { key: 'stream', value: ({ stream }) => stream, narrow: 'cut' },
  {
    key: 'since',
    value: ({ quarantine }) => isoOrNull(quarantine?.since),
    cell: ({ quarantine }) => instantOf(quarantine?.since),
  },
  {
    key: 'retryAt',
    head: 'tried again',
    value: ({ quarantine }) => isoOrNull(quarantine?.retryAt),
    cell: ({ quarantine }) => instantOf(quarantine?.retryAt),
  },
  // Below the table there is room for it.
  { key: 'reason', value: ({ quarantine }) => quarantine?.reason ?? null, from: Number.POSITIVE_INFINITY },
];

function instantOf(at: number | undefined): string {
  return at === undefined ? '' : formatInstant(at);
}

export const quarantineList = defineVerb({
  name: 'quarantine list',
  group: GROUP,
  summary: 'shows them, each with the reason',
  examples: ['quarantine list', 'quarantine list --portal main --json'],
  flags: { json: JSON_FLAG() },
  run: async ({ io, target: open, portals }, { json }) => {
    const target = await open();
    const rows: Quarantined[] = [];
    for (const { name: portal } of await portals()) {
      const { checkpoints } = await target.store().readPortal(portal);
      for (const checkpoint of checkpoints)
        if (checkpoint.quarantine !== undefined) rows.push({ ...checkpoint, portal });
    }
    const form = formOf(io, json);
    const text = renderRows(form, io.columns() ?? 0, columns, rows);
    if (text !== '') io.write(text);
    if (form !== 'table') return;
    for (const { portal, stream, quarantine } of rows)
      io.out(`Portal ${portal}, ${stream}: ${quarantine?.reason ?? ''}`);
    if (rows.length === 0) io.out(`${target.about}: no stream is quarantined.`);
  },
});

export const quarantineClear = defineVerb({
  name: 'quarantine clear',
  group: GROUP,
  summary: 'has one tried again at the next run',
  examples: ['quarantine clear --stream e_visited_page'],
  flags: { stream: STREAM_FLAG() },
  run: async ({ io, target: open, portal: pick }, { stream }) => {
    const target = await open();
    const portal = await pick();
    const state = await target.store().readPortal(portal.name);
    requireStream(portal, state, stream);
    const checkpoint = state.checkpoints.find((each) => each.stream === stream);
    if (checkpoint?.quarantine === undefined)
      throw new CliFailure(`Stream ${stream} is not quarantined.`, '{events quarantine list}');
    await target.store().saveCheckpoint(portal.name, {
      ...checkpoint,
      lastError: undefined,
      quarantine: undefined,
    });
    io.out(
      `Stream ${stream} is polled at the next run; should HubSpot still refuse it, it is set aside again.`,
    );
  },
});
