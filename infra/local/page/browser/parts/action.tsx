import { useState } from 'preact/hooks';
import type { Command } from '../../messages.ts';
import type { Connection } from '../model/connection.ts';

export interface ActionProps {
  readonly connection: Connection;
  readonly command: Command;
  readonly label: string;
  readonly class?: string;
  readonly disabled?: boolean;
  readonly describedBy?: string;
}

/** A button that asks the server for something, and says what became of it where it could not be done. */
export function Action({ connection, command, label, class: more = '', disabled, describedBy }: ActionProps) {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | undefined>(undefined);
  const act = async () => {
    setBusy(true);
    setFailure(await connection.send(command));
    setBusy(false);
  };
  return (
    <>
      <button
        type="button"
        class={`action ${more}`}
        aria-disabled={isBusy || disabled === true}
        aria-busy={isBusy}
        aria-describedby={describedBy}
        onClick={() => {
          if (!isBusy && disabled !== true) void act();
        }}
      >
        {label}
      </button>
      {failure !== undefined && (
        <span class="failure" role="alert">
          {failure}
        </span>
      )}
    </>
  );
}
