import { useEffect, useState } from 'preact/hooks';
import type { Hello, State } from '../../messages.ts';
import type { Connection } from '../model/connection.ts';
import { formatSeconds } from '../model/format.ts';
import { Action } from './action.tsx';

interface TourProps {
  readonly hello: Hello;
  readonly state: State;
  readonly connection: Connection;
}

const SEEN = 'tour-seen';
/** The lag that everybody sees: twice what a poll every ten seconds makes ordinary. */
const PLAIN_LAG_SECONDS = 20;

const TITLES = ['break', 'watch', 'mend', 'read'] as const;

/** Four steps for somebody who sees the page first: break, watch, mend, read. */
export function Tour({ hello, state, connection }: TourProps) {
  const [isOpen, setOpen] = useState(localStorage.getItem(SEEN) === null);
  const [step, setStep] = useState(0);
  const [mendedAt, setMendedAt] = useState(0);
  const isDown = state.on.includes('hubspot-down');
  const lag = Math.max(0, ...state.streams.map(({ watermark }) => (state.now - watermark) / 1_000));
  const isSettled = step === 3 && state.proof.settledTo > mendedAt && state.proof.missing === 0;

  useEffect(() => {
    if (step === 0 && isDown) setStep(1);
    if (step === 1 && lag > PLAIN_LAG_SECONDS) setStep(2);
    if ((step === 1 || step === 2) && !isDown) {
      setMendedAt(state.now);
      setStep(3);
    }
  }, [step, isDown, lag, state.now]);

  if (!isOpen || !hello.isSimulated) return null;
  const close = () => {
    localStorage.setItem(SEEN, 'yes');
    setOpen(false);
  };
  const texts = [
    'Break HubSpot: it answers 503.',
    step > 2 ? 'Watch the lag grow.' : `Watch the lag: ${formatSeconds(lag)}.`,
    'Mend it: polling goes on.',
    isSettled ? 'Read the proof: nothing is missing, nothing came twice.' : 'Read the proof.',
  ];
  return (
    <section class="card tour" aria-label="Tour">
      <ol>
        {texts.map((text, index) => (
          <li
            key={TITLES[index]}
            class={index < step || isSettled ? 'done' : index === step ? 'now' : ''}
            aria-current={index === step ? 'step' : undefined}
          >
            {text}
          </li>
        ))}
      </ol>
      <div class="tour-actions">
        {step === 0 && (
          <Action
            connection={connection}
            command={{ do: 'set', id: 'hubspot-down', on: true }}
            label="Break HubSpot"
            class="primary"
          />
        )}
        {(step === 1 || step === 2) && (
          <Action
            connection={connection}
            command={{ do: 'set', id: 'hubspot-down', on: false }}
            label="Mend it"
            class="primary"
          />
        )}
        <button type="button" class="action" onClick={close}>
          {isSettled ? 'Done' : 'Close the tour'}
        </button>
      </div>
    </section>
  );
}
