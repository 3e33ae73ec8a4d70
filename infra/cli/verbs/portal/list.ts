/** `portal list`: every portal, with its settings in short and how it stands. */
import { type PortalRow, portalColumns, readPortalRows } from '../../portal-rows.ts';
import { formatDuration, plural } from '../../show/format.ts';
import { type Column, formOf, renderRows } from '../../show/rows.ts';
import { defineVerb, JSON_FLAG } from '../../verb.ts';
import { PORTAL_GROUP } from './group.ts';

interface Listed extends PortalRow {
  readonly pollSeconds: number | undefined;
  readonly secretId: string | undefined;
}

export const portalList = defineVerb({
  name: 'portal list',
  group: PORTAL_GROUP,
  summary: 'shows all, those of the stack and those added since, with how each stands',
  examples: ['portal list', 'portal list --json'],
  flags: { json: JSON_FLAG() },
  run: async ({ io, target: open, named, portals: list }, { json }) => {
    const target = await open();
    const portals = await list();
    const now = io.now();
    const rows = await readPortalRows(target, portals, now, (await named()) === undefined);
    const listed = rows.map((row): Listed => {
      const found = portals.find(({ name }) => name === row.portal);
      return {
        ...row,
        pollSeconds: found && Math.min(found.request.pollSeconds, found.tickSeconds),
        secretId: found?.request.secretId,
      };
    });
    const form = formOf(io, json);
    if (form === 'table') io.out(`${target.about}: ${plural(rows.length, 'portal')}`);
    const text = renderRows(form, io.columns() ?? 0, columnsAt(now), listed);
    if (text !== '') io.write(text);
  },
});

function columnsAt(now: number): Column<Listed>[] {
  return [
    ...portalColumns(now),
    {
      key: 'pollSeconds',
      head: 'every',
      value: ({ pollSeconds }) => pollSeconds ?? null,
      cell: ({ pollSeconds }) => (pollSeconds === undefined ? '' : formatDuration(pollSeconds)),
      from: 90,
    },
    { key: 'secretId', head: 'secret', value: ({ secretId }) => secretId ?? null, from: 130, narrow: 'cut' },
  ];
}
