import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Needs } from '../access/access.guard.ts';
import { pageHeaders } from './page.ts';
import { Site } from './site.ts';
import { verifiedPage } from './verified-page.ts';

/** Addresses of the single page in apps/web; it asks the API for what it shows, with the token of its own address. */
const pageRoutes = [
  '',
  'join',
  'leaderboard',
  'leaderboard/:sweep',
  'leaderboard/:sweep/latent',
  'trials/:id',
  'trials/:id/latent',
  'compare',
  'new',
];

/** What people open in a browser; everything else is JSON. */
@ApiExcludeController()
@Needs('anyone')
@Controller()
export class PagesController {
  constructor(@Inject(Site) private readonly site: Site) {}

  @Get(pageRoutes)
  page(@Req() request: Request, @Res() response: Response): void {
    this.site.page(request, response);
  }

  @Get('verified')
  verified(@Res() response: Response): void {
    response.set(pageHeaders).send(verifiedPage);
  }
}
