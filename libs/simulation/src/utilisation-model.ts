/**
 * Every number of the model behind `compareUtilisation`, and its seeds: 30 devices of a classroom at a model that is heavy for
 * them, over a network that is theirs.
 */
export const utilisationModel = {
  seeds: [1, 2, 3, 4, 5],
  workers: 30,
  /** Log-normal with this sigma; the first device is the slowest, with this share of the mean speed. */
  speedSigma: 0.9,
  slowestShare: 0.1,
  /** Mean of a device, a second. */
  imagesMean: 15,
  /** Exponential stretches of presence and absence, and the share of leavers who say so. */
  presentS: 400,
  absentS: 100,
  orderlyShare: 0.5,
  /** Log-uniform; downlinks are so many times as fast. */
  uplinkMbitMin: 5,
  uplinkMbitMax: 50,
  downlinkRatio: 4,
  latencyMsMin: 10,
  latencyMsMax: 60,
  /** 784-128-32-128-784, as in bench:bytes. */
  parameters: 209_968,
  /** What the coordinator takes to reduce a round and to publish the next. */
  reduceMs: 20,
  heartbeatMs: 2_000,
  /** Not counted at the start, while speeds are being learnt, and then counted. */
  warmUpS: 600,
  measuredS: 3_600,
  /**
   * Steps of 4,096 images in exact mode, cut into small micro-batches: a device of the mean speed takes a quarter of a second for one. What a sum takes
   * was measured on this model on real MNIST: packed, of 136 images, from 3.6 bytes a parameter in the first step to 2.7 in the twelfth.
   */
  exact: { microBatches: 1024, imagesPerMicroBatch: 4, bytesPerParameterUp: 2.7, bytesPerParameterDown: 4 },
  /** Of the barrier: float32 both ways. */
  bytesPerParameterPlain: 4,
  /** Local mode as bench:bytes has it: int4 in blocks of 64 both ways. */
  local: { batch: 16, stepsMax: 64, stalenessMax: 2, bytesPerParameter: 0.5625 },
} as const;
