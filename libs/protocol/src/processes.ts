import { z } from 'zod';
import { text } from './work.ts';

/**
 * What a supervised process and its parent say to each other over Node's IPC channel. A parent that dies closes the
 * channel; a child that sees that drains and exits, so that no process outlives `gradpool up`.
 */
export const childMessage = z.discriminatedUnion('type', [
  /** The coordinator serves; tokens by role. `ca`: file of the certificate to trust, null without HTTPS. */
  z.strictObject({
    type: z.literal('ready'),
    url: z.url(),
    tokens: z.strictObject({ viewer: z.string(), join: z.string(), trusted: z.string(), admin: z.string() }),
    ca: z.string().nullable(),
  }),
  /** A worker has been welcomed. */
  z.strictObject({ type: z.literal('joined'), workerId: z.string() }),
  /** The process gives up; `code` is a public error code. */
  z.strictObject({ type: z.literal('fatal'), code: z.string(), message: text }),
]);
export type ChildMessage = z.infer<typeof childMessage>;

export const parentMessage = z.discriminatedUnion('type', [z.strictObject({ type: z.literal('drain') })]);
export type ParentMessage = z.infer<typeof parentMessage>;

/** Exit codes of every gradpool process. `config`: the same start would fail again, so nobody should restart it. */
export const exitCode = { ok: 0, failed: 1, config: 2 } as const;
