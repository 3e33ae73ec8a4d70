/** To be imported before any schema is made: the page's policy lets no text become code, and zod need not try. */
import { z } from 'zod';

z.config({ jitless: true });
