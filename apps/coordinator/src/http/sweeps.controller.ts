import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import {
  commandAnswer,
  dryRunAnswer,
  extendAnswer,
  extendBody,
  leaderboard,
  submitAnswer,
  submitBody,
  sweepCommand,
  sweepsAnswer,
  sweepView,
  trialsAnswer,
  type CommandAnswer,
  type DryRunAnswer,
  type ExtendAnswer,
  type Leaderboard,
  type SubmitAnswer,
  type SweepId,
  type SweepsAnswer,
  type SweepView,
} from '@gradpool/protocol';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { Needs } from '../access/access.guard.ts';
import { Fault } from '../fault.ts';
import { Room } from '../loop/room.ts';
import { SweepExporter } from '../sweeps/sweep-exporter.ts';
import { SweepDesk, unknownSweep } from '../sweeps/sweep-desk.ts';
import { readJson } from './json-body.ts';
import { jsonList, sendText } from './send-text.ts';
import { Answers, Takes } from './schemas.ts';

@ApiTags('sweeps')
@ApiBearerAuth()
@Controller('api/sweeps')
export class SweepsController {
  constructor(
    @Inject(Room) private readonly room: Room,
    @Inject(SweepDesk) private readonly desk: SweepDesk,
    @Inject(SweepExporter) private readonly exporter: SweepExporter,
  ) {}

  @Post()
  @HttpCode(200)
  @Needs('admin')
  @ApiOperation({ summary: 'Submit a sweep; the same one again answers with the one that is there' })
  @ApiQuery({ name: 'dryRun', required: false, enum: ['true', 'false'] })
  @Takes(submitBody)
  @Answers(z.union([submitAnswer, dryRunAnswer]))
  async submit(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Query('dryRun') dryRun?: string,
  ): Promise<SubmitAnswer | DryRunAnswer> {
    const body = await readJson(request, response, submitBody);
    return dryRun === 'true' ? this.desk.dryRun(body) : this.desk.submit(body);
  }

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'All sweeps' })
  @Answers(sweepsAnswer)
  list(): Promise<SweepsAnswer> {
    return this.lasting({ sweeps: this.room.sweeps() });
  }

  @Get(':sweep')
  @Needs('viewer')
  @ApiOperation({ summary: 'One sweep, by id or name' })
  @Answers(sweepView)
  show(@Param('sweep') sweep: string): Promise<SweepView> {
    const view = this.room.sweep(this.find(sweep));
    if (!view) throw unknownSweep(sweep);
    return this.lasting(view);
  }

  @Get(':sweep/trials')
  @Needs('viewer')
  @ApiOperation({ summary: 'All trials of a sweep, or of one of its cells' })
  @ApiQuery({ name: 'cell', required: false })
  @Answers(trialsAnswer)
  async trials(@Param('sweep') sweep: string, @Res() response: Response, @Query('cell') cell?: string): Promise<void> {
    const pages = this.room.trialPages(this.find(sweep), cell ?? null);
    await sendText(response.type('application/json'), jsonList('{"trials":[', pages, ']}'));
  }

  @Get(':sweep/leaderboard')
  @Needs('viewer')
  @ApiOperation({ summary: 'Verified figures per cell, with baselines' })
  @Answers(leaderboard)
  leaderboard(@Param('sweep') sweep: string): Promise<Leaderboard> {
    return this.exporter.leaderboard(this.find(sweep));
  }

  @Get(':sweep/export')
  @Needs('viewer')
  @ApiOperation({ summary: 'Verified trials with what it takes to repeat them' })
  @ApiQuery({ name: 'format', required: false, enum: ['csv', 'json'] })
  async export(
    @Param('sweep') sweep: string,
    @Query('format') format: string | undefined,
    @Res() response: Response,
  ): Promise<void> {
    if (format !== undefined && format !== 'csv' && format !== 'json') {
      throw new Fault('E_QUERY', `format is ${format}; csv and json are written`, { status: 400 });
    }
    const id = this.find(sweep);
    response.attachment(`${this.room.sweep(id)?.name ?? id}.${format ?? 'json'}`);
    const pages = format === 'csv' ? this.exporter.csv(id) : this.exporter.json(id);
    await sendText(response, pages);
  }

  @Post(':sweep/extend')
  @HttpCode(200)
  @Needs('admin')
  @ApiOperation({ summary: 'Add values or seeds; only the new cells and trials are trained' })
  @Takes(extendBody)
  @Answers(extendAnswer)
  async extend(
    @Param('sweep') sweep: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ExtendAnswer> {
    const id = this.find(sweep);
    return this.desk.extend(id, await readJson(request, response, extendBody));
  }

  @Post(':sweep/:command')
  @HttpCode(200)
  @Needs('admin')
  @ApiOperation({ summary: 'Pause, resume or cancel' })
  @Answers(commandAnswer)
  command(@Param('sweep') sweep: string, @Param('command') command: string): Promise<CommandAnswer> {
    const known = sweepCommand.safeParse(command);
    if (!known.success) throw new Fault('E_NOT_FOUND', `there is no command ${command}`, { status: 404 });
    return this.desk.command(this.find(sweep), known.data);
  }

  private find(idOrName: string): SweepId {
    const id = this.room.findSweep(idOrName);
    if (!id) throw unknownSweep(idOrName);
    return id;
  }

  private async lasting<Answer>(answer: Answer): Promise<Answer> {
    await this.room.loop.settled();
    return answer;
  }
}
