/** `portal remove`: the end of a portal that was added at run time, or that has only its place in the list left. */
import { CliFailure, EXIT } from '../../failure.ts';
import { confirm } from '../../io.ts';
import { listNames, type Target, type TargetPortal } from '../../target/target.ts';
import { defineVerb, flag, nameOf, YES_FLAG } from '../../verb.ts';
import { assertSame, PORTAL_GROUP } from './group.ts';

export const portalRemove = defineVerb({
  name: 'portal remove',
  group: PORTAL_GROUP,
  summary:
    'deletes its schedule and its secret; checkpoints stay, and within 30 days portal add brings it back',
  examples: ['portal remove acme', 'portal remove acme --yes'],
  flags: { name: flag('<name>', 'the portal', nameOf('a portal')), yes: YES_FLAG() },
  run: async ({ io, target: open, given }, { name, yes }) => {
    assertSame(given(), name);
    const target = await open();
    const found = await target.findPortal(name);
    if (found === undefined) await assertListed(target, name);
    else await assertAdded(target, found);
    const question =
      found === undefined
        ? `Portal ${name} has no schedule any more. Take it out of the list of portals?`
        : `Remove portal ${name} and its token?`;
    await confirm(io, question, yes);
    // Schedule first, so that no run misses the secret.
    if (found !== undefined) await target.schedules.remove(name);
    await target.forgetPortal(name);
    if (found === undefined) {
      io.out(`${target.about}: portal ${name} is in the list no more.`);
      return;
    }
    await target.secrets.remove(found.request.secretId);
    io.out(`${target.about}: portal ${name} is polled no more.`);
    io.out('Its secret is deleted in 30 days; until then portal add brings both back.');
  },
});

/** @throws CliFailure where the name is of no portal at all */
async function assertListed(target: Target, name: string): Promise<void> {
  const listed = await target.store().listPortals();
  if (listed.some(({ portal }) => portal === name)) return;
  const names = listed.map(({ portal }) => portal);
  throw new CliFailure(
    `There is no portal ${name} in ${target.about}: found ${listNames(names)}.`,
    '{events portal list}',
    EXIT.usage,
  );
}

async function assertAdded({ schedules }: Target, { name }: TargetPortal): Promise<void> {
  if (await schedules.isAdded(name)) return;
  throw new CliFailure(
    `Portal ${name} was made by a deployment, and only a deployment removes it.`,
    `Take it out of the configuration, and deploy; to stop it for a while: {events portal pause ${name}}`,
  );
}
