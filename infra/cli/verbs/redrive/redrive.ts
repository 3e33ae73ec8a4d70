/**
 * `redrive`: dead letters back to the bus, after a person has seen the reasons. While somebody looks, none is hidden:
 * it takes the letters to count them, gives all back at once, asks, and takes them again.
 */
import { CliFailure, EXIT } from '../../failure.ts';
import { confirm, type Io } from '../../io.ts';
import { plural } from '../../show/format.ts';
import { type Column, formOf, renderRows } from '../../show/rows.ts';
import type { DeadLetters, Target } from '../../target/target.ts';
import { defineVerb, JSON_FLAG, toggle, YES_FLAG } from '../../verb.ts';
import { type Letter, readLetter } from './letters.ts';

/** So many letters at a time. */
const LETTERS = 1_000;

interface Group {
  readonly portal: string | null;
  readonly code: string;
  readonly reason: string;
  readonly letters: number;
  readonly publishable: number;
}

const columns: readonly Column<Group>[] = [
  { key: 'letters', value: ({ letters }) => letters },
  { key: 'publishable', value: ({ publishable }) => publishable },
  { key: 'portal', value: ({ portal }) => portal },
  { key: 'code', value: ({ code }) => code },
  { key: 'reason', value: ({ reason }) => reason, narrow: 'wrap' },
];

interface Plan {
  readonly discard: boolean;
  readonly yes: boolean;
  readonly portal: string | undefined;
}

export const redrive = defineVerb({
  name: 'redrive',
  summary: 'shows the dead letters by reason, then publishes what can be published',
  examples: ['redrive --dry-run', 'redrive --portal main', 'redrive --portal main --discard --yes'],
  flags: {
    dryRun: toggle('--dry-run', 'only show the reasons'),
    discard: toggle('--discard', "delete letters that can't be published, too"),
    yes: YES_FLAG(),
    json: JSON_FLAG(),
  },
  run: async ({ io, target: open, named }, { dryRun, discard, yes, json }) => {
    if (dryRun && discard)
      throw new CliFailure('--dry-run deletes nothing.', 'Leave --discard out.', EXIT.usage);
    const target = await open();
    const portal = (await named())?.name;
    const isOfSeveral = portal === undefined && (await target.portals()).length > 1;
    if (discard && isOfSeveral)
      throw new CliFailure('Whose letters are to be deleted?', 'Add --portal NAME.', EXIT.usage);
    const seen = await withLetters(target.deadLetters, portal, async (letters) => letters);
    show(io, target, seen, json);
    if (seen.length === 0 || dryRun) return;
    await act(io, target, seen, { discard, yes, portal }, formOf(io, json) === 'table' ? io.out : io.err);
    if (!discard) assertNoneStays(seen, portal ?? (isOfSeveral ? 'NAME' : undefined));
  },
});

function show(io: Io, { about }: Target, letters: readonly Letter[], json: boolean): void {
  const form = formOf(io, json);
  const text = renderRows(form, io.columns() ?? 0, columns, groupsOf(letters));
  if (text !== '') io.write(text);
  if (form !== 'table') return;
  if (letters.length === 0) io.out(`${about}: no dead letter is waiting.`);
  else {
    const publishable = letters.filter(({ entry }) => entry !== undefined).length;
    io.out(`${publishable} of ${plural(letters.length, 'letter')} can be published.`);
  }
}

function groupsOf(letters: readonly Letter[]): Group[] {
  const groups = Map.groupBy(letters, ({ portal, code, reason }) => JSON.stringify([portal, code, reason]));
  return [...groups.values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    const { portal = null, code, reason } = first;
    const publishable = alike.filter(({ entry }) => entry !== undefined).length;
    return [{ portal, code, reason, letters: alike.length, publishable }];
  });
}

/** @throws CliFailure where there are letters that can only be deleted */
function assertNoneStays(seen: readonly Letter[], portal: string | undefined): void {
  const count = seen.filter(({ entry }) => entry === undefined).length;
  if (count === 0) return;
  const whose = portal === undefined ? '' : ` --portal ${portal}`;
  throw new CliFailure(
    `${plural(count, "letter that can't be published stays", "letters that can't be published stay")} in the queue.`,
    `{events redrive${whose} --discard} deletes ${count === 1 ? 'it' : 'them'}`,
  );
}

/** What was seen, and nothing that came since. */
async function act(
  io: Io,
  target: Target,
  seen: readonly Letter[],
  { discard, yes, portal }: Plan,
  tell: (text: string) => void,
): Promise<void> {
  const publishable = new Set(seen.filter(({ entry }) => entry !== undefined).map(({ taken }) => taken.id));
  const rest = new Set(seen.map(({ taken }) => taken.id).filter((id) => discard && !publishable.has(id)));
  if (publishable.size > 0) {
    const question = `Publish ${plural(publishable.size, 'event')} to ${target.bus.name}, and delete their letters?`;
    await confirm(io, question, yes);
    await withLetters(target.deadLetters, portal, (letters) =>
      publish(
        io,
        target,
        letters.filter(({ taken }) => publishable.has(taken.id)),
        tell,
      ),
    );
  }
  if (rest.size === 0) return;
  await confirm(io, `Delete ${plural(rest.size, 'letter')} that can't be published?`, yes);
  await withLetters(target.deadLetters, portal, async (letters) => {
    const chosen = letters.filter(({ taken }) => rest.has(taken.id));
    await target.deadLetters.remove(chosen.map(({ taken }) => taken));
    tell(`Deleted ${plural(chosen.length, 'letter')}.`);
  });
}

async function publish(
  io: Io,
  { bus, deadLetters }: Target,
  letters: readonly Letter[],
  tell: (text: string) => void,
): Promise<void> {
  const { outcomes } = await bus.publish(letters.flatMap(({ entry }) => entry ?? []));
  const published = letters.filter((_, index) => outcomes[index]?.state === 'accepted');
  await deadLetters.remove(published.map(({ taken }) => taken));
  for (const [index, { about }] of letters.entries()) {
    const outcome = outcomes[index];
    if (outcome?.state === 'refused') io.err(`${about} stays: ${outcome.code}: ${outcome.message}`);
    if (outcome?.state === 'unsent') io.err(`${about} stays: EventBridge did not take it`);
  }
  tell(`Published ${plural(published.length, 'event')}, and deleted their letters.`);
  const left = letters.length - published.length;
  if (left > 0)
    throw new CliFailure(
      `${plural(left, 'letter stays', 'letters stay')} in the queue.`,
      'Mend what the reasons say, then redrive again.',
    );
}

/** Takes the portal's letters, each once, and gives back at the end what is still there; those of others at once. */
async function withLetters<T>(
  queue: DeadLetters,
  portal: string | undefined,
  use: (letters: readonly Letter[]) => Promise<T>,
): Promise<T> {
  const letters = new Map<string, Letter>();
  const others = new Map<string, Letter>();
  try {
    while (letters.size + others.size < LETTERS) {
      const taken = await queue.take();
      if (taken.length === 0) break;
      for (const letter of taken.map(readLetter)) {
        const isOurs = portal === undefined || letter.portal === portal;
        (isOurs ? letters : others).set(letter.taken.id, letter);
      }
    }
    return await use([...letters.values()]);
  } finally {
    // To give back a letter that was deleted changes nothing.
    await queue.giveBack([...letters.values(), ...others.values()].map(({ taken }) => taken));
  }
}
