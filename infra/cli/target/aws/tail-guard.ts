/** A process that outlives a `tail` that is killed, and removes what it has made. */
import { spawn } from 'node:child_process';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { type Guard, removeTail } from './follow-bus.ts';

const DONE = 'done';
const taskSchema = z.object({ busName: z.string(), name: z.string() });

/** @param program what Node runs: this program's own file, Node's flags before it, and what tells that it is a guard */
export function startGuard(program: readonly string[], task: z.output<typeof taskSchema>): Guard {
  // A process group of its own: the terminal's Ctrl-C and a kill of the whole group do not reach it.
  const guard = spawn(process.execPath, [...program, JSON.stringify(task)], {
    detached: true,
    windowsHide: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  // It may have ended by itself: then there is nobody to tell.
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  return { dismiss: () => guard.stdin.end(DONE) };
}

/** What the guard runs: it waits for the end of its standard input, which is the end of the process that started it. */
export async function runGuard(text: string): Promise<void> {
  const { busName, name } = taskSchema.parse(JSON.parse(text));
  let told = '';
  for await (const chunk of process.stdin) told += String(chunk);
  if (told === DONE) return;
  await removeTail({ eventBridge: new EventBridgeClient({}), sqs: new SQSClient({}), busName }, name);
}
