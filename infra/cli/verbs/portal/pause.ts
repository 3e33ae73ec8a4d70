/** `portal pause` and `portal resume`: a portal's schedule, off and on. */
import { requirePortal } from '../../target/target.ts';
import type { VerbContext } from '../../verb.ts';
import { defineVerb, flag, nameOf } from '../../verb.ts';
import { assertSame, PORTAL_GROUP } from './group.ts';

const NAME = () => flag('<name>', 'the portal', nameOf('a portal'));

export const portalPause = defineVerb({
  name: 'portal pause',
  group: PORTAL_GROUP,
  summary: 'stops its polls; its lag grows meanwhile, and a deployment that changes its settings resumes it',
  examples: ['portal pause acme'],
  flags: { name: NAME() },
  run: (context, { name }) => setEnabled(context, name, false),
});

export const portalResume = defineVerb({
  name: 'portal resume',
  group: PORTAL_GROUP,
  summary: 'has it polled again, from where it stopped',
  examples: ['portal resume acme'],
  flags: { name: NAME() },
  run: (context, { name }) => setEnabled(context, name, true),
});

async function setEnabled(
  { io, target: open, given, tell }: VerbContext,
  name: string,
  isEnabled: boolean,
): Promise<void> {
  assertSame(given(), name);
  const target = await open();
  const portal = await requirePortal(target, name);
  if (portal.isEnabled === isEnabled) {
    io.out(`${target.about}: portal ${name} is ${isEnabled ? 'polled' : 'paused'} already.`);
    return;
  }
  await target.schedules.setEnabled(name, isEnabled);
  if (isEnabled) io.out(`${target.about}: portal ${name} is polled again, from where it stopped.`);
  else {
    io.out(`${target.about}: portal ${name} is paused; a run under way comes to its end.`);
    io.out(tell(`Do not pause it for longer than HubSpot keeps events.\n→ {events portal resume ${name}}`));
  }
}
