// What `npm start` runs. Older versions of Node must be able to read this file: the rest is imported after the check.
import { describeOldNode } from './node-version.ts';

const oldNode = describeOldNode(process.version);
if (oldNode === undefined) {
  const { runCommand } = await import('./command/command.ts');
  const { listenForSignals } = await import('./command/signals.ts');
  const io = {
    environment: process.env,
    write: (line: string) => process.stdout.write(`${line}\n`),
    writeError: (text: string) => console.error(text),
    terminal: process.stdout.isTTY ? process.stdout : undefined,
  };
  process.exitCode = await runCommand(process.argv.slice(2), io, listenForSignals);
} else {
  console.error(oldNode);
  process.exitCode = 1;
}
