/** Properties try the same examples in every run, on every machine: a failure is there again when it is looked for. */
import fc from 'fast-check';

fc.configureGlobal({ seed: 20_261_110 });
