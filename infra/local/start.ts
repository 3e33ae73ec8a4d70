// What `npm start` runs. Older versions of Node must be able to read this file: the rest is imported after the check.
import { describeOldNode } from './node-version.ts';

const oldNode = describeOldNode(process.version);
if (oldNode === undefined) {
  const { runCommand } = await import('./command.ts');
  process.exitCode = await runCommand(process.argv.slice(2));
} else {
  console.error(oldNode);
  process.exitCode = 1;
}
