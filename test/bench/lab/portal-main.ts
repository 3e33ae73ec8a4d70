// The program of the simulated portal's process: an order first, then questions, each answered by one telling.
import { DEFAULT_LIMITS, UNLIMITED } from '../../../infra/simulator/behaviour.ts';
import { type HubSpotPortal, startHubSpotPortal } from '../../../infra/simulator/portal.ts';
import { createEvenHistory } from './even-history.ts';
import { type PortalTelling, portalOrderSchema } from './portal-process.ts';

const RECORDED_REQUESTS = 100_000;

let portal: HubSpotPortal | undefined;
let told = 0;

async function start(order: unknown): Promise<PortalTelling> {
  const { history, latencyMs, per10Seconds, mostPerPage } = portalOrderSchema.parse(order);
  const limits = per10Seconds === null ? UNLIMITED : { ...DEFAULT_LIMITS, per10Seconds };
  portal = await startHubSpotPortal({
    history: createEvenHistory(history),
    behaviour: { limits, mostPerPage, aboveMostPerPage: 'cap' },
    latencyMs,
    recordedRequests: RECORDED_REQUESTS,
  });
  return { url: portal.url, requests: [] };
}

function tellRequests({ url, requests }: HubSpotPortal): PortalTelling {
  const fresh = requests.slice(told).map(({ at, status }) => ({ at, status }));
  told = requests.length;
  return { url, requests: fresh };
}

process.on('message', async (question) => {
  process.send?.(portal === undefined ? await start(question) : tellRequests(portal));
});
process.on('disconnect', () => process.exit(0));
