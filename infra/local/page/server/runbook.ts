/** The runbook's articles, by the name that the alarms' descriptions give. */
import { readFile } from 'node:fs/promises';

const RUNBOOK = new URL('../../../RUNBOOK.md', import.meta.url);

/** The text of an article, without its heading; undefined where there is none of that name. */
export async function readArticle(name: string): Promise<string | undefined> {
  const text = await readFile(RUNBOOK, 'utf8');
  const articles = text.split(/^## /m).slice(1);
  const found = articles.find((article) => article.slice(0, article.indexOf('\n')).trim() === name);
  return found?.slice(found.indexOf('\n')).trim();
}
