import { Controller, Get, Inject, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  protocolVersion,
  roomAnswer,
  statsAnswer,
  workersAnswer,
  type RoomAnswer,
  type StatsAnswer,
  type WorkersAnswer,
} from '@gradpool/protocol';
import type { Request } from 'express';
import { Access } from '../access/access.ts';
import { Needs } from '../access/access.guard.ts';
import { Invitation } from '../access/invitation.ts';
import { Room } from '../loop/room.ts';
import { RoomFigures } from '../operations/room-figures.ts';
import { Answers } from './schemas.ts';

@ApiTags('room')
@ApiBearerAuth()
@Needs('viewer')
@Controller('api')
export class RoomController {
  constructor(
    @Inject(Room) private readonly room: Room,
    @Inject(RoomFigures) private readonly figures: RoomFigures,
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
}
