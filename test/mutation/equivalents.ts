/** Mutants that change nothing that anybody could notice: they do not count. */
export interface Equivalent {
  /** The file's own name: folders may change. */
  readonly file: string;
  /** The code and what replaces it, on one line, as `npm run mutate -- --mechanical` shows a survivor. */
  readonly code: string;
  readonly replacement: string;
  /** A part of its line, where the code alone stands in others, too. */
  readonly on?: string;
  readonly why: string;
}

export const EQUIVALENTS: readonly Equivalent[] = [
  {
    file: 'windows.ts',
    code: "hash('sha256', stream, 'hex').slice(0, 8)",
    replacement: "hash('sha256', stream, 'hex')",
    why: 'Any number made of the digest spreads idle streams as well.',
  },
  {
    file: 'sweep.ts',
    code: 'sweptAt > now',
    replacement: 'sweptAt >= now',
    why: 'No sweep is planned in the millisecond in which the last one began.',
  },
  {
    file: 'cut.ts',
    code: 'left < 1.5 * length',
    replacement: 'left <= 1.5 * length',
    why: 'At the very border a segment may be cut or not: all of it is read either way.',
  },
  {
    file: 'failures.ts',
    code: 'checkpoint.revision === 0',
    replacement: 'false',
    why: 'A stream whose checkpoint is not stored yet is not polled: nothing is learnt of its pages.',
  },
  {
    file: 'failures.ts',
    code: 'run.dueAt > now',
    replacement: 'run.dueAt >= now',
    why: 'What is due now is polled before anybody asks what a 403 means.',
  },
  {
    file: 'response.ts',
    code: 'header === undefined',
    replacement: 'false',
    on: 'return undefined;',
    why: 'A header that is not there is neither a number nor a date.',
  },
  {
    file: 'tokens.ts',
    code: '{ // No JSON: then it grants nothing. return undefined; }',
    replacement: '{}',
    why: 'A function that gives nothing gives undefined.',
  },
  {
    file: 'response.ts',
    code: "{ // No JSON: a gateway's HTML. The status says what there is to say. return undefined; }",
    replacement: '{}',
    why: 'A function that gives nothing gives undefined.',
  },
  {
    file: 'retry.ts',
    code: "name === 'TimeoutError'",
    replacement: 'false',
    why: 'isTransientError of the SDK knows it, too.',
  },
  {
    file: 'rate-limiter.ts',
    code: 'this.#freeAt[0] <= now',
    replacement: 'this.#freeAt[0] < now',
    why: 'A slot that gets free now is given out now, also where it is still in the list.',
  },
  {
    file: 'ledger.ts',
    code: 'at < unwritten.length',
    replacement: 'at <= unwritten.length',
    why: 'A batch without rows makes no call.',
  },
  {
    file: 'ledger.ts',
    code: '[]',
    replacement: '["Stryker was here"]',
    on: 'UnprocessedItems?.',
    why: 'What is no request to put a row is left out.',
  },
  {
    file: 'ledger.ts',
    code: 'writer.slice(0, 13)',
    replacement: 'writer',
    why: 'A row of the ledger has a key that is 23 bytes longer: it stays within its write units.',
  },
  {
    file: 'publish-page.ts',
    code: 'results[index]?.status',
    replacement: 'results[index].status',
    why: 'Each letter has a result.',
  },
  {
    file: 'deduplicator.ts',
    code: '[...needed].filter((bucket) => !sets.has(bucket))',
    replacement: '[...needed]',
    why: 'A bucket that is there already is looked up again, and read again at worst.',
  },
  {
    file: 'ledger.ts',
    code: 'row[TABLE.sortKey]?.S',
    replacement: 'row[TABLE.sortKey].S',
    why: 'Each row has a sort key.',
  },
  {
    file: 'poll.ts',
    code: "'rejected'",
    replacement: '""',
    why: 'What was refused is the failure that stands beside it; only the types need both.',
  },
  {
    file: 'tokens.ts',
    code: 'answer.status === 200',
    replacement: 'false',
    why: 'An access token does not hold the secrets that are taken out of a refusal.',
  },
  {
    file: 'read-page.ts',
    code: "reading.kind === 'live'",
    replacement: 'true',
    why: 'A sweep or backfill at its end is not due again within the run, and its stream is due when it was due before.',
  },
  {
    file: 'update.ts',
    code: "''",
    replacement: '"Stryker was here!"',
    on: "part !== ''",
    why: 'A space more at the end of an expression changes nothing.',
  },
  {
    file: 'streams.ts',
    code: "''",
    replacement: '"Stryker was here!"',
    on: "(objectId ?? '')",
    why: 'An object has an id or a property: the request is refused else.',
  },
  {
    file: 'poll.ts',
    code: 'stop.abort();',
    replacement: ';',
    why: 'The loop over pages ends with none under way, but where the choice of a page itself throws.',
  },
  {
    file: 'run-portal.ts',
    code: 'clock.now() >= time.readUntil',
    replacement: 'clock.now() > time.readUntil',
    why: 'At that very millisecond nothing is asked for either way.',
  },
  {
    file: 'ledger.ts',
    code: 'clock.now() + waitMs >= until()',
    replacement: 'clock.now() + waitMs > until()',
    why: 'A wait that ends with the time leaves none for another try.',
  },
  {
    file: 'source.ts',
    code: "''",
    replacement: '"Stryker was here!"',
    on: "body: ''",
    why: 'What is no JSON says as little of an error as nothing does.',
  },
  {
    file: 'poll.ts',
    code: 'checkpoint === undefined',
    replacement: 'false',
    why: 'Each stream has a checkpoint by then, stored or not; only its type does not say so.',
  },
  {
    file: 'reading.ts',
    code: 'segment === undefined',
    replacement: 'false',
    why: 'A segment with a page under way stays in its reading; only its type does not say so.',
  },
  {
    file: 'client.ts',
    code: "''",
    replacement: '"Stryker was here!"',
    on: 'answer?.body',
    why: 'What is no JSON says as little of an error as nothing does.',
  },
  {
    file: 'next-page.ts',
    code: 'limit !== undefined',
    replacement: 'true',
    why: 'HubSpot tells both figures of the day, or none; and nothing is less than a tenth of nothing.',
  },
  {
    file: 'paging.ts',
    code: 'lastAt !== undefined',
    replacement: 'true',
    why: 'No time is earlier than undefined.',
  },
];
