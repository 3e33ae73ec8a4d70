/**
 * `npm run mutate -- --mechanical`: Stryker's mutants of the poller, as many as the sample has, and what notices each.
 *
 *   copy of the sources with every mutant in it ─▶ sample, drawn by the seed ─▶ each is tried ─▶ scores by part
 */
import { basename } from 'node:path';
import { drawBelow, seedRandom } from '../../infra/simulator/seeded-random.ts';
import { createTry, type Try } from './catchers.ts';
import { withCopy } from './copy.ts';
import { EQUIVALENTS, type Equivalent } from './equivalents.ts';
import { type Mutant, plantMutants } from './mutants.ts';

/** How many of each part's mutants must be noticed, in percent. */
const TARGETS = { 'core, run, publish': 92, adapters: 85, 'input, roll-call, errors': 85 } as const;

type Part = keyof typeof TARGETS;

const PARTS: readonly Part[] = ['core, run, publish', 'adapters', 'input, roll-call, errors'];

export interface Choice {
  readonly seed: string;
  /** How many; all of them where not given. */
  readonly sample: number | undefined;
  /** Only of files whose path has this text. */
  readonly only: string;
  /** How many are tried at once. */
  readonly processes: number;
}

interface Tried {
  readonly mutant: Mutant;
  readonly noticedBy: string | undefined;
}

/** Tries the mutants chosen, shows what notices each; gives true where every part meets its target. */
export function mutateMechanically(choice: Choice): Promise<boolean> {
  return withCopy(async (folder) => {
    const all = await plantMutants(folder);
    const stale = EQUIVALENTS.filter((equivalent) => !all.some((mutant) => isMeant(equivalent, mutant)));
    for (const { file, code, replacement } of stale)
      console.log(`no mutant  ${file}  ${code} → ${replacement}`);
    const counting = all.filter(({ isProse }) => !isProse).filter((mutant) => !isEquivalent(mutant));
    const chosen = draw(
      counting.filter(({ file }) => file.includes(choice.only)),
      choice,
    );
    if (chosen.length === 0)
      throw new Error(`Mutating: the path of some file must have the text ${JSON.stringify(choice.only)}.`);
    console.log(
      `${all.length} mutants: ${all.filter(({ isProse }) => isProse).length} of prose, ` +
        `${all.filter(isEquivalent).length} listed as equivalent; ${chosen.length} of the others, seed ${choice.seed}`,
    );
    const tried = await tryAll(chosen, await createTry(folder), choice.processes);
    return showScores(tried) && stale.length === 0;
  });
}

function isMeant({ file, code, replacement, on = '' }: Equivalent, mutant: Mutant): boolean {
  return (
    basename(mutant.file) === file &&
    mutant.code === code &&
    mutant.replacement === replacement &&
    mutant.text.includes(on)
  );
}

function isEquivalent(mutant: Mutant): boolean {
  return EQUIVALENTS.some((equivalent) => isMeant(equivalent, mutant));
}

/** As many as asked for, each as likely. */
function draw(mutants: readonly Mutant[], { seed, sample = mutants.length }: Choice): readonly Mutant[] {
  const random = seedRandom(`mutants ${seed}`);
  const left = [...mutants];
  const amount = Math.min(sample, left.length);
  return Array.from({ length: amount }, () => left.splice(drawBelow(random, left.length), 1)).flat();
}

async function tryAll(mutants: readonly Mutant[], attempt: Try, processes: number): Promise<Tried[]> {
  const tried: Tried[] = [];
  const waiting = mutants.values();
  async function work(): Promise<void> {
    for (const mutant of waiting) {
      const noticedBy = await attempt(mutant.file, mutant.id);
      tried.push({ mutant, noticedBy });
      const { file, line, mutator, code, replacement } = mutant;
      const verdict = noticedBy === undefined ? 'SURVIVED' : 'noticed ';
      console.log(
        `${verdict}  ${file}:${line}  ${mutator}  ${shorten(code, noticedBy)} → ${replacement}  ${noticedBy === undefined ? '' : `by ${noticedBy}`}`,
      );
    }
  }
  await Promise.all(Array.from({ length: processes }, work));
  return tried;
}

/** A survivor is shown whole: so it can be listed. */
function shorten(code: string, noticedBy: string | undefined): string {
  return noticedBy === undefined || code.length <= 60 ? code : `${code.slice(0, 59)}…`;
}

function showScores(tried: readonly Tried[]): boolean {
  const scores = PARTS.map((part) => {
    const ofPart = tried.filter(({ mutant }) => partOf(mutant) === part);
    const noticed = ofPart.filter(({ noticedBy }) => noticedBy !== undefined).length;
    return { part, tried: ofPart.length, noticed, percent: (noticed / ofPart.length) * 100 };
  }).filter((score) => score.tried > 0);
  console.table(
    scores.map(({ percent, ...score }) => ({
      ...score,
      percent: percent.toFixed(1),
      target: TARGETS[score.part],
    })),
  );
  return scores.every(({ part, percent }) => percent >= TARGETS[part]);
}

function partOf({ file }: Mutant): Part {
  const [folder = ''] = file.split('/');
  if (folder === 'adapters') return 'adapters';
  return ['core', 'run', 'publish'].includes(folder) ? 'core, run, publish' : 'input, roll-call, errors';
}
