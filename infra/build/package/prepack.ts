// What npm runs before it packs.
import { buildPackage } from './build.ts';
import { replaceManifest, restoreManifest } from './manifest.ts';

// After a packing that was broken off the packed manifest would still be in the place of the repository's.
restoreManifest();
buildPackage();
replaceManifest();
