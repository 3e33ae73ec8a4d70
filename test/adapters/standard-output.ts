import { vi } from 'vitest';

/** All that is written to standard output and standard error while the work is done, line by line. */
export async function captureOutput(work: () => unknown): Promise<string[]> {
  let text = '';
  const keep = (chunk: string | Uint8Array) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(keep),
  );
  try {
    await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return text.split('\n').filter((line) => line !== '');
}
