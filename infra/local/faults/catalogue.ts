/** Everything that can be made to go wrong here, as it is offered: a name, and what should happen then. */

export type FaultGroup = 'HubSpot' | 'AWS' | 'Lambda' | 'Events';

interface Entry {
  readonly group: FaultGroup;
  readonly name: string;
  /** What should happen, in one sentence. */
  readonly expect: string;
}

/** The event type that `type-refused` refuses. */
export const REFUSED_TYPE = 'e_form_submission_v2';
export const BURST_EVENTS = 20_000;
export const DAY_EVENTS = 24_000;

/** What stays broken until it is mended. */
export const SWITCHES = {
  'hubspot-down': {
    group: 'HubSpot',
    name: 'HubSpot down (503)',
    expect: 'Every poll fails and the lag grows; once it is back, polling goes on from the watermark.',
  },
  'hubspot-throttled': {
    group: 'HubSpot',
    name: 'HubSpot throttles (429)',
    expect: 'One request in four is refused and sent again some seconds later: slower, and nothing skipped.',
  },
  'hubspot-slow': {
    group: 'HubSpot',
    name: 'HubSpot slow',
    expect: 'Every answer takes 2 s more: runs take longer and the lag rises a little.',
  },
  'token-refused': {
    group: 'HubSpot',
    name: 'Token refused (401)',
    expect: 'The run fails and says so; no checkpoint is touched.',
  },
  'scope-taken': {
    group: 'HubSpot',
    name: 'Scope taken away (403)',
    expect: 'The run fails and names the scope; a stream may be set aside until it is tried again.',
  },
  'type-refused': {
    group: 'HubSpot',
    name: 'One event type refused',
    expect: `${REFUSED_TYPE} is set aside, the other streams go on; after mending try it again.`,
  },
  'pages-unordered': {
    group: 'HubSpot',
    name: 'Pages out of order',
    expect: 'Each page is turned round: the watermark waits for the end of the window.',
  },
  'eventbridge-throttled': {
    group: 'AWS',
    name: 'EventBridge throttles',
    expect: 'Three of four calls are refused and sent again; what does not get through keeps its place.',
  },
  'eventbridge-losing-answers': {
    group: 'AWS',
    name: 'EventBridge loses answers',
    expect:
      'One answer in five is lost: those entries, ten at most each time, come twice and are counted apart.',
  },
  'dynamodb-throttled': {
    group: 'AWS',
    name: 'DynamoDB throttles',
    expect:
      'Three of four calls are refused and sent again: the run is slower or fails, the watermark waits.',
  },
  'dynamodb-slow': {
    group: 'AWS',
    name: 'DynamoDB slow',
    expect: 'Every call takes half a second more: runs take longer.',
  },
  'sqs-down': {
    group: 'AWS',
    name: 'SQS down',
    expect: 'A stream with a dead letter to write waits before it; the others go on.',
  },
  'clock-back': {
    group: 'Lambda',
    name: 'Clock an hour back',
    expect: "The function's clock is wrong: no watermark goes back, nothing is published twice or skipped.",
  },
} as const satisfies Readonly<Record<string, Entry>>;

/** What happens once. */
export const BUTTONS = {
  kill: {
    group: 'Lambda',
    name: 'Kill the Lambda now',
    expect:
      'The run fails and its lease stays for two minutes; then what was in flight, at most 1,000 events, may come twice.',
  },
  'cold-start': {
    group: 'Lambda',
    name: 'Cold start',
    expect: 'The next run starts in a new process, which knows only what is stored.',
  },
  'day-offline': {
    group: 'Lambda',
    name: 'A day offline',
    expect: `The watermarks stand a day back and ${DAY_EVENTS.toLocaleString('en')} events wait: all are read, oldest first.`,
  },
  'late-30-minutes': {
    group: 'Events',
    name: 'An event 30 minutes late',
    expect: 'It lies behind the overlap: the next sweep finds it.',
  },
  'late-5-hours': {
    group: 'Events',
    name: 'An event 5 hours late',
    expect: 'It lies behind the overlap: a sweep finds it, at the latest when it is six hours old.',
  },
  'late-30-hours': {
    group: 'Events',
    name: 'An event 30 hours late',
    expect: 'It lies behind the sweeps too (24 h): a backfill brings it.',
  },
  'no-event': {
    group: 'Events',
    name: 'An entry that is no event',
    expect: 'It becomes one dead letter with the reason; the stream goes on.',
  },
  'large-event': {
    group: 'Events',
    name: 'An event of 300 KB',
    expect: 'It is published like any other, with all its digits.',
  },
  burst: {
    group: 'Events',
    name: `A burst of ${BURST_EVENTS.toLocaleString('en')}`,
    expect: 'The stream falls behind for some seconds, and catches up page by page.',
  },
  'new-type': {
    group: 'Events',
    name: 'A new event type',
    expect: 'Its events wait until the types are listed again, once an hour; then it is read from its start.',
  },
} as const satisfies Readonly<Record<string, Entry>>;

export type SwitchId = keyof typeof SWITCHES;
export type ButtonId = keyof typeof BUTTONS;

export function isSwitchId(id: string): id is SwitchId {
  return Object.hasOwn(SWITCHES, id);
}

export function isButtonId(id: string): id is ButtonId {
  return Object.hasOwn(BUTTONS, id);
}

/** Every switch, in the order in which they are shown. */
export const SWITCH_IDS: readonly SwitchId[] = Object.keys(SWITCHES).filter(isSwitchId);
