import path from 'node:path';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { DatasetManifest } from '@gradpool/experiment';
import type { Request, Response } from 'express';
import { Needs } from '../access/access.guard.ts';
import { isHere } from '../access/addresses.ts';
import { DatasetCatalog, type ReadyFile } from '../datasets/dataset-catalog.ts';
import { Fault } from '../fault.ts';
import { etagMatches } from './etag.ts';

/** Express counts in ms. */
const yearMs = 365 * 24 * 60 * 60_000;

@ApiTags('data')
@ApiBearerAuth()
@Controller()
export class DataController {
  constructor(@Inject(DatasetCatalog) private readonly catalog: DatasetCatalog) {}

  @Get('api/datasets')
  @Needs('viewer')
  @ApiOperation({ summary: 'The manifests of all data sets that a sweep may name' })
  async list(): Promise<{ datasets: DatasetManifest[] }> {
    await this.catalog.refresh();
    return { datasets: this.catalog.manifests() };
  }

  @Get('api/datasets/:digest')
  @Needs('viewer')
  @ApiOperation({ summary: 'The manifest of a data set: every file with its SHA-256' })
  manifest(@Param('digest') digest: string): DatasetManifest {
    const manifest = this.catalog.manifest(digest);
    if (!manifest) throw new Fault('E_NOT_FOUND', `there is no data set ${digest}`, { status: 404 });
    return manifest;
  }

  // Viewers too: who looks into a trained model needs pictures to put in, and sees some of them on the run page anyway.
  @Get('data/:sha256')
  @Needs('viewer')
  @ApiOperation({
    summary:
      'A data file by its content; immutable, with ETag and ranges, over a network packed where that is asked for',
  })
  async file(@Param('sha256') sha256: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const plain = await this.catalog.file(sha256);
    if (!plain) throw new Fault('E_NOT_FOUND', `there is no data file ${sha256}`, { status: 404 });
    response.setHeader('Vary', 'Accept-Encoding');
    response.setHeader('ETag', `"${sha256}"`);
    response.setHeader('Content-Type', 'application/octet-stream');
    // Asked for here, because Express would not answer 304 to the `no-cache` that fetch adds; the bytes never change.
    if (etagMatches(request.headers['if-none-match'], sha256)) {
      response.setHeader('Cache-Control', `public, max-age=${yearMs / 1000}, immutable`);
      response.status(304).end();
      return;
    }
    // What cannot be packed goes as it is.
    const packed = goesPacked(request) ? await this.catalog.packed(sha256, plain).catch(() => null) : null;
    if (packed) {
      // The same content, but not the same bytes on the way.
      response.setHeader('ETag', `W/"${sha256}"`);
      response.setHeader('Content-Encoding', 'gzip');
    }
    await sendFile(response, packed ?? plain, { acceptRanges: packed === null });
  }
}

/** Over a network packing pays; on this machine it only costs. A range is one of the bytes as they are. */
const goesPacked = (request: Request): boolean =>
  !isHere(request.socket.remoteAddress) && !request.headers.range && request.acceptsEncodings('gzip') === 'gzip';

function sendFile(response: Response, { path: at }: ReadyFile, options: { acceptRanges: boolean }): Promise<void> {
  const always = { root: path.dirname(at), dotfiles: 'allow', maxAge: yearMs, immutable: true } as const;
  return new Promise((resolve, reject) => {
    response.sendFile(
      path.basename(at),
      { ...always, ...options, lastModified: false },
      (error?: NodeJS.ErrnoException) => {
        // A reader that goes away in the middle is no fault of ours.
        if (!error || error.code === 'ECONNABORTED' || error.syscall === 'write') resolve();
        else reject(error);
      },
    );
  });
}
