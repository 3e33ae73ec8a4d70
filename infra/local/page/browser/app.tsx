import { useState } from 'preact/hooks';
import { Charts } from './charts/charts.tsx';
import type { Connection } from './model/connection.ts';
import type { Link, Model, Snapshot } from './model/model.ts';
import { useValue } from './model/use-value.ts';
import { Alarms } from './parts/alarms.tsx';
import { BreakIt } from './parts/break-it.tsx';
import { Events } from './parts/events.tsx';
import { Letters } from './parts/letters.tsx';
import { Proof } from './parts/proof.tsx';
import { Streams } from './parts/streams.tsx';
import { Tour } from './parts/tour.tsx';

export interface AppProps {
  readonly model: Model;
  readonly connection: Connection;
}

/** The whole page, from the proof down. */
export function App({ model, connection }: AppProps) {
  const snapshot = useValue(model.main);
  const [selected, select] = useState<string | undefined>(undefined);
  const { hello, state } = snapshot;
  return (
    <>
      <Header snapshot={snapshot} />
      {hello === undefined || state === undefined ? (
        <Opening link={snapshot.link} />
      ) : (
        <main class={snapshot.link === 'live' ? '' : 'stale'}>
          <Proof hello={hello} state={state} connection={connection} />
          <Tour hello={hello} state={state} connection={connection} />
          <div class="columns">
            <div class="column">
              <Charts snapshot={snapshot} selected={selected} connection={connection} />
              <Streams
                state={state}
                hello={hello}
                selected={selected}
                select={select}
                connection={connection}
              />
              <Events model={model} connection={connection} />
              <Letters letters={state.letters} count={state.letterCount} />
            </div>
            <BreakIt hello={hello} state={state} connection={connection} />
          </div>
          <Alarms alarms={state.alarms} leftOut={hello.alarmsLeftOut} connection={connection} />
        </main>
      )}
    </>
  );
}

const LINKS: Readonly<Record<Link, string>> = {
  opening: 'Connecting',
  live: 'Live',
  waiting: 'Waiting for npm start',
  refused: 'Another start',
};

function Header({ snapshot: { link, hello } }: { readonly snapshot: Snapshot }) {
  return (
    <header class="top">
      <h1>
        HubSpot Events <span aria-hidden="true">→</span>
        <span class="hidden">to</span> EventBridge
      </h1>
      <p class="source">
        {hello === undefined ? '' : `Polling ${hello.source} every ${hello.everySeconds} s`}
      </p>
      <p class={`link ${link}`} role="status">
        {LINKS[link]}
      </p>
    </header>
  );
}

const OPENINGS: Readonly<Record<Link, readonly [title: string, text: string]>> = {
  opening: ['Connecting', 'The first figures arrive in a moment.'],
  live: ['Reading the streams', 'The first figures arrive with the first run.'],
  waiting: ['Waiting for npm start', 'It does not answer. The page goes on by itself when it runs again.'],
  refused: [
    'This is another start',
    'npm start was started more than once since this page was opened. Open the address that it printed last.',
  ],
};

function Opening({ link }: { readonly link: Link }) {
  const [title, text] = OPENINGS[link];
  return (
    <main class="opening">
      <h2>{title}</h2>
      <p>{text}</p>
    </main>
  );
}
