import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { healthAnswer, protocolVersion, readyAnswer, type HealthAnswer, type ReadyAnswer } from '@gradpool/protocol';
import type { Response } from 'express';
import { Needs } from '../access/access.guard.ts';
import { Metrics } from '../operations/metrics.ts';
import { Readiness } from '../operations/readiness.ts';
import { RoomFigures } from '../operations/room-figures.ts';
import { Answers } from './schemas.ts';

@ApiTags('operations')
@Controller()
export class HealthController {
  constructor(
    @Inject(RoomFigures) private readonly figures: RoomFigures,
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  @Get('api/health')
  @Needs('anyone')
  @ApiOperation({ summary: 'The process runs' })
  @Answers(healthAnswer)
  health(): HealthAnswer {
    const { uptimeMs } = this.figures.stats();
    return { status: 'ok', codeVersion: this.figures.codeVersion, protocolVersion, uptimeMs };
  }

  @Get('api/ready')
  @Needs('anyone')
  @ApiOperation({ summary: 'The coordinator takes work: 200, or 503 with why not' })
  @Answers(readyAnswer)
  async ready(@Res({ passthrough: true }) response: Response): Promise<ReadyAnswer> {
    const answer = await this.readiness.read();
    response.status(answer.status === 'ready' ? 200 : 503);
    return answer;
  }

  @Get('metrics')
  @Needs('viewer')
  @ApiBearerAuth()
  @ApiOperation({ summary: 'Prometheus metrics' })
  async prometheus(@Res() response: Response): Promise<void> {
    response.type(this.metrics.registry.contentType).send(await this.metrics.registry.metrics());
  }
}
