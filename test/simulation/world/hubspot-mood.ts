/** How HubSpot is at an instant: what it lists, whom it refuses. */
import { type PortalBehaviour, SIMULATED_TOKEN } from '../../../infra/simulator/behaviour.ts';
import type { Fault } from '../../../infra/simulator/faults/fault.ts';
import type { Draw } from '../draw.ts';
import type { TypePlan } from '../schedule/hubspot-plan.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { isIn } from '../schedule/span.ts';
import { drawHubSpotFault, drawStray, type Weather } from '../schedule/weather.ts';

/** What a request asks for. */
export interface Asked {
  readonly isList: boolean;
  readonly eventType: string;
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  readonly hasCursor: boolean;
}

export function askedOf(url: URL): Asked {
  const { searchParams, pathname } = url;
  const instantOf = (name: string) => Date.parse(searchParams.get(name) ?? '');
  return {
    isList: pathname.endsWith('/event-types'),
    eventType: searchParams.get('eventType') ?? '',
    from: instantOf('occurredAfter'),
    to: instantOf('occurredBefore'),
    limit: Number(searchParams.get('limit')),
    hasCursor: searchParams.has('after'),
  };
}

/** The types that the endpoint lists at an instant, faults of lists aside. */
export function typesListedAt({ hubSpot, behaviour }: Schedule, at: number): string[] {
  const listed = hubSpot.types.filter((type) => isListed(type, at)).map(({ name }) => name);
  const silent = behaviour.silentTypes ?? [];
  // Every portal has a type of HubSpot's own.
  return listed.length + silent.length > 0 ? [...listed, ...silent] : ['e_never_comes'];
}

export function isListed({ listed }: TypePlan, at: number): boolean {
  return listed.some((span) => isIn(span, at));
}

/** What of the portal's behaviour is another one from time to time. */
export function behaviourAt(schedule: Schedule, at: number): Partial<PortalBehaviour> {
  const { types, lists, account } = schedule.hubSpot;
  const listFault = lists.find((span) => isIn(span, at))?.kind;
  const accountFault = account.find((span) => isIn(span, at))?.kind;
  const listed = typesListedAt(schedule, at);
  const refused = types.filter((type) => type.unlisted === 'type-refused' && !isListed(type, at));
  return {
    listedTypes:
      listFault === 'empty' ? [] : listFault === 'short' ? listed.slice(0, listed.length / 3) : listed,
    accountRefusal:
      accountFault === 'scope' ? 'missing-scopes' : accountFault === 'plan' ? 'missing-plan' : null,
    tokens: accountFault === 'token' ? [] : [{ token: SIMULATED_TOKEN }],
    typeRefusals: Object.fromEntries(refused.map(({ name }) => [name, 'storage-locations'])),
  };
}

/** Why a request is not answered as it should be. */
export interface Trouble {
  readonly fault: Fault | null;
  readonly isPast: boolean;
}

const NONE: Trouble = { fault: null, isPast: false };

export function drawTrouble(
  { hubSpot }: Schedule,
  weather: Weather,
  draw: Draw,
  asked: Asked,
  at: number,
): Trouble {
  const { lists, refusals, past, types } = hubSpot;
  if (asked.isList) {
    const kind = lists.find((span) => isIn(span, at))?.kind;
    if (kind === 'fails') return { ...NONE, fault: { kind: 'status', status: 503, body: 'html' } };
    if (kind === 'malformed') return { ...NONE, fault: { kind: 'no-results' } };
  }
  const refusal = refusals.find((span) => span.stream === asked.eventType && isIn(span, at));
  if (refusal !== undefined) return { ...NONE, fault: refusalOf(refusal.status) };
  const type = types.find(({ name }) => name === asked.eventType);
  if (type?.unlisted === 'bad-request' && !isListed(type, at)) return { ...NONE, fault: BAD_REQUEST };
  const isPast = past.some((span) => isIn(span, at) && asked.from < at - span.olderThanMs);
  if (isPast) return { fault: BAD_REQUEST, isPast };
  if (draw.chance(weather.strays)) return { ...NONE, fault: drawStray(draw) };
  return draw.chance(weather.hubSpot) ? { ...NONE, fault: drawHubSpotFault(draw) } : NONE;
}

const BAD_REQUEST: Fault = { kind: 'status', status: 400 };

function refusalOf(status: 400 | 403): Fault {
  const code = 'EVENT_TYPE_READS_NOT_ALLOWED_DUE_TO_STORAGE_LOCATIONS';
  return { kind: 'status', status, fields: status === 400 ? { errors: [{ code }] } : {} };
}
