import { Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { trialSpec } from '@gradpool/experiment';
import {
  attemptsAnswer,
  embeddingAnswer,
  metricsAnswer,
  reconstructionsAnswer,
  trialId,
  trialView,
  type AttemptsAnswer,
  type EmbeddingAnswer,
  type MetricsAnswer,
  type ReconstructionsAnswer,
  type TrialId,
  type TrialView,
} from '@gradpool/protocol';
import { Needs } from '../access/access.guard.ts';
import { Fault } from '../fault.ts';
import { Room } from '../loop/room.ts';
import { PictureDesk } from '../pictures/picture-desk.ts';
import { PictureInputs } from '../pictures/picture-inputs.ts';
import { TrialReader } from '../sweeps/trial-reader.ts';
import { Answers } from './schemas.ts';

@ApiTags('trials')
@ApiBearerAuth()
@Needs('viewer')
@Controller('api/trials')
export class TrialsController {
  constructor(
    @Inject(Room) private readonly room: Room,
    @Inject(TrialReader) private readonly reader: TrialReader,
    @Inject(PictureDesk) private readonly pictures: PictureDesk,
    @Inject(PictureInputs) private readonly inputs: PictureInputs,
  ) {}

  @Get(':trial')
  @ApiOperation({ summary: 'One trial with its provenance' })
  @Answers(trialView)
  async trial(@Param('trial') trial: string): Promise<TrialView> {
    const view = this.room.trial(this.find(trial));
    if (!view) throw unknownTrial(trial);
    await this.room.loop.settled();
    return view;
  }

  @Get(':trial/metrics')
  @ApiOperation({ summary: 'Metric points of all attempts' })
  @Answers(metricsAnswer)
  async metrics(@Param('trial') trial: string): Promise<MetricsAnswer> {
    return { points: await this.reader.points(this.find(trial)) };
  }

  @Get(':trial/attempts')
  @ApiOperation({ summary: 'Every attempt at a trial: by whom, which epochs, how it ended' })
  @Answers(attemptsAnswer)
  async attempts(@Param('trial') trial: string): Promise<AttemptsAnswer> {
    return { attempts: await this.reader.attempts(this.find(trial)) };
  }

  @Get(':trial/reconstructions')
  @ApiOperation({ summary: 'A few test images, clean and noisy, and their reconstructions by epoch' })
  @Answers(reconstructionsAnswer)
  async reconstructions(@Param('trial') trial: string): Promise<ReconstructionsAnswer> {
    const id = this.find(trial);
    const row = this.room.state.trials.get(id)?.row;
    const dataset = row && this.room.state.sweeps.get(row.sweepId)?.row.dataset;
    if (!dataset) throw unknownTrial(trial);
    const { noise } = trialSpec.parse(row.spec);
    const [{ images, image, inputs }, epochs] = await Promise.all([
      this.inputs.of(dataset, noise),
      this.pictures.of(id),
    ]);
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
    return { images, image, noise, inputs: { clean: base64(inputs.clean), noisy: base64(inputs.noisy) }, epochs };
  }

  @Post(':trial/embedding')
  @HttpCode(200)
  @ApiOperation({ summary: 'Have the test codes of a complete trial mapped, where they are not' })
  @Answers(embeddingAnswer)
  async embed(@Param('trial') trial: string): Promise<EmbeddingAnswer> {
    const id = this.find(trial);
    const reply = await this.room.loop.request((requestId) => ({ type: 'embeddingAsked', requestId, trialId: id }));
    if (!reply.ok) {
      const status = reply.code === 'E_EMBEDDING_LIMIT' ? 503 : 409;
      throw new Fault(reply.code, reply.message, { status });
    }
    return { trialId: id, embedding: this.room.trial(id)?.embedding ?? null };
  }

  private find(text: string): TrialId {
    const id = trialId.safeParse(text);
    if (!id.success || !this.room.state.trials.has(id.data)) throw unknownTrial(text);
    return id.data;
  }
}

const unknownTrial = (text: string): Fault => new Fault('E_NOT_FOUND', `there is no trial ${text}`, { status: 404 });
