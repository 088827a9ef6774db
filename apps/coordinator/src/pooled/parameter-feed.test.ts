import { beforeEach, describe, expect, test } from '@jest/globals';
import { decodeServer, wireLimits, type MessageOf, type TrialId } from '@gradpool/protocol';
import { parameterBytes } from '@gradpool/tensors';
import { ParameterFeed } from './parameter-feed.ts';

const [trialId, other] = ['01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-000000000002'] as TrialId[];

let feed: ParameterFeed;
const counted: [TrialId, number][] = [];
beforeEach(() => {
  feed = new ParameterFeed((of, bytes) => counted.push([of, bytes]));
  counted.length = 0;
});

function reader() {
  const frames: Uint8Array[] = [];
  const said = (): MessageOf<'parameters'>[] =>
    frames.splice(0).map((frame) => {
      const decoded = decodeServer(frame);
      if (!decoded.ok || decoded.message.type !== 'parameters') throw new Error('no parameters');
      return decoded.message;
    });
  return { frames, said, sendBytes: (frame: Uint8Array) => void frames.push(frame) };
}

const publish = (round: number, change: Uint8Array | null = null, of = trialId!, run = 1): void =>
  feed.publish(of, { run, round, parameters: parameterBytes(Float32Array.of(round)) }, change);

describe('[P3] parameters', () => {
  test('go to each reader once a round, in the same frames', () => {
    const [a, b] = [reader(), reader()];
    publish(3);
    for (const to of [a, b, a]) feed.bring(to, trialId!);
    expect([a.frames.length, b.frames.length]).toEqual([1, 1]);
    expect(a.frames[0]).toBe(b.frames[0]);
    expect(counted).toEqual([a, b].map(({ frames: [frame] }) => [trialId, frame!.length]));
    expect(a.said()).toMatchObject([{ trialId, round: 3, from: null, total: 4, offset: 0 }]);
    publish(4);
    feed.bring(a, trialId!);
    expect(a.said()).toMatchObject([{ round: 4, from: null }]);
  });

  test('of another trial, or of a run that was opened anew, are sent whole', () => {
    const a = reader();
    publish(3);
    publish(3, null, other);
    for (const one of [trialId, other, trialId]) feed.bring(a, one!);
    expect(a.said().map((part) => part.trialId)).toEqual([trialId, other, trialId]);
    publish(3, null, trialId, 2);
    feed.bring(a, trialId!);
    expect(a.said()).toHaveLength(1);
  });

  test('of many bytes go in parts', () => {
    const a = reader();
    const values = new Uint8Array(wireLimits.vectorPartBytesMax + 4);
    feed.publish(trialId!, { run: 1, round: 0, parameters: values }, null);
    feed.bring(a, trialId!);
    expect(a.said().map(({ offset, bytes }) => [offset, bytes.length])).toEqual([
      [0, wireLimits.vectorPartBytesMax],
      [wireLimits.vectorPartBytesMax, 4],
    ]);
  });
});

describe('[P6] changes', () => {
  test('go to who has the round before or one shortly before it, and the whole to everybody else', () => {
    const [here, late, gone, fresh] = [reader(), reader(), reader(), reader()];
    publish(0);
    for (const to of [here, late, gone]) feed.bring(to, trialId!);
    for (const to of [here, late, gone]) to.said();
    for (const round of [1, 2, 3, 4, 5]) {
      publish(round, Uint8Array.of(round));
      feed.bring(here, trialId!);
      if (round === 1) feed.bring(late, trialId!);
    }
    late.said();
    for (const to of [late, gone, fresh]) feed.bring(to, trialId!);
    const rounds = (parts: readonly MessageOf<'parameters'>[]) => parts.map(({ round, from }) => [round, from]);
    expect(rounds(here.said())).toEqual([1, 2, 3, 4, 5].map((round) => [round, round - 1]));
    expect(rounds(late.said())).toEqual([2, 3, 4, 5].map((round) => [round, round - 1]));
    for (const to of [gone, fresh]) expect(rounds(to.said())).toEqual([[5, null]]);
  });
});
