import { apiError } from '@gradpool/protocol';
import type { z } from 'zod';
import { tokenFor } from './token.ts';

/** What the coordinator refused, with its stable code; `E_UNREACHABLE` where it did not answer at all. */
export class ApiFailure extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status: number) {
    super(message);
    this.name = 'ApiFailure';
    this.code = code;
    this.status = status;
  }
}

/** GET with the page's token; the answer is checked against `schema`. Throws ApiFailure. */
export async function getJson<T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T> {
  return schema.parse(await (await request(path, { method: 'GET', signal: signal ?? null })).json());
}

export async function postJson<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  return schema.parse(await (await request(path, { method: 'POST', headers, body: JSON.stringify(body) })).json());
}

export async function getBytes(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await request(path, { method: 'GET', signal: signal ?? null })).arrayBuffer());
}

async function request(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  const token = tokenFor('look');
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiFailure('E_UNREACHABLE', 'The coordinator does not answer. Is it still running?', 0);
  }
  if (response.ok) return response;
  const said = apiError.safeParse(await response.json().catch(() => null));
  throw said.success
    ? new ApiFailure(said.data.code, said.data.message, response.status)
    : new ApiFailure('E_INTERNAL', `The coordinator answered ${response.status} without saying why.`, response.status);
}
