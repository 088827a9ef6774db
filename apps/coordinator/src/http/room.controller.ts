import { Controller, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  protocolVersion,
  removeAnswer,
  roomAnswer,
  roomCommandAnswer,
  statsAnswer,
  workersAnswer,
  type RemoveAnswer,
  type RoomAnswer,
  type RoomCommandAnswer,
  type StatsAnswer,
  type WorkersAnswer,
} from '@gradpool/protocol';
import type { Request } from 'express';
import { Access } from '../access/access.ts';
import { Needs } from '../access/access.guard.ts';
import { Invitation } from '../access/invitation.ts';
import { Room } from '../loop/room.ts';
import { RoomDesk } from '../operations/room-desk.ts';
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
    @Inject(RoomDesk) private readonly desk: RoomDesk,
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

  @Post('workers/:worker/remove')
  @HttpCode(200)
  @Needs('admin')
  @ApiOperation({ summary: 'Take a worker out of the room; its work goes back at once' })
  @Answers(removeAnswer)
  remove(@Param('worker') worker: string): Promise<RemoveAnswer> {
    return this.desk.remove(worker);
  }

  @Post('room/:command')
  @HttpCode(200)
  @Needs('admin')
  @ApiOperation({ summary: 'End the lesson (every sweep is paused), or open the room again' })
  @Answers(roomCommandAnswer)
  command(@Param('command') command: string): Promise<RoomCommandAnswer> {
    return this.desk.command(command);
  }

  @Get('stats')
  @ApiOperation({ summary: 'Figures of the whole room' })
  @Answers(statsAnswer)
  stats(): StatsAnswer {
    return { ...this.figures.stats(), protocolVersion, codeVersion: this.figures.codeVersion };
  }
}
