/** Where `npm run conformance` keeps what it installs, and what it wrote last. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Never committed, and gone with the next `npm ci`. */
export const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/conformance/', import.meta.url));
/** vitest's report, in JSON. */
export const RESULTS_FILE = join(CACHE, 'results.json');
/** The programs of the virtual environment: `python`, `cfn-lint`. */
export const PYTHON_BIN = join(CACHE, 'python', 'bin');
/** The folder of event-ruler's jar and of the jars that it needs. */
export const JARS = join(CACHE, 'jars');
/** The classes that were compiled against them. */
export const CLASSES = join(CACHE, 'classes');
/** The folder that HubSpot's own client for Node is installed in. */
export const HUBSPOT_NODE = join(CACHE, 'hubspot-node');
