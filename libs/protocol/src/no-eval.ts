import { z } from 'zod';

/**
 * Zod compiles object schemas with `new Function` where it may, and probes for that at the first schema. Both break (or
 * are reported by) a content security policy without `unsafe-eval`, so the schemas of this lib run interpreted. It is
 * imported before the first schema is made; every module here that makes one reaches it through ids.ts.
 */
z.config({ jitless: true });
