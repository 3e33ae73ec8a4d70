/** What a portal alone needs to be polled, in order. */
import type { Io } from '../../io.ts';
import { type PortalRow, readPortalRows } from '../../portal-rows.ts';
import { formatAgo, formatCount, formatDuration, plural } from '../../show/format.ts';
import { describeStreams, isStreamWell } from '../../stream-rows.ts';
import type { HubSpot, Target, TargetPortal } from '../../target/target.ts';
import { type Check, type Finding, look, runbook, setToken, skip } from './check.ts';

/** HubSpot's header tells whole seconds, and an answer takes its time. */
const CLOCK_SECONDS = 5;
/** A tenth of the day's allowance, as for the alarm. */
const LOW_SHARE = 0.1;
const HUBSPOT_MS = 20_000;
/** Lambda writes its lines after the run's end. */
const LOG_MS = 120_000;

export async function* checkPortal(io: Io, target: Target, portal: TargetPortal): AsyncGenerator<Check> {
  const hubSpot = target.hubSpot(portal);
  const secret = await look('secret', () => checkSecret(hubSpot, portal), portal.name);
  yield secret;
  const credentials =
    secret.state === 'ok'
      ? await look('HubSpot', () => checkHubSpot(hubSpot, io.now()), portal.name)
      : skip('HubSpot', 'not asked without a token');
  yield credentials;
  yield credentials.state === 'ok'
    ? checkAllowance(hubSpot)
    : skip('allowance', 'not known without an answer');
  yield await look('streams', () => checkStreams(io, target, portal));
  yield checkSchedule(portal);
  yield await look('last run', () => checkLastRun(io, target, portal));
  yield checkClock(hubSpot, io.now());
}

async function checkSecret({ readSecret }: HubSpot, { request }: TargetPortal): Promise<Finding> {
  await readSecret();
  return { state: 'ok', text: `${request.secretId} holds a token` };
}

async function checkHubSpot({ source }: HubSpot, now: number): Promise<Finding> {
  const types = await source.listEventTypes(now + HUBSPOT_MS);
  if (types.length > 0)
    return { state: 'ok', text: `accepts the token and lists ${plural(types.length, 'event type')}` };
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
  const text = `${formatCount(left)} of ${formatCount(limit)} requests left today`;
  if (left >= limit * LOW_SHARE) return { name, state: 'ok', text };
  return { name, state: 'warning', text, nextStep: runbook('daily-allowance') };
}

async function checkStreams(io: Io, target: Target, portal: TargetPortal): Promise<Finding> {
  const rows = describeStreams(portal, await target.store().readPortal(portal.name), io.now());
  if (rows.every(({ state }) => state === 'waiting'))
    return { state: 'warning', text: 'none has been polled yet', nextStep: 'See the last run below' };
  const bad = rows.filter((row) => !isStreamWell(row));
  const [worst] = bad;
  if (worst === undefined) return { state: 'ok', text: `${rows.length}, none failing or behind` };
  const lag = worst.lagSeconds === undefined ? '' : `, ${formatDuration(worst.lagSeconds)} behind`;
  const reason = worst.reason === undefined ? '' : `: ${worst.reason}`;
  return {
    state: 'failed',
    text: `${bad.length} of ${rows.length} not well: ${worst.stream} ${worst.state}${lag}${reason}`,
    nextStep: `{events status --portal ${portal.name}}; ${runbook(worst.state === 'behind' ? 'lag' : 'streams-failing')}`,
  };
}

function checkSchedule({ name, isEnabled, tickSeconds }: TargetPortal): Check {
  if (isEnabled) return { name: 'schedule', state: 'ok', text: `on, every ${formatTick(tickSeconds)}` };
  return { name: 'schedule', state: 'failed', text: 'is off', nextStep: `{events portal resume ${name}}` };
}

function formatTick(seconds: number): string {
  if (seconds === 60) return 'minute';
  return seconds % 60 === 0 ? plural(seconds / 60, 'minute') : plural(seconds, 'second');
}

/** From the portal's standing: a slow portal's last run may be older than the log that one would like to read. */
async function checkLastRun(io: Io, target: Target, portal: TargetPortal): Promise<Finding> {
  const [row] = await readPortalRows(target, [portal], io.now(), false);
  if (row?.lastRunAt === undefined) return neverRan(row);
  const ago = formatAgo(row.lastRunAt, io.now());
  const runs = await target.readRuns(portal.name, row.lastRunAt - LOG_MS);
  const told = runs.at(-1)?.text;
  if (row.code !== undefined)
    return {
      state: 'failed',
      text: `failed ${ago}: ${told ?? row.code}`,
      nextStep: nextStepOfRun(row.code, portal.name),
    };
  const text = told === undefined ? `${ago}: ${plural(row.streams ?? 0, 'stream')}` : `${ago}: ${told}`;
  if (row.state === 'silent') return { state: 'failed', text, nextStep: runbook('not-running') };
  return { state: 'ok', text };
}

function neverRan(row: PortalRow | undefined): Finding {
  if (row?.state === 'paused')
    return { state: 'warning', text: 'none yet', nextStep: 'Turn the schedule on' };
  return { state: 'failed', text: 'none yet', nextStep: runbook('not-running') };
}

function nextStepOfRun(code: string, portal: string): string {
  return code.startsWith('secret-') || code === 'hubspot-unauthorized'
    ? setToken(portal)
    : runbook('failed-runs');
}

function checkClock({ clockAt }: HubSpot, now: number): Check {
  const at = clockAt();
  if (at === undefined) return skip('clock', 'HubSpot told no time');
  const apart = Math.abs(now - at) / 1000;
  if (apart <= CLOCK_SECONDS) return { name: 'clock', state: 'ok', text: 'agrees with HubSpot’s' };
  return {
    name: 'clock',
    state: 'warning',
    text: `is ${formatDuration(apart)} off HubSpot’s`,
    nextStep: 'Set this machine’s clock; Lambda’s own is right',
  };
}
