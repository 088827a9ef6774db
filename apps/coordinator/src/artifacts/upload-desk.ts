import { httpLimits, type Digest } from '@gradpool/protocol';
import { Fault } from '../fault.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { tooLarge } from './folder-artifacts.ts';

/** Takes uploads in, so many at a time; a full disk ends the process, as any failed write does. */
export class UploadDesk {
  readonly artifacts: ArtifactStore;
  private readonly uploadsMax: number;
  private readonly onFatal: (fault: Fault) => void;
  private underWay = 0;

  constructor(parts: { artifacts: ArtifactStore; uploadsMax: number; onFatal: (fault: Fault) => void }) {
    this.artifacts = parts.artifacts;
    this.uploadsMax = parts.uploadsMax;
    this.onFatal = parts.onFatal;
  }

  /** `announced`: the length that the client says beforehand; 0 where it says none. */
  async take(sha256: Digest, bytes: AsyncIterable<Uint8Array>, announced: number) {
    if (announced > httpLimits.artifactBytesMax) throw tooLarge(httpLimits.artifactBytesMax);
    if (this.underWay >= this.uploadsMax) {
      throw new Fault('E_FULL', `${this.uploadsMax} uploads are under way; try again in a second`, { status: 503 });
    }
    this.underWay += 1;
    try {
      return await this.artifacts.put(sha256, bytes);
    } catch (error) {
      if (error instanceof Fault && error.code === 'E_DISK_FULL') this.onFatal(error);
      throw error;
    } finally {
      this.underWay -= 1;
    }
  }
}
