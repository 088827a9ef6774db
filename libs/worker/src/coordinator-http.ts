import { apiError, wireLimits, type Digest, type ErrorCode } from '@gradpool/protocol';
import { flowingBody, flowingBytes, watchFlow, type Flow } from './http-flow.ts';
import type { Platform } from './platform.ts';
import { WorkError } from './work-error.ts';

/** Bounds of one request; none on how long it takes as a whole. */
const httpFlow = {
  /** No byte may come or go for so long; the wait for an answer counts. */
  idleMs: 60_000,
  /** Where an upload cannot be watched on its way it may take so much longer as its bytes need at this pace. */
  uploadBytesPerSecondMin: 16_384,
  /** An upload that is watched goes out in such pieces. */
  chunkBytes: 65_536,
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

export interface CoordinatorHttpOptions {
  readonly url: string;
  readonly token: string;
  /** Whether `fetch` sends a stream over HTTP/1.1, as in Node: then a long upload is watched. Browsers do not. */
  readonly streamsUploads?: boolean;
  readonly setTimer?: Platform['setTimer'];
}

export function coordinatorHttp(to: CoordinatorHttpOptions): CoordinatorHttp {
  const bytesOf = (request: Request): Promise<Uint8Array> => exchange(to, request, flowingBytes);
  const jsonOf = (request: Request): Promise<unknown> => exchange(to, request, (response) => response.json());
  const artifactPath = (sha256: Digest) => `/api/artifacts/${sha256}`;
  const artifactCodes = { missing: 'E_ARTIFACT_MISSING', broken: 'E_ARTIFACT_UPLOAD' } as const;
  const dataCodes = { missing: 'E_DATA_UNAVAILABLE', broken: 'E_DATA_UNAVAILABLE' } as const;
  return {
    artifact: (sha256, signal) =>
      bytesOf({ path: artifactPath(sha256), signal, missing: 'E_ARTIFACT_MISSING', broken: 'E_UNREACHABLE' }),
    storeArtifact: async (sha256, bytes, signal, purpose) => {
      const path = `${artifactPath(sha256)}${purpose === 'round' ? '?for=round' : ''}`;
      await exchange(to, { path, signal, body: bytes, ...artifactCodes }, (response) => response.body?.cancel());
    },
    sweeps: (signal) => jsonOf({ path: '/api/sweeps', signal, missing: 'E_NOT_FOUND', broken: 'E_UNREACHABLE' }),
    manifest: (digest, signal) => jsonOf({ path: `/api/datasets/${digest}`, signal, ...dataCodes }),
    dataFile: (sha256, signal) => bytesOf({ path: `/data/${sha256}`, signal, ...dataCodes }),
  };
}

/** One request and its answer, as long as bytes flow. */
async function exchange<Value>(
  to: CoordinatorHttpOptions,
  request: Request,
  read: (response: Response, flow: Flow) => Promise<Value> | Value,
): Promise<Value> {
  const { path, signal } = request;
  const bytes = request.body?.length ?? 0;
  const streams = to.streamsUploads === true && bytes > wireLimits.vectorBytesMax;
  const unwatchedMs = streams ? 0 : Math.ceil((1000 * bytes) / httpFlow.uploadBytesPerSecondMin);
  const flow = watchFlow(signal, httpFlow.idleMs + unwatchedMs, to.setTimer);
  try {
    const init = {
      headers: { authorization: `Bearer ${to.token}` },
      signal: flow.signal,
      ...putOf(to, request, flow, streams),
    };
    const response = await body(request, () => fetch(to.url + path, init));
    flow.flowed();
    if (!response.ok) throw await refusal(request, response);
    return await body(request, async () => read(response, flow));
  } finally {
    flow.end();
  }
}

function putOf(to: CoordinatorHttpOptions, request: Request, flow: Flow, streams: boolean) {
  const { body: bytes } = request;
  if (!bytes) return {};
  const headers = { authorization: `Bearer ${to.token}`, 'content-type': 'application/octet-stream' };
  // A view of its own buffer: fetch takes no bytes that may be shared between threads.
  if (!streams) return { method: 'PUT', body: bytes as Uint8Array<ArrayBuffer>, headers };
  // The length is announced all the same: the coordinator makes room by it.
  const announced = { ...headers, 'content-length': String(bytes.length) };
  return {
    method: 'PUT',
    body: flowingBody(bytes, httpFlow.chunkBytes, flow),
    headers: announced,
    duplex: 'half' as const,
  };
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
