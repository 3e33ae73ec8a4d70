// This poller, as it is deployed, with what each run took beside its summary.
import { type InvocationContext, handler as poll } from '../../../functions/poller/handler.ts';
import { countUnits, measure } from './measure.ts';

countUnits();

export function handler(event: unknown, context: InvocationContext): Promise<object> {
  return measure(() => poll(event, context));
}
