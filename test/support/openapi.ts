/**
 * Checks of requests and answers against HubSpot's OpenAPI document, read with the document itself as the
 * schema. Its `example`s contradict its schemas (numbers for objectId): only the schemas count here.
 */
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import document from '../../functions/poller/adapters/hubspot/events-v3.openapi.json' with { type: 'json' };

const EVENTS_PATH = '/events/v3/events';
/** The document describes v3 alone; HubSpot documents the same parameters and schemas for the dated paths. */
const EVENTS_PATHS = new Set([
  EVENTS_PATH,
  '/events/event-occurrences/2026-03',
  '/events/event-occurrences/2026-09',
]);
/** Not in the document, yet documented: a filter by a property of the object. */
const PROPERTY_FILTER = /^objectProperty\.\w+$/;
const DOCUMENT = 'events-v3';

const ajv = new Ajv({ strict: false, allErrors: true });
formats(ajv);
ajv.addSchema(document, DOCUMENT);

const operation = document.paths[EVENTS_PATH].get;
const parameters = new Map(
  operation.parameters.map((parameter, index) => [
    parameter.name,
    {
      type: parameter.schema.type,
      validate: ajv.compile({
        $ref: `${DOCUMENT}#/paths/~1events~1v3~1events/get/parameters/${index}/schema`,
      }),
    },
  ]),
);
const validatePage = ajv.compile({
  $ref: `${DOCUMENT}#/components/schemas/CollectionResponseExternalUnifiedEvent`,
});
/** The document serves it as any media type, for every status but 200. */
const validateError = ajv.compile({ $ref: `${DOCUMENT}#/components/schemas/Error` });
/** Not in the document: HubSpot's guide shows the answer of the event-types endpoint. */
const validateEventTypes = ajv.compile({
  type: 'object',
  required: ['eventTypes'],
  properties: { eventTypes: { type: 'array', items: { type: 'string' }, uniqueItems: true } },
});

/** Gives what is wrong with a request to the Events API, a sentence each; none where it keeps to the document. */
export function validateRequest(method: string, url: string): string[] {
  const { pathname, searchParams } = new URL(url, 'https://api.hubapi.com');
  if (method !== 'GET') return [`${method} ${pathname}: the method must be GET`];
  if (EVENTS_PATHS.has(pathname))
    return [...searchParams].flatMap(validateParameter).concat(repeated(searchParams));
  const listsTypes =
    pathname.endsWith('/event-types') && EVENTS_PATHS.has(pathname.replace(/\/event-types$/, ''));
  if (!listsTypes) return [`${pathname}: is no path of the Events API`];
  return [...searchParams.keys()].map((name) => `${name}: the event-types endpoint has no parameters`);
}

function validateParameter([name, value]: [string, string]): string[] {
  if (PROPERTY_FILTER.test(name)) return [];
  const parameter = parameters.get(name);
  if (parameter === undefined) return [`${name}: is no parameter of the Events API`];
  parameter.validate(readValue(parameter.type, value));
  return (parameter.validate.errors ?? []).map(({ message }) => `${name}: ${message}; found ${value}`);
}

/** A query string holds texts only: the document's types say what they stand for. */
function readValue(type: string, value: string): unknown {
  if (type === 'integer') return /^-?\d+$/.test(value) ? Number(value) : value;
  return type === 'array' ? [value] : value;
}

function repeated(searchParams: URLSearchParams): string[] {
  const names = [...new Set(searchParams.keys())].filter((name) => parameters.get(name)?.type !== 'array');
  return names.filter((name) => searchParams.getAll(name).length > 1).map((name) => `${name}: stands twice`);
}

/** Gives what is wrong with an answer (`body` parsed); none where it keeps to the document. */
export function validateAnswer(
  status: number,
  body: unknown,
  kind: 'events' | 'event-types' = 'events',
): string[] {
  const success = kind === 'events' ? validatePage : validateEventTypes;
  const validate = status === 200 ? success : validateError;
  validate(body);
  return (validate.errors ?? []).map(
    ({ instancePath, message }) => `${instancePath || '(the whole)'}: ${message}`,
  );
}
