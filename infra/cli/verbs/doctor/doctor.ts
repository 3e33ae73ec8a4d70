/** `doctor`: goes through all that polling needs, in order; each check is a line, with what to do where it fails. */
import { NO_BREAK, withSpaces } from '../../failure.ts';
import type { Io } from '../../io.ts';
import { isPortalWell, readPortalRows } from '../../portal-rows.ts';
import { plural } from '../../show/format.ts';
import { formOf, renderRows, toLine } from '../../show/rows.ts';
import { listNames, type Target, type TargetPortal } from '../../target/target.ts';
import { defineVerb, JSON_FLAG } from '../../verb.ts';
import { type Check, type CheckRow, checkColumns, type Finding, look } from './check.ts';
import { checkPortal } from './portal-checks.ts';

/** Of many portals so many that are not well are looked at closely. */
const CLOSE_LOOKS = 5;

export const doctor = defineVerb({
  name: 'doctor',
  summary: 'checks all that polling needs, in order, and says what to do',
  examples: ['doctor', 'doctor --portal main', 'doctor --json'],
  flags: { json: JSON_FLAG() },
  run: async ({ io, target: open, named, failed, tell }, { json }) => {
    const target = await open();
    const portal = await named();
    const form = formOf(io, json);
    const rows: CheckRow[] = [];
    if (form === 'table') io.out(target.about);
    if (form === 'lines') io.write(checkColumns.map(({ key }) => key).join('\t'));
    for await (const found of examine(io, target, portal)) {
      const row = {
        ...found,
        ...(found.nextStep === undefined
          ? {}
          : { nextStep: form === 'table' ? tell(found.nextStep) : withSpaces(tell(found.nextStep)) }),
      };
      const isFirst = row.portal !== null && rows.at(-1)?.portal !== row.portal;
      rows.push(row);
      if (form === 'table') io.out(`${isFirst ? `portal ${row.portal}\n` : ''}${renderCheck(row)}`);
      if (form === 'lines') io.write(toLine(checkColumns, row));
      if (row.state === 'failed') failed();
    }
    if (form === 'json') io.write(renderRows(form, 0, checkColumns, rows));
  },
});

/** What all portals share; then the one that is named or the only one, or, of several, those that are not well. */
async function* examine(io: Io, target: Target, named: TargetPortal | undefined): AsyncGenerator<CheckRow> {
  const shared = (check: Check): CheckRow => ({ ...check, portal: null });
  yield shared(await look('bus', () => checkBus(target)));
  yield shared(await look('dead letters', () => checkDeadLetters(target)));
  const portals = named === undefined ? await target.portals() : [named];
  let close = portals;
  if (portals.length > 1) {
    const rows = await readPortalRows(target, portals, io.now(), true);
    const bad = rows.filter((row) => !isPortalWell(row));
    yield shared({ name: 'portals', ...describePortals(rows.length, bad) });
    close = portals.filter(({ name }) => bad.slice(0, CLOSE_LOOKS).some(({ portal }) => portal === name));
  }
  for (const portal of close) {
    for await (const check of checkPortal(io, target, portal)) yield { ...check, portal: portal.name };
  }
}

function describePortals(
  count: number,
  bad: readonly { readonly portal: string; readonly state: string }[],
): Finding {
  if (bad.length === 0) return { state: 'ok', text: `${plural(count, 'portal')}, all well` };
  const names = listNames(bad.map(({ portal, state }) => `${portal} ${state}`));
  return {
    state: 'failed',
    text: `${bad.length} of ${count} not well: ${names}`,
    nextStep: `{events status} shows all; {events doctor --portal NAME} looks at one`,
  };
}

async function checkBus({ bus }: Target): Promise<Finding> {
  await bus.check();
  return { state: 'ok', text: `${bus.name} exists` };
}

async function checkDeadLetters({ deadLetters }: Target): Promise<Finding> {
  const waiting = await deadLetters.count();
  if (waiting === 0) return { state: 'ok', text: 'none waiting' };
  const text = `${waiting} waiting: ${waiting === 1 ? 'an event that is' : 'events that are'} not on the bus`;
  return { state: 'failed', text, nextStep: `{events redrive --dry-run} shows the reasons` };
}

const MARKS = { ok: '✓', warning: '!', failed: '✗', skipped: '–' } as const;

function renderCheck({ name, state, text, nextStep }: Check): string {
  const line = `  ${MARKS[state]} ${name.padEnd(12)} ${text}`;
  return nextStep === undefined ? line : `${line}\n    →${NO_BREAK}${nextStep}`;
}
