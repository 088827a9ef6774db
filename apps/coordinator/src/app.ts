import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { Reflector, NestFactory } from '@nestjs/core';
import { coordinationLimits } from '@gradpool/coordination';
import { exitCode, wireLimits } from '@gradpool/protocol';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AccessGuard } from './access/access.guard.ts';
import { Invitation } from './access/invitation.ts';
import type { Tokens } from './access/tokens.ts';
import { AppModule } from './app.module.ts';
import type { Clock } from './clock.ts';
import { datasetSources } from './datasets/dataset-sources.ts';
import type { DatasetSource } from './datasets/dataset-catalog.ts';
import { codeOf, Fault, reasonOf } from './fault.ts';
import { ErrorFilter } from './http/error-filter.ts';
import { serveOpenApi } from './http/open-api.ts';
import { Site } from './http/site.ts';
import { coordinatorLimits, type CoordinatorLimits } from './limits.ts';
import { FrameAdapter } from './live/frame-adapter.ts';
import type { Room } from './loop/room.ts';
import { nestLogger, openLogger, type Logger } from './operations/logger.ts';
import { Readiness } from './operations/readiness.ts';
import { makeParts, providersOf, type Parts, type PartsOptions } from './parts.ts';
import type { Store } from './store/store.ts';
import { hostFor, type Certificate } from './tls/certificate.ts';
import { answerPlainToo } from './tls/plain-answers.ts';

export interface CoordinatorOptions {
  readonly store: Store;
  /** Folder of artifacts and unpacked data sets; whoever opens the store holds its lock. */
  readonly dataDir: string;
  readonly tokens: Tokens;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Origins of web pages, besides this server's own, that may act. */
  readonly allowedOrigins?: readonly string[];
  readonly datasets?: readonly DatasetSource[];
  /** Folder of the built web pages; default apps/web/site of this workspace. */
  readonly siteDir?: string;
  /** HTTPS with this certificate; plain HTTP where there is none. */
  readonly certificate?: Certificate | null;
  /** What people call this room; default this machine's name. */
  readonly roomName?: string;
  readonly limits?: Partial<CoordinatorLimits>;
  readonly logger?: Logger;
  /** Called once when the process has to end. Default: throws it out of the event loop. */
  readonly onFatal?: (fault: Fault) => void;
  readonly clock?: Clock;
}

export interface Coordinator {
  /** `http://host:port`, or `https:` under a host for which the certificate is valid. */
  readonly url: string;
  readonly port: number;
  readonly tokens: Tokens;
  readonly room: Room;
  /** Sends viewers what has changed now instead of at the next interval. */
  flushFeed(): void;
  /** Tells everybody, stores what is under way, closes sockets, server and store. */
  stop(): Promise<void>;
}

const defaultHost = '127.0.0.1';

const roomNameOf = (machine: string): string => machine.slice(0, wireLimits.nameCharsMax) || 'gradpool';

/** Starts a coordinator on a store. Rejects with a Fault, E_PORT_IN_USE among them; the store is then closed. */
export async function startCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const limits = { ...coordinatorLimits, ...options.limits };
  const logger = options.logger ?? openLogger({ level: 'warn', folder: null });
  const throwFault = (fault: Fault): void => {
    throw fault;
  };
  const {
    store,
    dataDir,
    tokens,
    allowedOrigins = [],
    datasets = datasetSources({}),
    onFatal = throwFault,
    clock,
  } = options;
  const base: PartsOptions = { store, dataDir, tokens, allowedOrigins, datasets, limits, logger, onFatal };
  const partsOptions = clock ? { ...base, clock } : base;
  let parts: Parts | null = null;
  try {
    parts = await makeParts(partsOptions);
    const readiness = new Readiness(parts.room.loop, store);
    const invitation = new Invitation({
      tokens,
      roomName: options.roomName ?? roomNameOf(hostname()),
      codeVersion: parts.figures.codeVersion,
    });
    const certificate = options.certificate ?? null;
    const site = new Site(options.siteDir);
    const app = await makeApp(parts, partsOptions, { readiness, invitation, site, certificate });
    const address = await listen(app, options);
    invitation.opened({ host: options.host ?? defaultHost, port: address.port, secure: certificate !== null });
    const timers = startTimers(parts, limits, logger);
    const { room, feed } = parts;
    const stopped = { parts, app, readiness, timers, limits };
    return { ...address, tokens, room, flushFeed: () => feed.flush(), stop: once(() => stopAll(stopped)) };
  } catch (error) {
    await parts?.threads.close();
    await store.close().catch(() => undefined);
    throw error;
  }
}

interface AppParts {
  readonly readiness: Readiness;
  readonly invitation: Invitation;
  readonly site: Site;
  readonly certificate: Certificate | null;
}

async function makeApp(
  parts: Parts,
  options: PartsOptions,
  { readiness, invitation, site, certificate }: AppParts,
): Promise<NestExpressApplication> {
  const { logger } = options;
  const providers = [
    ...providersOf(parts, options),
    { provide: Readiness, useValue: readiness },
    { provide: Invitation, useValue: invitation },
    { provide: Site, useValue: site },
  ];
  const app = await NestFactory.create<NestExpressApplication>(AppModule.on(providers), {
    bodyParser: false,
    logger: nestLogger(logger),
    abortOnError: false,
    forceCloseConnections: true,
    ...(certificate && { httpsOptions: { cert: certificate.cert, key: certificate.key } }),
  });
  if (certificate) answerPlainToo(app.getHttpServer());
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(site.files);
  app.useGlobalGuards(new AccessGuard(parts.access, app.get(Reflector)));
  app.useGlobalFilters(new ErrorFilter(logger));
  app.useWebSocketAdapter(
    new FrameAdapter(app, {
      screen: (request) => parts.sockets.screen(request),
      onError: (error) => parts.sockets.socketError(error),
    }),
  );
  serveOpenApi(app, parts.figures.codeVersion);
  parts.traffic.watch(app.getHttpServer());
  return app;
}

async function listen(app: NestExpressApplication, { host = defaultHost, port, certificate }: CoordinatorOptions) {
  try {
    await app.listen(port, host);
  } catch (error) {
    await app.close().catch(() => undefined);
    throw listenFault(error, host, port);
  }
  const bound = (app.getHttpServer().address() as AddressInfo).port;
  if (certificate) return { url: `https://${inUrl(hostFor(certificate, here(host)))}:${bound}`, port: bound };
  return { url: `http://${inUrl(host)}:${bound}`, port: bound };
}

const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** `0.0.0.0` is a place to listen on, and no certificate is made out to it. */
const here = (host: string): string => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host);

function listenFault(error: unknown, host: string, port: number): Fault {
  const how = { exit: exitCode.config, cause: error };
  if (codeOf(error) === 'EADDRINUSE') {
    const message = `port ${port} on ${host} is in use; stop what listens there, or choose another with --port (0 picks a free one)`;
    return new Fault('E_PORT_IN_USE', message, how);
  }
  return new Fault(
    'E_LISTEN',
    `cannot listen on ${host}, port ${port}: ${reasonOf(error)}; check --host and --port`,
    how,
  );
}

function startTimers(
  { room, feed, switchboard, ledger, sumUploads, inbox }: Parts,
  limits: CoordinatorLimits,
  logger: Logger,
) {
  const removeUnneeded = (): void => {
    sumUploads.dropOld();
    inbox.dropEnded();
    ledger.removeUnneeded().catch((error: unknown) => logger.warn({ err: error }, 'old artifacts were not removed'));
  };
  return [
    setInterval(() => room.loop.accept({ type: 'ticked' }), coordinationLimits.tickMs),
    setInterval(() => feed.flush(), limits.changesMs),
    setInterval(() => switchboard.pingAll(), limits.pingMs),
    setInterval(removeUnneeded, limits.retentionMs),
  ];
}

interface StopParts {
  readonly parts: Parts;
  readonly app: NestExpressApplication;
  readonly readiness: Readiness;
  readonly timers: readonly NodeJS.Timeout[];
  readonly limits: CoordinatorLimits;
}

async function stopAll({ parts, app, readiness, timers }: StopParts): Promise<void> {
  readiness.draining = true;
  for (const timer of timers) clearInterval(timer);
  parts.sockets.startClosing();
  try {
    await parts.room.loop.stop();
    await parts.points.close();
  } finally {
    await parts.sockets.closeAll();
    await app.close();
    await parts.threads.close();
    await parts.store.close();
  }
}

function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () => (running ??= action());
}
