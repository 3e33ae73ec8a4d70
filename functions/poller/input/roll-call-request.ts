/** The request of the roll call: what its schedule's `Input` holds. */
import * as z from '../core/schema.ts';
import { PollerError } from '../errors.ts';

const GROUP = 'must be the name of a schedule group';
const MINUTES = 'must be a whole number from 1 to 1440';

export const rollCallSchema = z.strictObject({
  rollCall: z.strictObject({
    /** The group that holds the portals' schedules, and no others. */
    scheduleGroup: z.string(GROUP).check(z.regex(/^[0-9A-Za-z_.-]{1,64}$/, GROUP)),
    lagAlarmMinutes: z.int(MINUTES).check(z.minimum(1, MINUTES), z.maximum(1440, MINUTES)),
  }),
});

export type RollCallRequest = z.output<typeof rollCallSchema>['rollCall'];

/** True where the payload asks for a roll call, well or badly. */
export function isRollCall(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'rollCall' in payload;
}

/** @throws PollerError `request-invalid` that lists every mistake */
export function parseRollCall(payload: unknown): RollCallRequest {
  const result = rollCallSchema.safeParse(payload);
  if (result.success) return result.data.rollCall;
  const mistakes = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || '(the whole)'}: ${message}`,
  );
  throw new PollerError('request-invalid', `Reading the roll call's request: ${mistakes.join('; ')}`);
}
