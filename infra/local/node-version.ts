// Older versions of Node must be able to read this file: nothing in it is newer than they are.

/** The oldest Node that the tool chain runs on (package.json, engines). */
const LEAST = { major: 22, minor: 19 };

/** One sentence where that version of Node is too old, undefined where it will do. */
export function describeOldNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major > LEAST.major || (major === LEAST.major && minor >= LEAST.minor)) return undefined;
  return (
    `Node ${LEAST.major}.${LEAST.minor} or newer is needed, found ${version}. ` +
    'Use `npm start`, which brings the Node of the Lambda runtime along, or install Node 24.'
  );
}
