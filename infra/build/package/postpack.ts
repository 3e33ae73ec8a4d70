// What npm runs after it has packed.
import { restoreManifest } from './manifest.ts';

restoreManifest();
