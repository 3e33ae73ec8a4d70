/** The mutants that Stryker makes of the poller, all in one text of each file: a variable says which is active. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Instrumenter, type InstrumentResult } from '@stryker-mutator/instrumenter';

export interface Mutant {
  readonly id: string;
  /** Below functions/poller. */
  readonly file: string;
  readonly line: number;
  /** The line's text. */
  readonly text: string;
  readonly mutator: string;
  /** What it replaces, on one line. */
  readonly code: string;
  readonly replacement: string;
  readonly isProse: boolean;
}

/** Of the process that a mutant is to be active in. */
export const ACTIVE_MUTANT = '__STRYKER_ACTIVE_MUTANT__';

/** What wires, and names that the stack shares: the stack's tests and those of the bundle show them. */
const LEFT_OUT = /^((roll-call-)?handler|contract)\.ts$|\.d\.ts$/;

const quiet = {
  isTraceEnabled: () => false,
  isDebugEnabled: () => false,
  isInfoEnabled: () => false,
  isWarnEnabled: () => true,
  isErrorEnabled: () => true,
  isFatalEnabled: () => true,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: console.warn,
  error: console.error,
  fatal: console.error,
};

/** Puts every mutant into the copy's sources, each inactive, and gives them all. */
export async function plantMutants(folder: string): Promise<readonly Mutant[]> {
  const poller = join(folder, 'functions/poller');
  const names = globSync('**/*.ts', { cwd: poller })
    .filter((name) => !LEFT_OUT.test(name))
    .toSorted();
  const sources = new Map(names.map((name) => [name, readFileSync(join(poller, name), 'utf8')]));
  const files = [...sources].map(([name, content]) => ({ name, content, mutate: true }));
  const options = { plugins: null, excludedMutations: [], ignorers: [] };
  const { files: planted, mutants } = await new Instrumenter(quiet).instrument(files, options);
  for (const { name, content } of planted) writeFileSync(join(poller, name), withoutCounting(content));
  return mutants.map((mutant) => describe(mutant, sources.get(mutant.fileName) ?? ''));
}

/** Stryker also counts how often each mutant is come by, which nobody asks here: it makes loops ten times as slow. */
function withoutCounting(content: string): string {
  return content.replace('function stryCov_9fa48() {', '$& return;');
}

function describe(
  { id, fileName, location, mutatorName, replacement }: InstrumentResult['mutants'][number],
  source: string,
): Mutant {
  const lines = source.split('\n').slice(location.start.line, location.end.line + 1);
  const [text = ''] = lines;
  const last = lines.length - 1;
  const original = lines
    .map((line, index) => line.slice(0, index === last ? location.end.column : undefined))
    .map((line, index) => line.slice(index === 0 ? location.start.column : 0))
    .join('\n');
  return {
    id,
    file: fileName,
    line: location.start.line + 1,
    text,
    mutator: mutatorName,
    code: onOneLine(original),
    replacement: onOneLine(replacement),
    isProse: mutatorName === 'StringLiteral' && isProse(original),
  };
}

export function onOneLine(code: string): string {
  return code.replace(/\s+/g, ' ').trim();
}

/**
 * True of a sentence or a part of one: a small word of its own, beside another. What is inserted into a text counts
 * as no word, and an expression of DynamoDB, whose names begin with #, is none.
 */
function isProse(literal: string): boolean {
  const text = literal.slice(1, -1).replace(/\$\{.*\}/gs, '0');
  return !/#\w/.test(text) && /[a-z]{2}[,:;.]? \w|\w[,:;.]? [a-z]{2}/.test(text);
}
