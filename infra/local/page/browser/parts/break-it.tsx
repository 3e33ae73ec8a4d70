import { useState } from 'preact/hooks';
import type { FaultEntry, Hello, State } from '../../messages.ts';
import type { Connection } from '../model/connection.ts';
import { formatCount } from '../model/format.ts';
import { Action } from './action.tsx';
import { Card } from './card.tsx';

interface BreakItProps {
  readonly hello: Hello;
  readonly state: State;
  readonly connection: Connection;
}

/** Every fault as a switch or a button, with what should happen. */
export function BreakIt({ hello, state, connection }: BreakItProps) {
  const groups = [...new Set(hello.faults.map(({ group }) => group))];
  const broken = state.on.length;
  return (
    <Card
      id="break-it"
      title="Break it"
      class="break-it"
      aside={
        <Action
          connection={connection}
          command={{ do: 'mend' }}
          label={broken > 0 ? `Mend all ${broken}` : 'Mend everything'}
          class={broken > 0 ? 'primary' : ''}
        />
      }
    >
      {hello.isSimulated && <Storm storm={state.storm} connection={connection} />}
      {groups.map((group) => (
        <fieldset key={group}>
          <legend>{group}</legend>
          {hello.faults
            .filter((fault) => fault.group === group)
            .map((fault) => (
              <Fault
                key={fault.id}
                fault={fault}
                isOn={state.on.includes(fault.id)}
                connection={connection}
              />
            ))}
        </fieldset>
      ))}
    </Card>
  );
}

interface FaultProps {
  readonly fault: FaultEntry;
  readonly isOn: boolean;
  readonly connection: Connection;
}

function Fault({ fault, isOn, connection }: FaultProps) {
  const { id, kind, name, expect, unavailable } = fault;
  const [failure, setFailure] = useState<string | undefined>(undefined);
  const isOff = unavailable !== undefined;
  const toggle = async () => setFailure(await connection.send({ do: 'set', id, on: !isOn }));
  return (
    <div class={isOn ? 'fault on' : 'fault'} id={`fault-${id}`}>
      {kind === 'switch' ? (
        <button
          type="button"
          role="switch"
          class="switch"
          aria-checked={isOn}
          aria-disabled={isOff}
          aria-describedby={`expect-${id}`}
          onClick={() => {
            if (!isOff) void toggle();
          }}
        >
          <span class="track" aria-hidden="true" />
          {name}
        </button>
      ) : (
        <Action
          connection={connection}
          command={{ do: 'press', id }}
          label={name}
          class="press"
          disabled={isOff}
          describedBy={`expect-${id}`}
        />
      )}
      <p class="expect" id={`expect-${id}`}>
        {unavailable ?? expect}
      </p>
      {failure !== undefined && (
        <p class="failure" role="alert">
          {failure}
        </p>
      )}
    </div>
  );
}

function Storm({ storm, connection }: { readonly storm: State['storm']; readonly connection: Connection }) {
  const [seed, setSeed] = useState('');
  const isOn = storm.seed !== undefined;
  return (
    <div class={isOn ? 'storm on' : 'storm'} id="storm">
      <h3>Storm</h3>
      {isOn ? (
        <>
          <p role="status">
            Seed <code id="storm-seed">{storm.seed}</code>, {formatCount(storm.steps)} steps
            {storm.last === '' ? '' : `, last ${storm.last}`}
          </p>
          <Action connection={connection} command={{ do: 'mend' }} label="Stop and mend" class="primary" />
        </>
      ) : (
        <>
          <p>Everything at random, until it is stopped. The same seed gives the same storm.</p>
          <label>
            Seed
            <input
              value={seed}
              placeholder="at random"
              maxLength={64}
              spellcheck={false}
              autocomplete="off"
              onInput={(event) => setSeed(event.currentTarget.value)}
            />
          </label>
          <Action
            connection={connection}
            command={seed.trim() === '' ? { do: 'storm' } : { do: 'storm', seed }}
            label="Start a storm"
          />
        </>
      )}
    </div>
  );
}
