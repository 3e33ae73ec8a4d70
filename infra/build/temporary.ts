/** How temporary folders are named: with machine and process, so that another one can tell whose they are. */
import { hostname } from 'node:os';

const FOLDERS = { stack: 'hubspot-events', bundle: 'poller-bundle' } as const;

/** The beginning of the name of a folder of this process; the system adds six letters and digits. */
export function temporaryName(kind: keyof typeof FOLDERS): string {
  return `${FOLDERS[kind]}-${hostname()}-${process.pid}-`;
}

/** The process that a folder of this name belongs to; undefined where it is none of ours, or of another machine. */
export function ownerOf(name: string): number | undefined {
  const kind = Object.values(FOLDERS).find((each) => name.startsWith(`${each}-${hostname()}-`));
  if (kind === undefined) return undefined;
  const [, processId] = /^(\d+)-[A-Za-z0-9]{6}$/.exec(name.slice(`${kind}-${hostname()}-`.length)) ?? [];
  return processId === undefined ? undefined : Number(processId);
}
