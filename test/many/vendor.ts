/** A vendor's many portals, added at run time: one function, a simulated portal each, with a token and events of its own. */
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import pLimit from 'p-limit';
import { z } from 'zod';
import { synthesize } from '../../infra/build/synth.ts';
import { readConfig, requestText } from '../../infra/config.ts';
import type { InvocationResult } from '../../infra/local/lambda/execution-environment.ts';
import { createOpened } from '../../infra/local/opened.ts';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { UNLIMITED } from '../../infra/simulator/behaviour.ts';
import { type HubSpotPortal, startHubSpotPortal } from '../../infra/simulator/portal.ts';

export interface Tenant {
  readonly name: string;
  readonly hubSpot: HubSpotPortal;
  readonly request: string;
}

export interface Vendor extends AsyncDisposable {
  readonly stack: LocalStack;
  readonly tenants: readonly Tenant[];
  /** Calls of DynamoDB by action, and what they would cost: each item here is under 1 KB, a portal's under 4 KB. */
  readonly table: { calls: Map<string, number>; writeUnits: number; readUnits: number };
  /** Every tenant's tick, so many at once. */
  readonly tick: (atOnce: number) => Promise<InvocationResult[]>;
  /** An event of each tenant, and of no other. */
  readonly addEvents: () => void;
}

export const EVENT_TYPES = ['e_visited_page', 'e_form_submission_v2', 'e_opened_email_v2'];

const batchSchema = z.object({ RequestItems: z.record(z.string(), z.array(z.unknown())) });

export async function openVendor(count: number): Promise<Vendor> {
  const opened = createOpened();
  const table = { calls: new Map<string, number>(), writeUnits: 0, readUnits: 0 };
  const tenants = await Promise.all(Array.from({ length: count }, (_, index) => openTenant(index, opened)));
  const apiUrls = ['https://api.hubapi.com', ...tenants.map(({ hubSpot }) => hubSpot.url)].join(',');
  const stack = await startLocalStack({
    synthesized: synthesize({ config: { portals: { main: {} } }, flags: { manyPortals: true } }),
    environment: { HUBSPOT_API_URLS: apiUrls },
    onRequest: ({ service, action, body }) => {
      if (service !== 'dynamodb') return 'pass';
      table.calls.set(action, (table.calls.get(action) ?? 0) + 1);
      if (action === 'Query' || action === 'GetItem') table.readUnits += 1;
      else if (action === 'BatchWriteItem')
        table.writeUnits += Object.values(batchSchema.parse(JSON.parse(body)).RequestItems).flat().length;
      else if (/^(Put|Update|Delete)Item$/.test(action)) table.writeUnits += 1;
      return 'pass';
    },
  });
  opened.add(stack.close);
  const secrets = new SecretsManagerClient({
    endpoint: stack.environment['AWS_ENDPOINT_URL'] ?? '',
    region: 'us-east-1',
    credentials: stack.credentials,
  });
  opened.add(() => secrets.destroy());
  for (const { name } of tenants)
    await secrets.send(
      new CreateSecretCommand({ Name: `hubspot-events/${name}`, SecretString: tokenOf(name) }),
    );
  return {
    stack,
    tenants,
    table,
    tick: (atOnce) => {
      const limit = pLimit(atOnce);
      return Promise.all(tenants.map(({ request }) => limit(() => stack.invokeWith(request))));
    },
    addEvents: () => {
      const occurredAt = Date.now() - 1_000;
      for (const { name, hubSpot } of tenants)
        hubSpot.addEvents(
          EVENT_TYPES.map((eventType) => ({ eventType, id: `${name}-${occurredAt}`, occurredAt })),
        );
    },
    [Symbol.asyncDispose]: opened.close,
  };
}

const tokenOf = (name: string) => `token-of-${name}`;

async function openTenant(index: number, opened: ReturnType<typeof createOpened>): Promise<Tenant> {
  const name = `tenant-${index + 1}`;
  const hubSpot = await startHubSpotPortal({
    behaviour: { tokens: [{ token: tokenOf(name) }], silentTypes: EVENT_TYPES, limits: UNLIMITED },
  });
  opened.add(hubSpot.close);
  const startFrom = new Date(Date.now() - 60_000).toISOString();
  const [portal] = readConfig({ portals: { [name]: { apiUrl: hubSpot.url, startFrom } } }).portals;
  if (portal === undefined) throw new Error(`Reading the settings of ${name}: they must be right`);
  return { name, hubSpot, request: requestText(portal) };
}
