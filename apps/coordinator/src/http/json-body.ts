import { httpLimits } from '@gradpool/protocol';
import express, { type Request, type Response } from 'express';
import type { z } from 'zod';
import { Fault } from '../fault.ts';

const parse = express.json({ limit: httpLimits.jsonBytesMax });

/** Reads and checks a JSON body, after the request's right to send one is known. Rejects with E_BODY, E_BODY_TOO_LARGE. */
export async function readJson<Body>(request: Request, response: Response, schema: z.ZodType<Body>): Promise<Body> {
  if (!request.is('application/json')) {
    throw new Fault('E_BODY', 'the body must be JSON, with Content-Type: application/json', { status: 415 });
  }
  await new Promise<void>((resolve, reject) => {
    parse(request, response, (error?: unknown) => (error ? reject(asError(error)) : resolve()));
  });
  const parsed = schema.safeParse(request.body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.length ? issue.path.join('.') : 'body';
  throw new Fault('E_BODY', `${where}: ${issue?.message ?? 'invalid'}`, { status: 400 });
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
