import type { Letter } from '../../messages.ts';
import { formatCount } from '../model/format.ts';
import { Card } from './card.tsx';

interface LettersProps {
  readonly letters: readonly Letter[];
  readonly count: number;
}

/** The dead letters, the latest first, each with its reason. */
export function Letters({ letters, count }: LettersProps) {
  return (
    <Card id="letters" title="Dead letters" aside={<span class="count">{formatCount(count)}</span>}>
      {count === 0 ? (
        <p class="empty">
          None. What is no event, or what EventBridge refuses for good, is kept here with the reason.
        </p>
      ) : (
        <ul class="letters">
          {letters.map(({ reason, stream, at, text }) => (
            <li key={`${at} ${text}`}>
              <details>
                <summary>
                  <span class="reason">{reason}</span>
                  <span class="where">
                    {stream} <time>{at.slice(11, 19)}</time>
                  </span>
                </summary>
                <pre>{text}</pre>
              </details>
            </li>
          ))}
        </ul>
      )}
      {count > letters.length && <p class="empty">The latest {letters.length} are shown.</p>}
    </Card>
  );
}
