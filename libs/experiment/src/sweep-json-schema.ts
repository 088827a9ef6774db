import { z } from 'zod';
import { sweepSpec } from './sweep-spec.ts';

/** JSON Schema (draft 2020-12) of a sweep file, for editors. sweeps/schema.json is this object. */
export function sweepJsonSchema(): Record<string, unknown> {
  const schema: Record<string, unknown> = { ...z.toJSONSchema(sweepSpec, { io: 'input' }) };
  return { ...schema, title: 'gradpool sweep', description: 'A grid or random sweep of autoencoder trials' };
}
