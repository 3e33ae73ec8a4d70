/** `doctor`: goes through all that polling needs, in order; each check is a line, with what to do where it fails. */
import { DescribeEventBusCommand } from '@aws-sdk/client-eventbridge';
import { GetQueueAttributesCommand, type QueueAttributeName } from '@aws-sdk/client-sqs';
import { PollerError } from '../../functions/poller/errors.ts';
import { formatSeconds } from '../local/view/view.ts';
import type { HubSpot } from './hubspot.ts';
import { openHubSpot } from './hubspot.ts';
import type { Io } from './io.ts';
import { describeStreams } from './status.ts';
import { storeOf, type Target, type TargetPortal } from './target.ts';

export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly text: string;
  /** What to do; with every state but `ok` and `skipped`. */
  readonly nextStep?: string;
}

type Look = () => Promise<Omit<Check, 'name'>>;

/** HubSpot's header tells whole seconds, and an answer takes its time. */
const CLOCK_SECONDS = 5;
/** A tenth of the day's allowance, as for the alarm. */
const LOW_SHARE = 0.1;
const HUBSPOT_MS = 20_000;

const TOKEN_STEP = 'npm run events -- token set';

/** True where no check failed. */
export async function runDoctor(io: Io, target: Target, portals: readonly TargetPortal[]): Promise<boolean> {
  let isWell = true;
  for (const portal of portals) {
    io.out(`${target.about}, portal ${portal.name}`);
    for await (const check of checkPortal(io, target, portal)) {
      io.out(renderCheck(check));
      if (check.state === 'failed') isWell = false;
    }
  }
  return isWell;
}

export function renderCheck({ name, state, text, nextStep }: Check): string {
  const mark = { ok: '✓', warning: '!', failed: '✗', skipped: '–' }[state];
  const line = `  ${mark} ${name.padEnd(12)} ${text}`;
  return nextStep === undefined ? line : `${line}\n    → ${nextStep}`;
}

async function* checkPortal(io: Io, target: Target, portal: TargetPortal): AsyncGenerator<Check> {
  const hubSpot = openHubSpot(target, portal, io.now());
  const secret = await look('secret', () => checkSecret(hubSpot, portal));
  yield secret;
  const credentials =
    secret.state === 'ok'
      ? await look('HubSpot', () => checkHubSpot(hubSpot, io.now()))
      : skip('HubSpot', 'not asked without a token');
  yield credentials;
  yield credentials.state === 'ok'
    ? checkAllowance(hubSpot)
    : skip('allowance', 'not known without an answer');
  yield await look('bus', () => checkBus(target));
  yield await look('streams', () => checkStreams(io, target, portal));
  yield await look('dead letters', () => checkDeadLetters(target));
  yield portal.isEnabled
    ? { name: 'schedule', state: 'ok', text: `on, every ${Math.max(60, portal.request.pollSeconds)} s` }
    : {
        name: 'schedule',
        state: 'failed',
        text: 'is off',
        nextStep: 'RUNBOOK.md, "Pause a portal", says how to turn it on',
      };
  yield await look('last run', () => checkLastRun(io, target, portal));
  yield checkClock(hubSpot, io.now());
}

/** A check that could not be made is one that failed, with the reason it met. */
async function look(name: string, check: Look): Promise<Check> {
  try {
    return { name, ...(await check()) };
  } catch (thrown) {
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    return { name, state: 'failed', text, nextStep: nextStepOf(thrown) };
  }
}

function skip(name: string, text: string): Check {
  return { name, state: 'skipped', text };
}

/** What the poller's own failures ask for; RUNBOOK.md has the same, longer. */
function nextStepOf(thrown: unknown): string {
  if (!(thrown instanceof PollerError))
    return 'Check that your AWS credentials may read the stack’s resources; else npm run deploy';
  switch (thrown.code) {
    case 'secret-placeholder':
    case 'secret-missing':
    case 'secret-malformed':
    case 'hubspot-unauthorized':
      return TOKEN_STEP;
    case 'hubspot-forbidden':
      return `Add the scope to the app and write its new token (${TOKEN_STEP}), or see to the account's plan`;
    case 'hubspot-daily-limit':
      return 'Wait for midnight in the account’s time zone; RUNBOOK.md#daily-allowance';
    case 'hubspot-unavailable':
    case 'hubspot-throttled':
    case 'hubspot-moving':
    case 'out-of-time':
      return 'Wait, and see https://status.hubspot.com';
    case 'bus-missing':
    case 'bus-denied':
    case 'table-missing':
    case 'table-denied':
      return 'npm run deploy';
    default:
      return 'RUNBOOK.md#failed-runs';
  }
}

async function checkSecret({ readSecret }: HubSpot, { request }: TargetPortal): ReturnType<Look> {
  await readSecret();
  return { state: 'ok', text: `${request.secretId} holds a token` };
}

async function checkHubSpot({ source }: HubSpot, now: number): ReturnType<Look> {
  const types = await source.listEventTypes(now + HUBSPOT_MS);
  if (types.length > 0)
    return { state: 'ok', text: `accepts the token and lists ${types.length} event types` };
  return {
    state: 'failed',
    text: 'accepts the token and lists no event type',
    nextStep: 'See to the app’s scopes and the account’s plan (Enterprise)',
  };
}

function checkAllowance({ tally }: HubSpot): Check {
  const { hubSpotDailyRemaining: left, hubSpotDailyLimit: limit } = tally;
  const name = 'allowance';
  if (left === undefined || limit === undefined)
    return { name, state: 'ok', text: 'HubSpot tells of no daily limit' };
  const text = `${left} of ${limit} requests left today`;
  if (left >= limit * LOW_SHARE) return { name, state: 'ok', text };
  return { name, state: 'warning', text, nextStep: 'RUNBOOK.md#daily-allowance' };
}

async function checkBus({ eventBridge, eventBusName }: Target): ReturnType<Look> {
  await eventBridge.send(new DescribeEventBusCommand({ Name: eventBusName }));
  return { state: 'ok', text: `${eventBusName} exists` };
}

async function checkDeadLetters({ sqs, deadLetterQueueUrl }: Target): ReturnType<Look> {
  const AttributeNames: QueueAttributeName[] = ['ApproximateNumberOfMessages'];
  const command = new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames });
  const { Attributes } = await sqs.send(command);
  const waiting = Number(Attributes?.['ApproximateNumberOfMessages'] ?? 0);
  if (waiting === 0) return { state: 'ok', text: 'none waiting' };
  const nextStep = 'npm run events -- redrive --dry-run shows the reasons';
  return { state: 'failed', text: `${waiting} waiting: events that are not on the bus`, nextStep };
}

async function checkStreams(io: Io, target: Target, { name, request }: TargetPortal): ReturnType<Look> {
  const now = io.now();
  const rows = describeStreams(request, await storeOf(target, now).readPortal(name), now);
  if (rows.every(({ state }) => state === 'waiting'))
    return { state: 'warning', text: 'none has been polled yet', nextStep: 'See the last run below' };
  const bad = rows.filter(
    ({ state }) => state === 'quarantined' || state === 'failing' || state === 'behind',
  );
  const [worst] = bad;
  if (worst === undefined) return { state: 'ok', text: `${rows.length}, none failing or behind` };
  const lag = worst.lagSeconds === null ? '' : `, ${formatSeconds(worst.lagSeconds)} behind`;
  const text = `${bad.length} of ${rows.length} not well: ${worst.stream} ${worst.state}${lag}${worst.reason === null ? '' : `: ${worst.reason}`}`;
  return {
    state: 'failed',
    text,
    nextStep: `npm run events -- status; RUNBOOK.md#${worst.state === 'behind' ? 'lag' : 'streams-failing'}`,
  };
}

async function checkLastRun(io: Io, target: Target, { name, request }: TargetPortal): ReturnType<Look> {
  const run = await target.readLastRun(name);
  if (run === undefined)
    return { state: 'failed', text: 'none in the log', nextStep: 'RUNBOOK.md#not-running' };
  const ageSeconds = (io.now() - run.at) / 1000;
  const about = `${formatSeconds(ageSeconds)} ago: ${run.text}`;
  if (!run.isOk) return { state: 'failed', text: `failed ${about}`, nextStep: 'RUNBOOK.md#failed-runs' };
  // Three ticks: one may be late, one lost.
  if (ageSeconds > 3 * Math.max(60, request.pollSeconds))
    return { state: 'failed', text: about, nextStep: 'RUNBOOK.md#not-running' };
  return { state: 'ok', text: about };
}

function checkClock({ clockAt }: HubSpot, now: number): Check {
  const at = clockAt();
  if (at === undefined) return skip('clock', 'HubSpot told no time');
  const apart = Math.abs(now - at) / 1000;
  if (apart <= CLOCK_SECONDS) return { name: 'clock', state: 'ok', text: 'agrees with HubSpot’s' };
  return {
    name: 'clock',
    state: 'warning',
    text: `is ${formatSeconds(apart)} off HubSpot’s`,
    nextStep: 'Set this machine’s clock; Lambda’s own is right',
  };
}
