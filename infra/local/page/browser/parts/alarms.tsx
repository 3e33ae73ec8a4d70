import { useState } from 'preact/hooks';
import type { Alarm } from '../../messages.ts';
import type { Connection } from '../model/connection.ts';
import { Article } from './article.tsx';
import { Card } from './card.tsx';
import { Dialog } from './dialog.tsx';

interface AlarmsProps {
  readonly alarms: readonly Alarm[];
  /** The names of those that cannot be evaluated here. */
  readonly leftOut: readonly string[];
  readonly connection: Connection;
}

const STATES: Readonly<Record<Alarm['state'], string>> = {
  ok: 'OK',
  ringing: 'Ringing',
  starting: 'Starting',
  unknown: 'No data',
};

const ORDER: Readonly<Record<Alarm['state'], number>> = { ringing: 0, unknown: 1, starting: 2, ok: 3 };

/** The stack's alarms as they would stand now, the ringing ones first. */
export function Alarms({ alarms, leftOut, connection }: AlarmsProps) {
  const [opened, setOpened] = useState<{ name: string; text: string } | undefined>(undefined);
  const ringing = alarms.filter(({ state }) => state === 'ringing').length;
  const open = async ({ article }: Alarm) => {
    const text = await connection.findArticle(article);
    setOpened({ name: article, text: text ?? 'The runbook has no such article.' });
  };
  return (
    <Card
      id="alarms"
      title="Alarms"
      aside={
        <span class={ringing > 0 ? 'count bad' : 'count'}>
          {ringing === 0 ? 'none rings' : `${ringing} ringing`}
        </span>
      }
    >
      <ul class="alarms">
        {alarms
          .toSorted((one, other) => ORDER[one.state] - ORDER[other.state])
          .map((alarm) => (
            <li key={alarm.name} class={alarm.state}>
              <span class="state">{STATES[alarm.state]}</span>
              <span class="name" title={alarm.description}>
                {alarm.name}
              </span>
              <span class="standing">{alarm.standing}</span>
              <span class="meter" aria-hidden="true">
                <span style={{ width: `${Math.round(alarm.nearness * 100)}%` }} />
              </span>
              <button type="button" class="action small" onClick={() => void open(alarm)}>
                Runbook<span class="hidden"> article of {alarm.name}</span>
              </button>
            </li>
          ))}
      </ul>
      {alarms.some(({ state }) => state === 'starting') && (
        <p class="empty">
          Starting: in AWS an alarm that takes silence for a failure rings until the first runs were told.
        </p>
      )}
      {leftOut.length > 0 && (
        <p class="empty">Not evaluated here, only by CloudWatch: {leftOut.join(', ')}.</p>
      )}
      {opened !== undefined && (
        <Dialog title={`Runbook: ${opened.name}`} onClose={() => setOpened(undefined)}>
          <Article text={opened.text} />
        </Dialog>
      )}
    </Card>
  );
}
