import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Access } from '../access/access.ts';
import { Needs } from '../access/access.guard.ts';
import { Room } from '../loop/room.ts';
import { SweepExporter } from '../sweeps/sweep-exporter.ts';
import { homePage, type SweepOnPage } from './home-page.ts';
import { pageHeaders } from './page.ts';
import { verifiedPage } from './verified-page.ts';

/** Sweeps on the home page, the newest. */
const sweepsMax = 20;

/** The two pages for people; everything else is JSON. */
@ApiExcludeController()
@Needs('anyone')
@Controller()
export class PagesController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(Room) private readonly room: Room,
    @Inject(SweepExporter) private readonly exporter: SweepExporter,
  ) {}

  @Get()
  async home(@Req() request: Request, @Res() response: Response): Promise<void> {
    const known = this.access.httpRole(request) !== null;
    const token = typeof request.query['token'] === 'string' ? request.query['token'] : null;
    const sweeps = known ? await this.sweeps() : null;
    response.set(pageHeaders).send(homePage({ sweeps, token: known ? token : null }));
  }

  @Get('verified')
  verified(@Res() response: Response): void {
    response.set(pageHeaders).send(verifiedPage);
  }

  private async sweeps(): Promise<SweepOnPage[]> {
    const newest = this.room.sweeps().reverse().slice(0, sweepsMax);
    return Promise.all(
      newest.map(async (view) => ({ view, leaderboard: await this.exporter.leaderboard(view.sweepId) })),
    );
  }
}
