import { apiError, type Digest, type ErrorCode } from '@gradpool/protocol';
import type { Platform } from './platform.ts';
import { WorkError } from './work-error.ts';

const httpLimitsMs = {
  /** One whole request, body included. */
  requestMs: 120_000,
} as const;

/** The coordinator's HTTP API as a worker uses it. Everything rejects with WorkError. */
export interface CoordinatorHttp {
  readonly artifact: (sha256: Digest, signal: AbortSignal) => Promise<Uint8Array>;
  readonly storeArtifact: Platform['putArtifact'];
  /** The list of sweeps, as `sweepsAnswer`. */
  readonly sweeps: (signal: AbortSignal) => Promise<unknown>;
  readonly manifest: (digest: Digest, signal: AbortSignal) => Promise<unknown>;
  readonly dataFile: (sha256: Digest, signal: AbortSignal) => Promise<Uint8Array>;
}

interface Request {
  readonly path: string;
  readonly signal: AbortSignal;
  readonly body?: Uint8Array;
  /** Codes for an address that is not there, and for a request that failed otherwise. */
  readonly missing: ErrorCode;
  readonly broken: ErrorCode;
}

export function coordinatorHttp(to: { readonly url: string; readonly token: string }): CoordinatorHttp {
  const ask = async (request: Request): Promise<Response> => {
    const response = await reach(to, request);
    if (!response.ok) throw await refusal(request, response);
    return response;
  };
  const bytesOf = async (request: Request): Promise<Uint8Array> => {
    const response = await ask(request);
    return new Uint8Array(await body(request, () => response.arrayBuffer()));
  };
  const jsonOf = async (request: Request): Promise<unknown> => {
    const response = await ask(request);
    return body(request, () => response.json());
  };
  const artifactPath = (sha256: Digest) => `/api/artifacts/${sha256}`;
  const artifactCodes = { missing: 'E_ARTIFACT_MISSING', broken: 'E_ARTIFACT_UPLOAD' } as const;
  const dataCodes = { missing: 'E_DATA_UNAVAILABLE', broken: 'E_DATA_UNAVAILABLE' } as const;
  return {
    artifact: (sha256, signal) =>
      bytesOf({ path: artifactPath(sha256), signal, missing: 'E_ARTIFACT_MISSING', broken: 'E_UNREACHABLE' }),
    storeArtifact: async (sha256, bytes, signal, purpose) => {
      const path = `${artifactPath(sha256)}${purpose === 'round' ? '?for=round' : ''}`;
      const response = await ask({ path, signal, body: bytes, ...artifactCodes });
      await response.body?.cancel();
    },
    sweeps: (signal) => jsonOf({ path: '/api/sweeps', signal, missing: 'E_NOT_FOUND', broken: 'E_UNREACHABLE' }),
    manifest: (digest, signal) => jsonOf({ path: `/api/datasets/${digest}`, signal, ...dataCodes }),
    dataFile: (sha256, signal) => bytesOf({ path: `/data/${sha256}`, signal, ...dataCodes }),
  };
}

async function reach(to: { readonly url: string; readonly token: string }, request: Request): Promise<Response> {
  const { path, signal, body: bytes } = request;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(httpLimitsMs.requestMs)]);
  const headers = { authorization: `Bearer ${to.token}` };
  const put = bytes && {
    method: 'PUT',
    // A view of its own buffer: fetch takes no bytes that may be shared between threads.
    body: bytes as Uint8Array<ArrayBuffer>,
    headers: { ...headers, 'content-type': 'application/octet-stream' },
  };
  return body(request, () => fetch(to.url + path, { headers, signal: limited, ...put }));
}

/** Whatever breaks on the way is worth another attempt, unless the caller gave up. */
async function body<Value>({ path, signal }: Request, read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new WorkError('E_UNREACHABLE', `${path}: ${text}`, { transient: !signal.aborted, cause: error });
  }
}

async function refusal({ path, missing, broken }: Request, response: Response): Promise<WorkError> {
  const { status } = response;
  const parsed = apiError.safeParse(await response.json().catch(() => null));
  const said = parsed.success ? `${parsed.data.code}: ${parsed.data.message}` : response.statusText;
  const text = `${path}: HTTP ${status} ${said}`;
  if (status === 401) return new WorkError('E_TOKEN', text);
  if (status === 403) return new WorkError('E_ROLE', text);
  if (status === 404) return new WorkError(missing, text);
  if (status === 413) return new WorkError('E_ARTIFACT_TOO_LARGE', text);
  return new WorkError(broken, text, { transient: status >= 500 || status === 429 || status === 408 });
}
