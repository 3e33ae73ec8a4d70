/** What the verbs of this folder are about. */
export const PORTAL_GROUP = 'portals, without a deployment';
