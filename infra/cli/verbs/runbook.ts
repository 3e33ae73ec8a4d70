/** `runbook`: the article that an alarm or a check names, wherever the package is installed. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CliFailure, EXIT } from '../failure.ts';
import { type Column, formOf, renderRows } from '../show/rows.ts';
import { listNames } from '../target/target.ts';
import { defineVerb, flag, nameOf } from '../verb.ts';

/** Beside this file's folder in the repository, beside the bundle in the package. */
const PLACES = ['../../RUNBOOK.md', '../RUNBOOK.md', './RUNBOOK.md'] as const;

interface Entry {
  readonly article: string;
  readonly about: string;
}

const columns: readonly Column<Entry>[] = [
  { key: 'article', value: ({ article }) => article },
  { key: 'about', value: ({ about }) => about, narrow: 'wrap' },
];

export const runbook = defineVerb({
  name: 'runbook',
  summary: 'shows an article of the runbook, or which there are',
  examples: ['runbook', 'runbook lag', 'runbook not-running'],
  flags: { article: flag('[article]', 'its name', nameOf('an article').optional()) },
  run: async ({ io }, { article }) => {
    const articles = readArticles(readRunbook());
    if (article === undefined) {
      const rows = [...articles].map(([name, { title, text }]) => ({
        article: name,
        about: title === name ? firstWords(text) : title,
      }));
      io.write(renderRows(formOf(io, false), io.columns() ?? 0, columns, rows));
      return;
    }
    const found = articles.get(article.replace(/^#/, ''));
    if (found === undefined) {
      const text = `The runbook has no article ${article}: found ${listNames([...articles.keys()])}.`;
      throw new CliFailure(text, '{events runbook} lists them all', EXIT.usage);
    }
    // Whoever installed the package has another name for the command.
    io.out(found.text.trim().replaceAll('npm run events --', io.program));
  },
});

function readRunbook(): string {
  const path = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((each) =>
    existsSync(each),
  );
  if (path !== undefined) return readFileSync(path, 'utf8');
  throw new CliFailure(
    'The runbook is not there: RUNBOOK.md lies beside the program.',
    'Install the package again.',
  );
}

/** What the description of an alarm begins with, without the alarm's name. */
function firstWords(article: string): string {
  const [, description = ''] = article.split('### Description\n');
  const text = description
    .trim()
    .replaceAll('\n', ' ')
    .replace(/^`[^`]*`: /, '');
  return text.split(/[.;](?= |$)/, 1)[0] ?? '';
}

/** By the name that a link to the heading has. */
export function readArticles(
  markdown: string,
): ReadonlyMap<string, { readonly title: string; readonly text: string }> {
  const parts = markdown.split(/^(?=## )/m).slice(1);
  return new Map(
    parts.map((text) => {
      const title = (text.split('\n', 1)[0] ?? '').slice(3).trim();
      return [
        title
          .toLowerCase()
          .replace(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
        { title, text },
      ];
    }),
  );
}
