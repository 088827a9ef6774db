import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Request, Response } from 'express';
import sirv, { type RequestHandler } from 'sirv';
import { etagMatches } from './etag.ts';
import { isHostName } from './host-name.ts';
import { page, pageHeaders } from './page.ts';

/** Where `npm run build` puts the web pages: the same way up from `src/http` and from `dist/http`. */
const builtSite = fileURLToPath(new URL('../../../web/site', import.meta.url));

const yearSeconds = 365 * 24 * 60 * 60;

interface Shell {
  readonly html: string;
  /** SHA-256 of the text, in hex. */
  readonly sha256: string;
}

/**
 * The built web pages: one HTML text for every address of the single page, and files beside it. The folder is read at the
 * start; a site built later is served after a restart.
 */
export class Site {
  private readonly shell: Shell | null;
  private readonly serveFile: RequestHandler | null;

  /** `folder` is where the build wrote index.html and assets/. */
  constructor(folder: string = builtSite) {
    const index = path.join(folder, 'index.html');
    this.shell = existsSync(index) ? readShell(index) : null;
    this.serveFile = this.shell === null ? null : sirv(folder, { ...fileOptions, setHeaders: setFileHeaders });
  }

  /** Middleware: answers GET and HEAD of a file of the site, leaves the rest to the routes. */
  readonly files = (request: Request, response: Response, next: () => void): void => {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (!reads || this.serveFile === null) return next();
    this.serveFile(request, response, next);
  };

  /** Answers an address of the single page. */
  page(request: Request, response: Response): void {
    if (this.shell === null) {
      response.status(503).set(pageHeaders).send(notBuilt);
      return;
    }
    response.set(siteHeaders(request.headers.host)).set({
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-cache',
      ETag: `"${this.shell.sha256}"`,
    });
    if (etagMatches(request.headers['if-none-match'], this.shell.sha256)) response.status(304).end();
    else response.send(this.shell.html);
  }
}

/** Files written as `.br` or `.gz` beside the plain ones go out as they are; `index.html` is answered by `Site.page`. */
const fileOptions = { etag: true, gzip: true, brotli: true, extensions: [] };

function readShell(file: string): Shell {
  const html = readFileSync(file, 'utf8');
  return { html, sha256: createHash('sha256').update(html).digest('hex') };
}

function setFileHeaders(response: ServerResponse, pathname: string): void {
  const named = siteHeaders(response.req.headers.host);
  for (const [name, value] of Object.entries(named)) response.setHeader(name, value);
  // Names under assets/ carry a digest of their content, so a copy never goes stale.
  const assets = pathname.startsWith('/assets/');
  response.setHeader('Cache-Control', assets ? `public, max-age=${yearSeconds}, immutable` : 'no-cache');
}

/**
 * Headers of pages and of their scripts (a Web Worker obeys the policy of its own script). Nothing is compiled at run time
 * but WebAssembly, nothing is loaded from elsewhere, and the token in a page's address goes to nobody.
 */
function siteHeaders(host: string | undefined): Readonly<Record<string, string>> {
  // Older browsers do not take ws: of the same host for 'self'. A host with other characters could end the directive.
  const sockets = host !== undefined && isHostName(host) ? ` ws://${host} wss://${host}` : '';
  const policy = [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    `connect-src 'self'${sockets}`,
    "worker-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
}

const notBuilt = page(
  'gradpool',
  `<h1>gradpool</h1><p>This coordinator is running, but its web pages have not been built. Run <code>npm run build</code> in
its folder and start it again. Workers, the <code>gradpool</code> command and the HTTP API work without them.</p>
<p><a href="/verified">What “verified” means</a> · <a href="/api/docs">HTTP API</a></p>`,
);
