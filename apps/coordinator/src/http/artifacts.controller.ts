import { Controller, Get, Head, Inject, Param, Put, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { artifactAnswer, digest, httpLimits, type ArtifactAnswer, type Digest } from '@gradpool/protocol';
import type { Request, Response } from 'express';
import { pipeline } from 'node:stream/promises';
import { Needs } from '../access/access.guard.ts';
import { UploadDesk } from '../artifacts/upload-desk.ts';
import { Fault } from '../fault.ts';
import { etagMatches } from './etag.ts';
import { Answers } from './schemas.ts';

@ApiTags('artifacts')
@ApiBearerAuth()
@Controller('api/artifacts')
export class ArtifactsController {
  constructor(@Inject(UploadDesk) private readonly uploads: UploadDesk) {}

  @Put(':sha256')
  @Needs('join')
  @ApiOperation({ summary: 'Store weights or a checkpoint under its SHA-256; again is harmless' })
  @ApiQuery({
    name: 'for',
    required: false,
    enum: ['round'],
    description: 'round: kept in memory until its result comes',
  })
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @Answers(artifactAnswer, 201)
  async put(
    @Param('sha256') sha256: string,
    @Query('for') purpose: string | undefined,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ArtifactAnswer> {
    const name = parseDigest(sha256);
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > httpLimits.artifactBytesMax) response.setHeader('Connection', 'close');
    const { bytes, created } = await this.uploads.take(name, request, announced, purpose === 'round');
    response.status(created ? 201 : 200);
    return { sha256: name, bytes, created };
  }

  @Head(':sha256')
  @Needs('viewer')
  @ApiOperation({ summary: 'Whether the artifact is there, and its length' })
  head(@Param('sha256') sha256: string, @Res() response: Response): void {
    const blob = this.uploads.artifacts.find(parseDigest(sha256));
    if (!blob) throw missing(sha256);
    this.uploads.artifacts.touch(blob.sha256);
    setHeaders(response, blob.sha256, blob.bytes);
    response.end();
  }

  @Get(':sha256')
  @Needs('viewer')
  @ApiOperation({ summary: 'The bytes of an artifact' })
  async get(@Param('sha256') sha256: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const blob = this.uploads.artifacts.find(parseDigest(sha256));
    if (!blob) throw missing(sha256);
    setHeaders(response, blob.sha256, blob.bytes);
    if (etagMatches(request.headers['if-none-match'], blob.sha256)) {
      response.removeHeader('Content-Length');
      response.status(304).end();
      return;
    }
    const stream = await this.uploads.artifacts.read(blob.sha256);
    if (!stream) throw missing(sha256);
    // A reader that goes away is no fault of ours.
    await pipeline(stream, response).catch(() => response.destroy());
  }
}

function setHeaders(response: Response, sha256: Digest, bytes: number): void {
  response.setHeader('Content-Type', 'application/octet-stream');
  response.setHeader('Content-Length', bytes);
  response.setHeader('ETag', `"${sha256}"`);
  response.setHeader('Cache-Control', 'private, max-age=31536000, immutable');
}

function parseDigest(text: string): Digest {
  const parsed = digest.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new Fault('E_NOT_FOUND', 'an artifact is named by its SHA-256 in lower-case hex (64 digits)', { status: 404 });
}

const missing = (sha256: string): Fault =>
  new Fault('E_ARTIFACT_MISSING', `there is no artifact ${sha256}`, { status: 404 });
