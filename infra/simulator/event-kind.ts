/** What happens in the simulated portal: its event types, how often, and what their events hold. */
import { drawBelow, drawOne, type Random } from './seeded-random.ts';

export interface EventKind {
  readonly eventType: string;
  /** The mean over a day; the rhythm spreads it. */
  readonly eventsPerDay: number;
  /** How much of the rate follows the hour, 0 (even) to 1 (none at night), and the busiest hour in UTC. */
  readonly rhythm: { readonly depth: number; readonly peakHour: number };
  readonly idShape: 'leviathan' | 'portal' | 'uuid';
  readonly properties: (random: Random, objectId: string) => Readonly<Record<string, string>>;
}

const OFFICE = { depth: 0.9, peakHour: 13 } as const;
const EVENING = { depth: 0.6, peakHour: 19 } as const;
const EVEN = { depth: 0, peakHour: 0 } as const;

type Named = readonly [name: string, text: string];
type Place = readonly [city: string, country: string, code: string];

const BROWSERS: readonly [Named, ...Named[]] = [
  [
    'Chrome',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  ],
  [
    'Safari',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  ],
  ['Firefox', 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'],
];
const PLACES: readonly [Place, ...Place[]] = [
  ['Lyon', 'france', 'fr'],
  ['Köln', 'germany', 'de'],
  ['Boston', 'united states', 'us'],
  ['大阪市', 'japan', 'jp'],
];
const PAGES = [
  '/',
  '/pricing',
  '/blog/lead-scoring',
  '/docs/start',
  '/contact-us',
  '/customers?page=2',
] as const;

/** Gives the address by which `objectProperty.email` finds a simulated contact. */
export function emailOf(objectId: string): string {
  return `contact-${objectId}@example.com`;
}

function describeVisit(random: Random): Record<string, string> {
  const [browser, userAgent] = drawOne(random, BROWSERS);
  const [city, country, countryCode] = drawOne(random, PLACES);
  return {
    hs_browser: browser,
    hs_user_agent: userAgent,
    hs_city: city,
    hs_country: country,
    hs_country_code: countryCode,
    hs_language: `${countryCode}-${countryCode}`,
  };
}

function describePageView(random: Random): Record<string, string> {
  const page = drawOne(random, PAGES);
  return {
    hs_url: `https://www.example.com${page}`,
    hs_url_domain: 'www.example.com',
    hs_url_path: page,
    hs_page_title: page === '/' ? 'Example – Home' : `Example – ${page.slice(1)}`,
    hs_referrer: drawOne(random, ['https://www.google.com/', 'https://www.linkedin.com/', '']),
    hs_visitor_type: drawOne(random, ['NEW', 'RETURNING']),
    ...describeVisit(random),
  };
}

function describeEmail(random: Random, objectId: string): Record<string, string> {
  return {
    hs_campaign_id: String(310_000_000 + drawBelow(random, 40)),
    hs_recipient: emailOf(objectId),
    hs_subject: drawOne(random, [
      'Your trial ends on Friday',
      'What is new in "November"',
      'Invoice 10/2026',
    ]),
    hs_bot_filtered: drawOne(random, ['false', 'false', 'false', 'true']),
    ...describeVisit(random),
  };
}

function describeForm(random: Random): Record<string, string> {
  return {
    hs_form_id: drawOne(random, [
      '3c1d4a1e-8f3b-4a53-9d31-3c1f2f5b7a10',
      'f0a7c9f2-51f6-4f57-8a55-6f1f7f2f0b21',
    ]),
    hs_form_type: 'HUBSPOT',
    hs_submission_count: String(1 + drawBelow(random, 3)),
    ...describePageView(random),
  };
}

function describePlan(random: Random): Record<string, string> {
  return {
    plan: drawOne(random, ['starter', 'professional', 'enterprise']),
    seats: String(1 + drawBelow(random, 250)),
    price: (drawBelow(random, 500_000) / 100).toFixed(2),
    hs_touchpoint_source: drawOne(random, ['DIRECT_TRAFFIC', 'ORGANIC_SEARCH', 'PAID_SOCIAL']),
  };
}

function describeCall(random: Random): Record<string, string> {
  return {
    hs_call_direction: drawOne(random, ['INBOUND', 'OUTBOUND']),
    hs_call_duration: String(drawBelow(random, 1_800_000)),
  };
}

/** Gives the event types of a mid-sized account: HubSpot's own, custom ones (`pe…`) and an app's (`ae…`). */
export function listEventKinds(portalId: number): readonly EventKind[] {
  return [
    {
      eventType: 'e_visited_page',
      eventsPerDay: 86_400,
      rhythm: EVENING,
      idShape: 'leviathan',
      properties: describePageView,
    },
    {
      eventType: 'e_opened_email_v2',
      eventsPerDay: 30_000,
      rhythm: OFFICE,
      idShape: 'uuid',
      properties: describeEmail,
    },
    {
      eventType: 'e_clicked_link_in_email_v2',
      eventsPerDay: 6_000,
      rhythm: OFFICE,
      idShape: 'uuid',
      properties: describeEmail,
    },
    {
      eventType: 'e_form_submission_v2',
      eventsPerDay: 3_000,
      rhythm: EVENING,
      idShape: 'uuid',
      properties: describeForm,
    },
    {
      eventType: 'e_call_started',
      eventsPerDay: 400,
      rhythm: OFFICE,
      idShape: 'portal',
      properties: describeCall,
    },
    {
      eventType: `pe${portalId}_signed_up`,
      eventsPerDay: 8_640,
      rhythm: EVENING,
      idShape: 'uuid',
      properties: describePlan,
    },
    {
      eventType: `pe${portalId}_plan_changed`,
      eventsPerDay: 300,
      rhythm: OFFICE,
      idShape: 'portal',
      properties: describePlan,
    },
    {
      eventType: 'ae2187654_shipment_scanned',
      eventsPerDay: 12_000,
      rhythm: EVEN,
      idShape: 'portal',
      properties: describePlan,
    },
  ];
}

/** Gives an even, custom event type: for measurements, where the number of events is what matters. */
export function makeEventKind(eventType: string, eventsPerDay: number): EventKind {
  return { eventType, eventsPerDay, rhythm: EVEN, idShape: 'uuid', properties: describePageView };
}
