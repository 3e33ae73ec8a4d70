import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

/** A place in a file of the bundle, as a stack trace names it: URL, line and column, both from 1. */
const PLACE = /(file:\/\/[^\s()]+):(\d+):(\d+)/;

/** What sources' paths begin with in the bundle's maps. */
const ABOVE = /^(\.\.\/)+/;

/**
 * Stack traces name the sources' places from now on. Node's own `--enable-source-maps` reads every map at the start,
 * which takes a tenth of a cold start; here a map is read when a trace that leads through its file is looked at.
 */
export function mapStackTraces(): void {
  const maps = new Map<string, SourceMap | undefined>();

  function sourcePlaceOf(place: string, url: string, line: string, column: string): string {
    if (!maps.has(url)) maps.set(url, readSourceMap(url));
    const origin = maps.get(url)?.findOrigin(Number(line), Number(column));
    if (origin === undefined || !('fileName' in origin)) return place;
    return `${origin.fileName.replace(ABOVE, '')}:${origin.lineNumber}:${origin.columnNumber}`;
  }

  Error.prepareStackTrace = (error, sites) => {
    const lines = sites.map((site) => `    at ${String(site).replace(PLACE, sourcePlaceOf)}`);
    return [String(error), ...lines].join('\n');
  };
}

/** Undefined where there is none: the trace then keeps the place in the bundle. */
function readSourceMap(url: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, 'utf8')));
  } catch {
    return undefined;
  }
}
