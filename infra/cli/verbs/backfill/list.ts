/** `backfill list`: those under way, and those that ended since the stream's last. */
import type { Backfill } from '../../../../functions/poller/core/checkpoint.ts';
import { shareOf } from '../../../../functions/poller/core/checkpoint.ts';
import { formatAgo, formatInstant, isoOrNull } from '../../show/format.ts';
import { type Column, formOf, renderRows } from '../../show/rows.ts';
import { errorOf } from '../../stream-rows.ts';
import { defineVerb, JSON_FLAG } from '../../verb.ts';

interface Listed extends Backfill {
  readonly portal: string;
}

export const backfillList = defineVerb({
  name: 'backfill list',
  summary: 'shows those under way and the last ended of each stream; fails where one fails',
  examples: ['backfill list', 'backfill list --portal main --json'],
  flags: { json: JSON_FLAG() },
  run: async ({ io, target: open, portals, failed }, { json }) => {
    const target = await open();
    const rows: Listed[] = [];
    for (const { name: portal } of await portals()) {
      const { backfills } = await target.store().readPortal(portal);
      rows.push(...backfills.map((backfill) => ({ ...backfill, portal })));
    }
    rows.sort((a, b) => (b.finishedAt ?? b.startedAt) - (a.finishedAt ?? a.startedAt));
    const form = formOf(io, json);
    const text = renderRows(form, io.columns() ?? 0, columnsAt(io.now()), rows);
    if (text !== '') io.write(text);
    else if (form === 'table') io.out(`${target.about}: no backfill.`);
    if (rows.some((row) => row.finishedAt === undefined && errorOf(row, 'lastError') !== undefined)) failed();
  },
});

function columnsAt(now: number): Column<Listed>[] {
  return [
    { key: 'portal', value: ({ portal }) => portal },
    { key: 'stream', value: ({ stream }) => stream, narrow: 'cut' },
    { key: 'from', value: ({ from }) => isoOrNull(from), cell: ({ from }) => formatInstant(from), from: 100 },
    { key: 'to', value: ({ to }) => isoOrNull(to), cell: ({ to }) => formatInstant(to), from: 100 },
    {
      key: 'share',
      value: (row) => Math.floor(shareOf(row) * 10_000) / 10_000,
      cell: (row) => `${Math.floor(shareOf(row) * 100)} %`,
    },
    { key: 'eventsPublished', head: 'events', value: ({ eventsPublished }) => eventsPublished },
    { key: 'requests', value: ({ requests }) => requests, from: Number.POSITIVE_INFINITY },
    {
      key: 'startedAt',
      head: 'asked for',
      value: ({ startedAt }) => isoOrNull(startedAt),
      cell: ({ startedAt }) => formatAgo(startedAt, now),
    },
    {
      key: 'finishedAt',
      head: 'done',
      value: ({ finishedAt }) => isoOrNull(finishedAt),
      cell: ({ finishedAt }) => formatAgo(finishedAt, now) || 'no',
    },
    {
      key: 'error',
      head: 'last error',
      value: (row) => errorOf(row, 'lastError')?.message ?? null,
      narrow: 'wrap',
    },
  ];
}
