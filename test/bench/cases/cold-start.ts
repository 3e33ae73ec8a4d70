/** From the start of a process to its first request at HubSpot, beside a bare handler with the same SDK clients. */
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type BenchCase, judge, median, show } from '../case.ts';
import { functionNamed, openStackLab, type StackLab } from '../lab/stack-lab.ts';

const POLLER = fileURLToPath(new URL('../../../functions/poller/handler.ts', import.meta.url));
const TYPES = ['e_visited_page'];

const bareSchema = z.object({ status: z.literal(200) });

export const coldStart: BenchCase = {
  name: 'cold-start',
  about: 'cold start to the first HubSpot request, beside a bare handler with the same SDK clients',
  isTimed: true,
  async run(size) {
    const rounds = size === 'full' ? 15 : 1;
    await using poller = await openLab(POLLER);
    await using bare = await openLab(functionNamed('bare'));
    const [ofPoller, ofBare]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      ofPoller.push(await startCold(poller));
      ofBare.push(await startCold(bare));
    }
    const [mine, least] = [median(ofPoller), median(ofBare)];
    const ratio = mine / least;
    return {
      rows: [
        {
          what: 'cold start to the first HubSpot request',
          poller: `${show(mine)} ms, ${show(ratio, 2)} ×`,
          bound: `${show(least)} ms`,
          target: '≤ 1.15 × a bare handler',
          verdict: judge(ratio <= 1.15),
        },
      ],
      notes: [
        `cold-start: from the spawning of the process to the portal's seeing its first request; the median of ${rounds} starts of each, by turns. Both are bundled alike, and ask with what Node has. The poller takes its lease, reads its checkpoints and makes sure of the bus before; the bare handler reads the token alone. AWS answers within a millisecond or two here.`,
      ],
      counts: { ratio, pollerMs: mine, bareMs: least, starts: ofPoller.length + ofBare.length },
    };
  },
};

function openLab(entry: string): Promise<StackLab> {
  const now = Date.now();
  const history = { eventTypes: TYPES, startsAt: now - 60_000, endsAt: now, everyMs: 10_000 };
  return openStackLab({ history, latencyMs: 0, per10Seconds: null, entry });
}

/** Milliseconds from a process's start to its first request. */
async function startCold({ portal, stack }: StackLab): Promise<number> {
  stack.kill();
  await portal.takeRequests();
  const startedAt = Date.now();
  const input = {
    portal: 'main',
    secretId: 'hubspot-events/main',
    apiUrl: portal.url,
    eventTypes: TYPES,
    startFrom: new Date(startedAt - 60_000).toISOString(),
  };
  const result = await stack.invokeWith(JSON.stringify(input));
  const [first] = await portal.takeRequests();
  if (!result.ok || first === undefined) throw new Error(`A cold start failed: ${JSON.stringify(result)}`);
  const answer: unknown = JSON.parse(result.payload);
  if (typeof answer === 'object' && answer !== null && 'status' in answer) bareSchema.parse(answer);
  return first.at - startedAt;
}
