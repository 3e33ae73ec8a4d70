/** dynalite 4 has no types of its own: what of it is used here. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  export interface DynaliteOptions {
    /** The folder of the store; memory where not given. */
    readonly path?: string;
    /** How long a table is being created, updated and deleted; 500 where not given. */
    readonly createTableMs?: number;
    readonly updateTableMs?: number;
    readonly deleteTableMs?: number;
  }

  /** The server, not yet listening. Closing it closes the store. */
  export default function dynalite(options?: DynaliteOptions): Server;
}
