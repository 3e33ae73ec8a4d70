/** The poller's bundle as it lies in the package: whoever installs it needs no bundler. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder that `npm pack` fills, beside the compiled infra folder. */
const FOLDER = fileURLToPath(new URL('../../poller', import.meta.url));

/** @throws where there is none: in the repository itself the bundle is made at each synth, and passed on */
export function prebuiltPoller(): string {
  if (existsSync(FOLDER)) return FOLDER;
  throw new Error(
    `Finding the poller's bundle: it must lie in ${FOLDER}, found nothing. The packed package has it; in the repository pass \`bundle\`.`,
  );
}

/** How the operator's command line is called where this code runs: from the package, or in the repository. */
export function commandLine(): string {
  return existsSync(FOLDER) ? 'npx hubspot-events' : 'npm run events --';
}
