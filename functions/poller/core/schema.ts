/**
 * zod in its small form, for all that is read from outside: at a cold start the other takes twice as long to load,
 * and longer for each schema. With the same messages, which it has of itself.
 */
import { en } from 'zod/locales';
import { config } from 'zod/mini';

config(en());

export * from 'zod/mini';
