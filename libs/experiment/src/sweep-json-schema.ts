import { z } from 'zod';
import { sweepSpec } from './sweep-spec.ts';

/** JSON Schema (draft 2020-12) of a sweep file, for editors. */
export function sweepJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(sweepSpec, { io: 'input', override: withOptionalDistribution });
  const title = { title: 'gradpool sweep', description: 'A grid or random sweep of autoencoder trials' };
  return { $schema, ...title, ...schema };
}

/** A distribution that is left out is implied by its bounds (before the schema sees it), so editors must not ask for it. */
function withOptionalDistribution({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.properties?.['distribution'] !== undefined) jsonSchema.required = ['min', 'max'];
}

/** The text of sweeps/schema.json, which `node scripts/write-sweep-schema.mjs` writes. */
export function sweepJsonSchemaText(): string {
  return `${JSON.stringify(sweepJsonSchema(), null, 2)}\n`;
}
