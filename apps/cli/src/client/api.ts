import { datasetDigest, type DatasetManifest } from '@gradpool/experiment';
import {
  apiError,
  commandAnswer,
  dryRunAnswer,
  embeddingAnswer,
  exitCode,
  extendAnswer,
  leaderboard,
  metricsAnswer,
  reconstructionsAnswer,
  removeAnswer,
  roomAnswer,
  roomCommandAnswer,
  statsAnswer,
  submitAnswer,
  sweepsAnswer,
  sweepView,
  trialsAnswer,
  workersAnswer,
  type ExtendBody,
  type RoomCommand,
  type SubmitBody,
  type SweepCommand,
} from '@gradpool/protocol';
import { Agent, fetch, type Dispatcher, type Response } from 'undici';
import { CliError, configError, reasonOf } from '../cli-error.ts';
import { trustedCertificates } from './trust.ts';

/** Longest wait for one answer, its body included. */
const requestMsMax = 30_000;

/** Anything with a zod-like `safeParse`; saves naming zod here. */
interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: { message: string } };
}

export interface ApiAddress {
  readonly url: string;
  readonly token: string;
  /** File of a certificate to trust besides the usual ones; null for none. */
  readonly ca: string | null;
}

export type Api = ReturnType<typeof openApi>;

/** The coordinator's HTTP API, every answer checked against its schema. All failures are `CliError`s. */
export function openApi(address: ApiAddress, requestMs = requestMsMax) {
  const { url } = address;
  const dispatcher = dispatcherFor(address);
  const call = (method: string, path: string, body?: unknown) =>
    request(address, { method, path, body, dispatcher, requestMs });
  const get = async <T>(path: string, schema: Schema<T>) => checked(await call('GET', path), schema, url);
  const post = async <T>(path: string, schema: Schema<T>, body?: unknown) =>
    checked(await call('POST', path, body), schema, url);
  const sweepPath = (sweep: string) => `/api/sweeps/${encodeURIComponent(sweep)}`;
  const trialPath = (trial: string) => `/api/trials/${encodeURIComponent(trial)}`;
  return {
    url,
    room: () => get('/api/room', roomAnswer),
    stats: () => get('/api/stats', statsAnswer),
    sweeps: async () => (await get('/api/sweeps', sweepsAnswer)).sweeps,
    sweep: (sweep: string) => get(sweepPath(sweep), sweepView),
    trials: async (sweep: string) => (await get(`${sweepPath(sweep)}/trials`, trialsAnswer)).trials,
    workers: async () => (await get('/api/workers', workersAnswer)).workers,
    leaderboard: (sweep: string) => get(`${sweepPath(sweep)}/leaderboard`, leaderboard),
    removeWorker: (worker: string) => post(`/api/workers/${encodeURIComponent(worker)}/remove`, removeAnswer),
    commandRoom: (command: RoomCommand) => post(`/api/room/${command}`, roomCommandAnswer),
    submit: (body: SubmitBody) => post('/api/sweeps', submitAnswer, body),
    dryRun: (body: SubmitBody) => post('/api/sweeps?dryRun=true', dryRunAnswer, body),
    command: (sweep: string, command: SweepCommand) => post(`${sweepPath(sweep)}/${command}`, commandAnswer),
    extend: (sweep: string, body: ExtendBody) => post(`${sweepPath(sweep)}/extend`, extendAnswer, body),
    /** Asks for the map of a trial's codes; null while it is on its way. */
    embed: (trial: string) => post(`${trialPath(trial)}/embedding`, embeddingAnswer),
    metrics: async (trial: string) => (await get(`${trialPath(trial)}/metrics`, metricsAnswer)).points,
    reconstructions: (trial: string) => get(`${trialPath(trial)}/reconstructions`, reconstructionsAnswer),
    artifact: async (sha256: string) =>
      new Uint8Array(await (await call('GET', `/api/artifacts/${sha256}`)).arrayBuffer()),
    /** What a data set is; its digest covers every field, so one that has it is the one that is meant. */
    dataset: async (digest: string): Promise<DatasetManifest> => {
      const manifest = (await (await call('GET', `/api/datasets/${digest}`)).json()) as DatasetManifest;
      if (datasetDigest(manifest) === digest) return manifest;
      throw notACoordinator(url, `the manifest of ${digest} has another digest`);
    },
    /** The export as it comes, to be streamed on. */
    export: (sweep: string, format: 'csv' | 'json') => call('GET', `${sweepPath(sweep)}/export?format=${format}`),
  };
}

interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly dispatcher: Dispatcher | undefined;
  readonly requestMs: number;
}

/** Connections that also trust the coordinator's own certificate; the usual ones where there is none. */
function dispatcherFor({ ca }: ApiAddress): Dispatcher | undefined {
  return ca === null ? undefined : new Agent({ connect: { ca: trustedCertificates(ca) } });
}

async function request({ url, token }: ApiAddress, asked: ApiRequest): Promise<Response> {
  const { method, path, body, dispatcher, requestMs } = asked;
  const signal = AbortSignal.timeout(requestMs);
  let response: Response;
  try {
    response = await fetch(new URL(path, url), {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
      ...(dispatcher && { dispatcher }),
    });
  } catch (error) {
    if (signal.aborted) {
      throw new CliError(
        'E_TIMEOUT',
        `${url} did not answer ${method} ${path} within ${requestMs / 1000} s; it may be busy: try again, and see its log if it stays so`,
      );
    }
    throw new CliError(
      'E_UNREACHABLE',
      `no coordinator answers at ${url} (${reasonOf(error)}); start one with \`npm start\`, or check --url and the network`,
    );
  }
  if (!response.ok) throw await refusal(response, url);
  return response;
}

async function refusal(response: Response, url: string): Promise<CliError> {
  const parsed = apiError.safeParse(await response.json().catch(() => null));
  if (!parsed.success) return notACoordinator(url, `it answered ${response.status} ${response.statusText}`);
  const { code, message } = parsed.data;
  if (code === 'E_TOKEN') {
    return configError(code, `${url} does not know this token; take one from tokens.json in its data folder`);
  }
  // 5xx may pass; with 4xx the same command would be refused again.
  return new CliError(code, message, response.status >= 500 ? exitCode.failed : exitCode.config);
}

async function checked<T>(response: Response, schema: Schema<T>, url: string): Promise<T> {
  const parsed = schema.safeParse(await response.json().catch(() => null));
  if (parsed.success) return parsed.data;
  throw notACoordinator(url, `the answer to ${new URL(response.url).pathname} has another form`);
}

const notACoordinator = (url: string, seen: string): CliError =>
  configError('E_ANSWER', `${url} is no gradpool coordinator, or one of another version: ${seen}; check --url`);
