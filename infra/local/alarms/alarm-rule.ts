/** A composite alarm's rule: ALARM("…"), OK("…"), INSUFFICIENT_DATA("…"), AND, OR, NOT and parentheses. */

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

type StateOf = (alarmName: string) => AlarmState;

const TOKEN = /\s*(AND|OR|NOT|\(|\)|(ALARM|OK|INSUFFICIENT_DATA)\("([^"]+)"\))/y;

/**
 * Whether the rule holds. AND binds tighter than OR, NOT than both.
 * @throws where the rule cannot be read, or `stateOf` does not know an alarm
 */
export function holdsRule(rule: string, stateOf: StateOf): boolean {
  const tokens = [...readTokens(rule)];
  let at = 0;

  function any(): boolean {
    let holds = all();
    while (tokens[at]?.text === 'OR') {
      at += 1;
      // Both sides are read, whatever the first gives: every name must be known.
      const other = all();
      holds ||= other;
    }
    return holds;
  }

  function all(): boolean {
    let holds = one();
    while (tokens[at]?.text === 'AND') {
      at += 1;
      const other = one();
      holds &&= other;
    }
    return holds;
  }

  function one(): boolean {
    const token = tokens[at];
    at += 1;
    if (token?.text === 'NOT') return !one();
    if (token?.text === '(') {
      const holds = any();
      if (tokens[at]?.text !== ')') throw new Error(`Reading the rule: "(" must be closed, found ${rule}`);
      at += 1;
      return holds;
    }
    if (token?.name === undefined)
      throw new Error(`Reading the rule: a state must stand there, found ${rule}`);
    return stateOf(token.name) === token.state;
  }

  const holds = any();
  if (at < tokens.length) throw new Error(`Reading the rule: nothing may follow, found ${rule}`);
  return holds;
}

/** The alarms that the rule names. */
export function namesIn(rule: string): string[] {
  return [...new Set([...readTokens(rule)].flatMap(({ name }) => name ?? []))];
}

function* readTokens(rule: string) {
  const pattern = new RegExp(TOKEN);
  while (pattern.lastIndex < rule.trimEnd().length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(rule);
    if (match === null) throw new Error(`Reading the rule: must be readable, found ${rule.slice(at)}`);
    yield { text: match[1], state: match[2], name: match[3] };
  }
}
