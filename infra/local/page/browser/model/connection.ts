/** The way to the server: one stream of messages that is opened again when it breaks, and commands. */
import {
  answerSchema,
  articleSchema,
  type Command,
  fullEventSchema,
  messageSchema,
  renewalSchema,
} from '../../messages.ts';
import type { Model } from './model.ts';

export interface Connection {
  /** Gives why it could not be done; undefined where it was. */
  readonly send: (command: Command) => Promise<string | undefined>;
  /** Shows only events that the pattern matches; gives what is wrong with it instead. All where it is empty. */
  readonly filter: (pattern: string) => Promise<string | undefined>;
  /** The whole event as JSON; undefined where the server has forgotten it. */
  readonly findEvent: (id: string) => Promise<string | undefined>;
  readonly findArticle: (name: string) => Promise<string | undefined>;
}

const RETRY_MS = 1_000;
const FORBIDDEN = 403;

export function openConnection(model: Model): Connection {
  let key = new URLSearchParams(location.search).get('key') ?? '';
  let pattern = '';
  let current = new AbortController();

  const request = (path: string, init: RequestInit = {}) =>
    fetch(path, { ...init, headers: { authorization: `Bearer ${key}` } });

  async function askFor(path: string): Promise<unknown> {
    const answer = await request(path);
    const body: unknown = await answer.json();
    return body;
  }

  /** An open page belongs to the start that comes next: that one knows the key of the last. */
  async function renew(): Promise<boolean> {
    const answer = await request('/api/renew', { method: 'POST' });
    if (!answer.ok) return false;
    const body: unknown = await answer.json();
    key = renewalSchema.parse(body).key;
    history.replaceState(null, '', `/?key=${key}`);
    return true;
  }

  async function follow(signal: AbortSignal): Promise<void> {
    const answer = await request(`/api/stream?pattern=${encodeURIComponent(pattern)}`, { signal });
    if (answer.status === FORBIDDEN) {
      if (!(await renew())) model.setLink('refused');
      return;
    }
    let rest = '';
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const chunk = await reader?.read();
      if (chunk === undefined || chunk.done) return;
      const parts = (rest + chunk.value).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) model.receive(messageSchema.parse(JSON.parse(part.slice('data: '.length))));
    }
  }

  async function followForEver(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await follow(signal);
      } catch (error) {
        // The server is gone, or this stream was given up for another: the link says which.
        if (!signal.aborted) console.info('The stream ended:', error);
      }
      if (signal.aborted) return;
      if (model.main.get().link !== 'refused') model.setLink('waiting');
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  function open(): void {
    current.abort();
    current = new AbortController();
    void followForEver(current.signal);
  }

  open();
  return {
    send: async (command) => {
      try {
        const answer = await request('/api/command', { method: 'POST', body: JSON.stringify(command) });
        const body: unknown = await answer.json();
        return answerSchema.parse(body).failure;
      } catch {
        return 'npm start does not answer.';
      }
    },
    filter: async (text) => {
      if (text !== '') {
        const { failure } = answerSchema.parse(await askFor(`/api/pattern?text=${encodeURIComponent(text)}`));
        if (failure !== undefined) return failure;
      }
      if (text !== pattern) {
        pattern = text;
        open();
      }
      return undefined;
    },
    findEvent: async (id) =>
      fullEventSchema.parse(await askFor(`/api/event?id=${encodeURIComponent(id)}`)).envelope,
    findArticle: async (name) =>
      articleSchema.parse(await askFor(`/api/article?name=${encodeURIComponent(name)}`)).text,
  };
}
