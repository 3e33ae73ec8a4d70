/** To be imported before any schema is made: the page's policy lets no text become code, and zod need not try. */
import * as z from 'zod/mini';

z.config({ jitless: true });
