/** HubSpot's own client for Node, as far as it is used here. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { HUBSPOT_NODE } from '../tools/cache.ts';

export interface NodeEvent {
  readonly id: string;
  readonly eventType: string;
  readonly objectId: string;
  readonly objectType: string;
  readonly occurredAt: Date;
  readonly properties?: Readonly<Record<string, string>>;
}

export interface NodePage {
  readonly results: readonly NodeEvent[];
  readonly paging?: { readonly next?: { readonly after: string; readonly link?: string } };
}

/** `getPage`'s arguments, which the client takes by their place. */
export type PageArguments = readonly [
  objectType?: string,
  eventType?: string,
  after?: string,
  before?: string,
  limit?: number,
  sort?: readonly string[],
  occurredAfter?: Date,
  occurredBefore?: Date,
  objectId?: number,
  objectProperty?: Readonly<Record<string, string>>,
  property?: Readonly<Record<string, string>>,
  id?: readonly string[],
];

export interface NodeClient {
  readonly events: {
    readonly eventsApi: {
      readonly getPage: (...query: PageArguments) => Promise<NodePage>;
      readonly getTypes: () => Promise<{ readonly eventTypes: readonly string[] }>;
    };
  };
  readonly oauth: {
    readonly tokensApi: {
      readonly create: (
        grantType: string,
        code: undefined,
        redirectUri: undefined,
        clientId: string,
        clientSecret: string,
        refreshToken: string,
      ) => Promise<{
        readonly accessToken: string;
        readonly refreshToken: string;
        readonly expiresIn: number;
      }>;
    };
  };
  readonly setAccessToken: (token: string) => void;
}

export interface NodeClientOptions {
  readonly accessToken?: string;
  readonly basePath: string;
  readonly numberOfApiCallRetries?: number;
}

/** The client, its requests going to `basePath`. */
export function createNodeClient(options: NodeClientOptions): NodeClient {
  const load = createRequire(join(HUBSPOT_NODE, 'package.json'));
  const { Client }: { Client: new (options: NodeClientOptions) => NodeClient } = load('@hubspot/api-client');
  return new Client(options);
}
