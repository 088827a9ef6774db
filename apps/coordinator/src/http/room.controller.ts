import { Controller, Get, Inject, Param, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  attemptsAnswer,
  metricsAnswer,
  protocolVersion,
  roomAnswer,
  statsAnswer,
  trialId,
  trialView,
  workersAnswer,
  type AttemptsAnswer,
  type MetricsAnswer,
  type RoomAnswer,
  type StatsAnswer,
  type TrialId,
  type TrialView,
  type WorkersAnswer,
} from '@gradpool/protocol';
import type { Request } from 'express';
import { Access } from '../access/access.ts';
import { Needs } from '../access/access.guard.ts';
import { Invitation } from '../access/invitation.ts';
import { Fault } from '../fault.ts';
import { Room } from '../loop/room.ts';
import { RoomFigures } from '../operations/room-figures.ts';
import { TrialReader } from '../sweeps/trial-reader.ts';
import { Answers } from './schemas.ts';

@ApiTags('trials and workers')
@ApiBearerAuth()
@Needs('viewer')
@Controller('api')
export class RoomController {
  constructor(
    @Inject(Room) private readonly room: Room,
    @Inject(RoomFigures) private readonly figures: RoomFigures,
    @Inject(TrialReader) private readonly trialReader: TrialReader,
    @Inject(Access) private readonly access: Access,
    @Inject(Invitation) private readonly invitation: Invitation,
  ) {}

  @Get('room')
  @ApiOperation({ summary: 'The room, what this token may do in it, and the links for others' })
  @Answers(roomAnswer)
  about(@Req() request: Request): RoomAnswer {
    // The guard has let nobody without a role come here.
    return this.invitation.answer(this.access.httpRole(request) ?? 'viewer', request);
  }

  @Get('trials/:trial')
  @ApiOperation({ summary: 'One trial with its provenance' })
  @Answers(trialView)
  async trial(@Param('trial') trial: string): Promise<TrialView> {
    const view = this.room.trial(this.find(trial));
    if (!view) throw unknownTrial(trial);
    await this.room.loop.settled();
    return view;
  }

  @Get('trials/:trial/metrics')
  @ApiOperation({ summary: 'Metric points of all attempts' })
  @Answers(metricsAnswer)
  async metrics(@Param('trial') trial: string): Promise<MetricsAnswer> {
    return { points: await this.trialReader.points(this.find(trial)) };
  }

  @Get('trials/:trial/attempts')
  @ApiOperation({ summary: 'Every attempt at a trial: by whom, which epochs, how it ended' })
  @Answers(attemptsAnswer)
  async attempts(@Param('trial') trial: string): Promise<AttemptsAnswer> {
    return { attempts: await this.trialReader.attempts(this.find(trial)) };
  }

  @Get('workers')
  @ApiOperation({ summary: 'Workers, connected ones first' })
  @Answers(workersAnswer)
  async workers(): Promise<WorkersAnswer> {
    const workers = this.room.workers();
    await this.room.loop.settled();
    return { workers };
  }

  @Get('stats')
  @ApiOperation({ summary: 'Figures of the whole room' })
  @Answers(statsAnswer)
  stats(): StatsAnswer {
    return { ...this.figures.stats(), protocolVersion, codeVersion: this.figures.codeVersion };
  }

  private find(text: string): TrialId {
    const id = trialId.safeParse(text);
    if (!id.success || !this.room.state.trials.has(id.data)) throw unknownTrial(text);
    return id.data;
  }
}

const unknownTrial = (text: string): Fault => new Fault('E_NOT_FOUND', `there is no trial ${text}`, { status: 404 });
