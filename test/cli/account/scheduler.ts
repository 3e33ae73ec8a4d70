/** EventBridge Scheduler, as far as the command line asks it: the portals' group, and no other. */
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { LocalStack } from '../../../infra/local/stack.ts';

const scheduleSchema = z.looseObject({
  Description: z.string().default(''),
  GroupName: z.string().optional(),
  ScheduleExpression: z.string(),
  State: z.string().default('ENABLED'),
  FlexibleTimeWindow: z.looseObject({ Mode: z.string() }),
  LastModificationDate: z.number().default(() => Date.now() / 1000),
  Target: z.looseObject({ Arn: z.string(), RoleArn: z.string(), Input: z.string() }),
});

export type StoredSchedule = z.output<typeof scheduleSchema>;

export function createScheduler(stack: LocalStack) {
  const all = new Map<string, StoredSchedule>(
    stack.portals.map((name) => [
      name,
      scheduleSchema.parse({
        Description: `Polls HubSpot portal ${name}`,
        ScheduleExpression: 'rate(1 minute)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: 'fn',
          RoleArn: 'role',
          Input: stack.inputOf(name),
          RetryPolicy: { MaximumRetryAttempts: 0 },
        },
      }),
    ]),
  );
  const missing = {
    status: 404,
    body: { __type: 'ResourceNotFoundException', message: 'No such schedule.' },
  };

  return {
    all,
    answer: ({ method = 'GET', url = '' }: IncomingMessage, body: string) => {
      const { pathname } = new URL(url, 'http://localhost');
      const name = decodeURIComponent(pathname.split('/')[2] ?? '');
      if (name === '') return { body: { Schedules: [...all.keys()].map((Name) => ({ Name })) } };
      // Every update replaces the whole, as AWS does.
      if (method === 'POST' || method === 'PUT') {
        all.set(name, scheduleSchema.parse(JSON.parse(body)));
        return { body: { ScheduleArn: 'arn' } };
      }
      const found = all.get(name);
      if (found === undefined) return missing;
      if (method !== 'DELETE') return { body: { Name: name, ...found } };
      all.delete(name);
      return { body: {} };
    },
  };
}
